"""The rules of durable executions as pure functions: values in, events or a service error out."""
