"""What a durable execution is: pure data and pure functions, without I/O and without formatting."""
