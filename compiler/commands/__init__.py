"""One module a command: `run(options)` does the work and returns the exit code."""
