"""Runs the command line as `python -m durablectl`."""

from durablectl.cli.app import main

main()
