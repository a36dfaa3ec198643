"""A running server's health checks, held against the definitions."""
