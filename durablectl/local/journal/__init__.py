"""The journal: what the service knows, on disk."""
