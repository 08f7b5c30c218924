"""How executions read: what people see of them, and the documents that programs get."""
