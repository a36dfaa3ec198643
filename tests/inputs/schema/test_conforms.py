"""The fast validator agrees with jsonschema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.diagnostics import Report
from compiler.inputs.importers.document import validate
from compiler.inputs.schema import KNOWN, conforms, load_schema
from compiler.inputs.schema.explain import violations
from tests.artifacts.compiling import MINIMAL, ROOT
from tests.inputs.schema.documents import documents, mutated, node_of
from tests.versions import VERSIONS

PROPERTY = settings(max_examples=150)


def agrees(document: Any, version: str) -> bool:
    """Return the verdict on which both agree."""
    quick = conforms(
        node_of(document), load_schema(version, "apiserver.schema.json"), lambda name: load_schema(version, name)
    )
    slow = next(violations(document, version), None)
    assert quick is (slow is None), (document, slow)
    return quick


@given(st.sampled_from(["1.31", "1.36"]).flatmap(lambda version: st.tuples(st.just(version), documents(version))))
@PROPERTY
def test_documents_that_conform(pair: tuple[str, dict[str, Any]]) -> None:
    assert agrees(pair[1], pair[0])


@given(mutated("1.36"))
@PROPERTY
def test_documents_with_one_change(document: dict[str, Any]) -> None:
    agrees(document, "1.36")


@given(mutated("1.36"))
@PROPERTY
def test_every_violation_is_reported(document: dict[str, Any]) -> None:
    report = Report()
    refused = validate(node_of(document), "1.36", report)
    assert bool(report.diagnostics) is (not agrees(document, "1.36"))
    assert bool(refused) is bool(report.diagnostics)
    assert all(diagnostic.message and diagnostic.hint for diagnostic in report.diagnostics)


BOUNDARIES: list[tuple[str, Any, bool]] = [
    ("kubernetesVersion", 1.36, True),
    ("kubernetesVersion", True, False),
    ("kubernetesVersion", "1.36.", False),
    ("metadata", {"name": "a" * 253}, True),
    ("metadata", {"name": "a" * 254}, False),
    ("metadata", {"name": "-a"}, False),
    ("extends", [], True),
    ("extends", [1], False),
    ("etcd", {"deleteCollectionWorkers": 1.0}, True),
    ("etcd", {"deleteCollectionWorkers": 1.5}, False),
    ("etcd", {"deleteCollectionWorkers": True}, False),
    ("etcd", {"watchCache": 1}, False),
    ("etcd", {"watchCacheSizes": {"a": 1, "b": "2"}}, False),
    ("etcd", {"etcdServers": "http://a"}, False),
    ("generic", {"goawayChance": 1}, True),
    ("generic", {"requestTimeout": 60}, True),
    ("generic", {"featureGates": {"Nope": True}}, True),
    ("generic", {"featureGates": {"Nope": "true"}}, False),
    ("deployment", {"terminationGracePeriodSeconds": 2**63 - 1}, True),
    ("deployment", {"terminationGracePeriodSeconds": 2**63}, False),
    ("deployment", {"terminationGracePeriodSeconds": -1}, False),
    ("extraFlags", {"v": [1, "a", True]}, True),
    ("extraFlags", {"v": {}}, False),
    ("nope", None, False),
    ("misc", None, False),
    ("misc", [], False),
]


@pytest.mark.parametrize(("key", "value", "good"), BOUNDARIES, ids=lambda value: str(value)[:30])
def test_boundaries(key: str, value: Any, good: bool) -> None:
    assert agrees({**MINIMAL, key: value}, "1.36") is good


def keywords(schema: Any) -> Iterator[str]:
    """Yield every keyword of a schema and its subschemas."""
    if not isinstance(schema, dict):
        return
    yield from schema
    for key in ("properties", "$defs"):
        for child in schema.get(key, {}).values():
            yield from keywords(child)
    for key in ("items", "additionalProperties"):
        yield from keywords(schema.get(key))
    for child in schema.get("oneOf", ()):
        yield from keywords(child)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_validator_supports_every_keyword(version: str) -> None:
    for path in (ROOT / f"schemas/v{version}").glob("*.json"):
        if path.name == "editor.schema.json":
            continue
        assert set(keywords(json.loads(path.read_text()))) <= KNOWN, path.name
