"""The generated tables of the package."""

from __future__ import annotations

import json
import os
from functools import cache
from typing import Any


@cache
def table_of(name: str) -> dict[str, Any]:
    """Return data/NAME.json, which `python -m tools.generate` makes from the YAML next to it."""
    with open(os.path.join(os.path.dirname(__file__), "data", f"{name}.json"), encoding="utf-8") as file:
        table: dict[str, Any] = json.load(file)
    return table
