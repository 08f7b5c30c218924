"""The service's HTTP: Lambda's routes, and what requests carry."""
