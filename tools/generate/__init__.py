"""Generators of checked-in files: `python -m tools.generate [--check]` runs all of them."""
