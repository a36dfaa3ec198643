"""Programs for the work on kasc that are no part of it."""
