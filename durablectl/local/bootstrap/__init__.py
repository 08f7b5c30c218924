"""What runs inside a worker, in the user's interpreter, beside the user's own SDK."""
