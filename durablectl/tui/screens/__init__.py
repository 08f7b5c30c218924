"""The screens of the dashboard, one module each; each is imported when it is first shown."""
