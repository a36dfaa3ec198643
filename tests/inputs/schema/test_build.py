"""The option schemas are up to date, have descriptions, and accept all forms of a value."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from compiler.inputs.schema import load_schema
from compiler.inputs.schema.explain import violations
from compiler.upstream.catalog import catalog
from compiler.upstream.catalog.facts import STRUCTURED, section_of
from tests.artifacts.compiling import ROOT, document, refused, resolve
from tests.versions import VERSIONS
from tools.generate.schemas import build, main

OPTIONS = [
    (version, group, key)
    for version in VERSIONS
    for group, options in catalog(version).groups.items()
    for key in options
]


def option(version: str, group: str, key: str) -> dict[str, Any]:
    result: dict[str, Any] = load_schema(version, f"{group}.schema.json")["properties"][key]
    return result


def test_schemas_are_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().out


@pytest.mark.parametrize("version", VERSIONS)
def test_every_file_is_a_valid_schema(version: str) -> None:
    for name, text in build().items():
        if name.startswith(f"v{version}/"):
            Draft202012Validator.check_schema(json.loads(text))


def test_every_option_has_a_description() -> None:
    lacking = [place for place in OPTIONS if len(option(*place).get("description", "")) < 20]
    assert lacking == []


def test_every_option_names_its_flag() -> None:
    for version, group, key in OPTIONS:
        spec = catalog(version).groups[group][key]
        result = option(version, group, key)
        assert result["title"] == f"--{spec.name}"
        assert result.get("deprecated", False) is spec.deprecated


def test_descriptions_are_about_flags_that_exist() -> None:
    messages = yaml.safe_load((ROOT / "compiler/upstream/catalog/data/descriptions.yaml").read_text())["options"]
    known = {name for version in VERSIONS for name in catalog(version).flags}
    assert set(messages) - known == set()


def test_examples_and_defaults_conform() -> None:
    wrong = []
    for version, group, key in OPTIONS:
        schema = option(version, group, key)
        values = [*schema.get("examples", ())] + ([schema["default"]] if "default" in schema else [])
        for value in values:
            wrong += [
                (version, group, key, value, error.message)
                for error in violations(document(version) | {section_of(group): {key: value}}, version)
            ]
    assert wrong == []


def test_composite_values_have_an_example() -> None:
    lacking = {
        key
        for version, group, key in OPTIONS
        if version == VERSIONS[-1]
        for schema in [option(version, group, key)]
        if schema.get("type") in ("array", "object") or "duration" in str(schema.get("pattern", ""))
        if not schema.get("examples") and "enum" not in schema.get("items", {}) and not schema.get("properties")
    }
    assert lacking == set()


STRUCTURED_OPTIONS = [
    (flag, group, key)
    for group, options in catalog("1.36").groups.items()
    for key, spec in options.items()
    if (flag := spec.name) in STRUCTURED
]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_structured_option_exists(version: str) -> None:
    known = {spec.name for options in catalog(version).groups.values() for spec in options.values()}
    assert set(STRUCTURED) <= known


@pytest.mark.parametrize(("flag", "group", "key"), STRUCTURED_OPTIONS)
@pytest.mark.parametrize("version", VERSIONS)
def test_every_structured_option_accepts_a_path_content_or_source(
    version: str, flag: str, group: str, key: str
) -> None:
    def ok(value: Any) -> bool:
        return not list(violations(document(version) | {section_of(group): {key: value}}, version))

    for good in ("/etc/a.yaml", "", {"content": {}}, {"source": "a.yaml"}, {"path": "/a", "content": {}}):
        assert ok(good), good
    for bad in (
        1,
        None,
        [],
        {},
        {"path": "/a"},
        {"content": {}, "source": "a"},
        {"content": "a"},
        {"source": 1},
        {"content": {}, "nope": 1},
    ):
        assert not ok(bad), bad


POLICY = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [{"level": "None"}]}


@pytest.mark.parametrize(
    ("value", "flag", "files"),
    [
        ("/srv/policy.yaml", "/srv/policy.yaml", []),
        ({"content": POLICY}, "/etc/kubernetes/kasc/audit-policy-file.yaml", ["audit-policy-file.yaml"]),
        ({"source": "policy.yaml"}, "/etc/kubernetes/kasc/audit-policy-file.yaml", ["audit-policy-file.yaml"]),
        ({"path": "/srv/p.yaml", "content": POLICY}, "/srv/p.yaml", ["p.yaml"]),
        ({"path": "/srv/p.yaml", "source": "policy.yaml"}, "/srv/p.yaml", ["p.yaml"]),
    ],
)
def test_forms_of_a_structured_option(value: Any, flag: str, files: list[str], tmp_path: Path) -> None:
    from compiler.artifacts.files import structured_files

    (tmp_path / "policy.yaml").write_text(yaml.safe_dump(POLICY))
    resolved = resolve(document(auditing={"auditPolicyFile": value}), tmp_path)
    assert resolved.context.flags.text("audit-policy-file") == flag
    assert structured_files(resolved) == dict.fromkeys(files, POLICY)


def test_two_files_with_the_same_path_are_rejected(tmp_path: Path) -> None:
    content = document(
        auditing={"auditPolicyFile": {"path": "/a.yaml", "content": POLICY}},
        traces={
            "tracingConfigFile": {
                "path": "/a.yaml",
                "content": {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "TracingConfiguration"},
            }
        },
    )
    assert ("KASC-DOC-012", "traces.tracingConfigFile.path") in refused(content, tmp_path)


@pytest.mark.parametrize("version", VERSIONS)
def test_references_between_schemas_resolve(version: str) -> None:
    directory = ROOT / f"schemas/v{version}"
    for path in directory.rglob("*.json"):
        for target in re.findall(r'"\$ref": "([^#"]+)"', path.read_text()):
            assert (path.parent / target).exists(), target
