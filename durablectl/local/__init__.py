"""The local durable execution service: a small Lambda on the loopback interface, with its own journal and workers."""
