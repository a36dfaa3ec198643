"""Generators of the files that are made from data: `python -m tools.generate.NAME [--check]`."""
