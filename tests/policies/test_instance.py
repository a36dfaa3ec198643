"""What a rule sees of a server is what the artifacts say, but for durations and for what is not known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from compiler.artifacts import health, storage
from compiler.inputs.schema import schema_directory
from compiler.policies.instance import _OF_HOST, Instance
from compiler.policies.outcomes import UNDECIDED
from compiler.policies.shapes import shapes
from compiler.review.examine import examine
from compiler.upstream.catalog import catalog
from compiler.upstream.catalog.facts import versions
from tests.cli.running import SAMPLES

NAMES = ("apiserver.yaml", "minimal.yaml", "hardened/apiserver.yaml")


def leaves(schema: dict[str, Any], path: str = "") -> dict[str, str]:
    """Path of each value of the config that is not a map -> its description."""
    found = {}
    for name, inner in schema.get("properties", {}).items():
        where = f"{path}.{name}".strip(".")
        found |= leaves(inner, where) if inner.get("type") == "object" else {where: inner.get("description", "")}
    return found


def test_what_depends_on_the_host() -> None:
    schema = json.loads(Path(schema_directory(), "artifacts/resolved.schema.json").read_text())
    described = {path for path, text in leaves(schema["properties"]["config"]).items() if "depends on the host" in text}
    assert described == _OF_HOST


@pytest.mark.parametrize("name", NAMES)
def test_parts_are_those_of_the_artifacts(name: str) -> None:
    resolved = examine(str(SAMPLES / name)).resolved
    assert resolved is not None
    instance = Instance(resolved)
    assert instance.part("storage", ()) == storage.manifest(resolved)["resources"]
    definitions = health.definitions(resolved)
    lists = ("healthz", "livez", "readyz")
    seen = instance.part("health", (*lists, "probes", "drain"))
    assert [[each["name"] for each in seen[key]] for key in lists] == [
        [each["name"] for each in definitions[key]] for key in lists
    ]
    assert seen["probes"] == definitions["probes"]
    tree = resolved.config.tree()
    config = instance.part("config", tree)
    assert config.keys() == tree.keys()
    assert config["etcd"]["healthcheckTimeout"] == 2
    assert config["admission"]["plugins"] == tree["admission"]["plugins"]
    unknown = {path for path in _OF_HOST if value_at(config, path) is UNDECIDED}
    assert unknown == {path for path in _OF_HOST if value_at(tree, path) is None}


def value_at(tree: Any, path: str) -> Any:
    for key in path.split("."):
        tree = tree[key]
    return tree


@pytest.mark.parametrize("version", versions())
def test_flags_have_the_types_of_their_shapes(version: str) -> None:
    resolved = examine(str(SAMPLES / "hardened/apiserver.yaml")).resolved
    assert resolved is not None
    known = shapes(catalog(version))["flags"].properties
    assert known is not None
    kinds = {"boolean": bool, "string": str, "number": (int, float), "array": list, "object": dict}
    seen = Instance(resolved).part("flags", resolved.context.catalog.flags)
    for name, value in seen.items():
        if name in known:
            (kind,) = known[name].types
            assert isinstance(value, kinds[kind]), name  # type: ignore[arg-type]
