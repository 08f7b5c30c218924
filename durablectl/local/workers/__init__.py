"""Worker processes: handlers run in the user's interpreter, through the Lambda Runtime API."""
