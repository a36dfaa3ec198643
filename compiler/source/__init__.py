"""YAML, JSON and TOML parsed with positions, and documents that extend others."""
