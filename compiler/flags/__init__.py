"""The server's own flag grammar."""
