"""The Pod around a server: its fields, its volumes, and what its container finds in its file system."""
