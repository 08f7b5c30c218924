"""One module for each command: its options, the call that it makes, and how to describe it."""
