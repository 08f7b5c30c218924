"""The dashboard: a live terminal interface over executions, drawn from the same views as the command line."""
