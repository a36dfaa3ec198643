"""The bounds that keep every input within seconds and a few hundred megabytes: docs/reports.md lists them."""

MAX_FILE = 8 * 1024 * 1024
"""Bytes of one file."""
MAX_DEPTH = 64
"""Levels of mappings and lists inside one another, aliases followed."""
MAX_NODES = 200_000
"""Values of one file with every alias expanded, and words of one command line.

Long strings in YAML count as several values, one for every 256 characters.
"""
MAX_NUMBER = 600
"""Characters of a number: below every limit that Python itself may set on turning digits into an integer."""
MAX_ARGUMENT = 128 * 1024 - 1
"""Bytes of one argument or environment variable. Linux: include/uapi/linux/binfmts.h, MAX_ARG_STRLEN."""
MAX_EXPANDED = 1024 * 1024
"""Characters that references to variables may add to one input."""
MAX_VIOLATIONS = 10_000
"""Places in which one document breaks its schema."""
MAX_FINDINGS = 100
"""Findings of each severity that are listed for one input; the others are counted."""
MAX_TEXT = 4096
"""Characters of a message, a hint or a path in a finding; what is longer is cut."""
MAX_SUGGESTIONS = 20
"""Unknown words of one input for which the closest known word is searched."""
