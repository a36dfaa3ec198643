"""The Pod around a server: fields, validation, and the file system of its container."""
