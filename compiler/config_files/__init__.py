"""Structured files and key files that options name."""
