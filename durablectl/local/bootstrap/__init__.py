"""What runs inside a worker, in the user's interpreter, beside the user's own SDK."""

from pathlib import Path

PYTHON = Path(__file__).with_name("python.py")
NODE = Path(__file__).with_name("node.mjs")
SCRIPTS = {"python": PYTHON, "node": NODE}
"""By language. Each takes `serve ROOT TARGET HANDLER` and `describe ROOT TARGET REPORT_FD HANDLER...`."""
