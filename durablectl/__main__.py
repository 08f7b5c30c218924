"""Runs the command line, as `durablectl` and as `python -m durablectl`."""

import sys


def main() -> None:
    """Run the program; its version alone is told without loading anything."""
    if sys.argv[1:] == ["--version"]:
        from durablectl import __version__

        sys.stdout.write(f"durablectl {__version__}\n")
        return
    from durablectl.cli.app import main as run

    run()


if __name__ == "__main__":
    main()
