"""What `kasc check --fix` does: the fixes of findings, written into the files."""
