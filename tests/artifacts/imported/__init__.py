"""Imported documents."""
