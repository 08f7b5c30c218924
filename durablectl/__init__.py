"""durablectl operates and inspects durable executions of AWS Lambda durable functions."""

__version__ = "0.1.0"
