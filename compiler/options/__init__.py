"""The server's option groups, one module each, and what kasc knows of single options."""
