"""All campaigns of the fuzzer."""

from __future__ import annotations

from pathlib import Path

from tools.fuzz.clusters import ClusterTargets
from tools.fuzz.inputs import InputTargets
from tools.fuzz.state import StateTargets


class Targets:
    """The campaigns, whose inputs are written to a directory."""

    def __init__(self, directory: Path) -> None:
        groups = (InputTargets(directory), ClusterTargets(directory), StateTargets(directory))
        self.campaigns = [campaign for group in groups for campaign in group.campaigns]
