"""A seeded fuzzer over everything that kasc reads: `python -m tools.fuzz --help`."""
