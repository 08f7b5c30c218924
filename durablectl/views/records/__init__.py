"""The JSON records of every kind, all keys present and in their documented order."""
