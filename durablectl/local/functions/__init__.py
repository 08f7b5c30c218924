"""What the service can invoke: functions, where their handlers are, and what is wrong with them."""
