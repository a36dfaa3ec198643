"""Limits that keep the processing of any input within seconds and a few hundred megabytes, see docs/reports.md."""

MAX_FILE = 8 * 1024 * 1024
"""Bytes of one file."""
MAX_DEPTH = 64
"""Levels of nested mappings and lists, with aliases expanded."""
MAX_NODES = 200_000
"""Values of one file with aliases expanded, and words of one command line.

A long string in YAML counts as several values, one for every 256 characters.
"""
MAX_LINES = 100_000
"""Lines of a file that is read line by line: a systemd unit, an argument file, a page of /flagz."""
MAX_NUMBER = 600
"""Characters of a number, below any limit of Python on converting digits to an integer."""
MAX_ARGUMENT = 128 * 1024 - 1
"""Bytes of one argument or environment variable. Linux: include/uapi/linux/binfmts.h, MAX_ARG_STRLEN."""
MAX_EXPANDED = 1024 * 1024
"""Characters that the expansion of variables may add to one input."""
MAX_VIOLATIONS = 10_000
"""Schema violations of one document."""
MAX_FINDINGS = 100
"""Findings of each severity that are listed for one input; the others are counted."""
MAX_TEXT = 4096
"""Characters of a message, hint or path of a finding; longer ones are truncated."""
MAX_SUGGESTIONS = 20
"""Unknown words of one input for which a similar known word is searched."""
MAX_LISTED = 1000
"""Names in a directory of files that belong to one input, for example drop-ins of a unit."""
MAX_TRIED = 1_500_000
"""Characters that are read, in all, to try the edits of one input."""
