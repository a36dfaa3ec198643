"""Where the schemas lie: beside the package in a checkout, inside it in a wheel."""

from __future__ import annotations

import os


def schema_folder() -> str:
    """The folder with v1.NN/ and artifacts/."""
    package = os.path.dirname(os.path.dirname(__file__))
    inside = os.path.join(package, "schemas")
    return inside if os.path.isdir(inside) else os.path.join(os.path.dirname(package), "schemas")
