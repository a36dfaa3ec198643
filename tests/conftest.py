"""What holds for all tests: none of them is timed, for a machine may be busy."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("kasc", deadline=None)
settings.load_profile("kasc")
