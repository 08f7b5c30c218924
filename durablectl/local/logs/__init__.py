"""What handlers and the platform write, kept and read through the operations of CloudWatch Logs."""
