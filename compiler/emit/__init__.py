"""The artifacts: pure functions from what the pipeline resolved to files."""
