"""What one learns from an execution: pure functions over facts that were read before."""
