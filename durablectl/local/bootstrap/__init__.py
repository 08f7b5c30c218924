"""What runs inside a worker, in the user's interpreter, beside the user's own SDK."""

from pathlib import Path

PYTHON = Path(__file__).with_name("python.py")
