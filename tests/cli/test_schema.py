"""`kasc schema`: the schemas of the package, printed or written."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from compiler.upstream.catalog.facts import versions
from tests.cli.running import ROOT, kasc


@pytest.mark.parametrize("version", versions())
def test_a_folder_gets_what_the_package_has(version: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert kasc(capsys, "schema", "--kubernetes-version", version, "-o", tmp_path).code == 0
    written = {path.name: path.read_bytes() for path in tmp_path.glob("*.schema.json")}
    packaged = ROOT / f"schemas/v{version}"
    assert {path.name for path in packaged.glob("*.schema.json")} <= set(written)
    for path in packaged.glob("*.schema.json"):
        assert written[path.name] == path.read_bytes()


@pytest.mark.parametrize(
    ("name", "property_"),
    [
        ((), "etcd"), (("etcd",), "etcdServers"), (("secure_serving",), "tlsCertFile"), (("report",), "files"),
        (("storage",), "resources"), (("health",), "readyz"), (("EncryptionConfiguration",), "resources"),
        (("Policy",), "rules"),
    ],
)  # fmt: skip
def test_one_schema_is_printed(name: tuple[str, ...], property_: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran = kasc(capsys, "schema", *name)
    assert ran.code == 0
    schema = json.loads(ran.out)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert property_ in json.dumps(schema)


def test_an_unknown_name(capsys: pytest.CaptureFixture[str]) -> None:
    ran = kasc(capsys, "schema", "ectd")
    assert ran.code == 2
    assert "did you mean etcd?" in ran.err
