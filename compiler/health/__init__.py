"""The server's health checks: what healthz, livez and readyz ask, and the probes that follow from it."""
