"""The command line: parses what was typed, calls one function of operate, and shows one view."""
