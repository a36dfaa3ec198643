"""A document against the schemas of its version."""

from __future__ import annotations

import json
import os
from functools import cache
from typing import Any

from compiler.diagnostics import Report
from compiler.schema.conforms import conforms
from compiler.schema.location import schema_folder
from compiler.source.node import Node

Path = tuple[str | int, ...]


@cache
def load_schema(version: str, name: str) -> dict[str, Any]:
    """One schema file of a version, such as `etcd.schema.json`."""
    with open(os.path.join(schema_folder(), f"v{version}", name), encoding="utf-8") as file:
        loaded: dict[str, Any] = json.load(file)
    return loaded


def validate(root: Node, version: str, report: Report) -> set[Path]:
    """Report what the schemas refuse; the paths of refused values are returned, so that nothing else judges them."""
    if conforms(root, load_schema(version, "apiserver.schema.json"), lambda name: load_schema(version, name)):
        return set()
    from compiler.schema.explain import explain

    return explain(root, version, report)
