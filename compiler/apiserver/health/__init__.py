"""The health checks of the server, their meanings, and its shutdown."""
