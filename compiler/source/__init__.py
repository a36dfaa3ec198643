"""YAML and TOML with positions, and documents that extend one another."""
