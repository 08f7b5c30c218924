"""What one does with executions: find, list, read, start, await, end them and complete their callbacks."""
