"""Dialogs: whatever changes something is asked for in one of these."""
