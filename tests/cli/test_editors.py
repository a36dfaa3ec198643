"""`kasc schema --vscode` and its like: settings are added, and what a person wrote is kept."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.cli.arguments import UsageError
from compiler.cli.schema import merged
from tests.cli.running import ROOT, kasc
from tests.versions import VERSIONS

PLACE = f".kasc/schemas/v{VERSIONS[-1]}.schema.json"


def test_vscode_gets_settings_and_a_schema(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert kasc(capsys, "schema", "--vscode", "-o", tmp_path).code == 0
    settings = json.loads((tmp_path / ".vscode/settings.json").read_text())
    assert "apiserver.yaml" in settings["yaml.schemas"][f"./{PLACE}"]
    assert settings["evenBetterToml.rules"][0]["schema"]["path"] == PLACE
    assert (tmp_path / PLACE).read_text() == (ROOT / f"schemas/v{VERSIONS[-1]}/editor.schema.json").read_text()
    again = kasc(capsys, "schema", "--vscode", "-o", tmp_path)
    assert again.code == 0
    assert "settings.json" not in again.err


def test_settings_of_other_things_are_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / ".vscode/settings.json"
    path.parent.mkdir()
    mine = '// {\r\n{\r\n  // "yaml.schemas": mine\r\n  "a": "// no comment, ]", /* one */\r\n  "b": [1, 2,],\r\n}\r\n'
    path.write_bytes(mine.encode())
    assert kasc(capsys, "schema", "--vscode", "-o", tmp_path).code == 0
    text = path.read_bytes().decode()
    assert text.startswith('// {\r\n{\n  "yaml.schemas": {')
    assert text.endswith(mine.partition("{\r\n{")[2])
    assert kasc(capsys, "schema", "--vscode", "-o", tmp_path).code == 0
    assert path.read_bytes().decode() == text


@pytest.mark.parametrize("mine", ['{"yaml.schemas": {"a.json": "*.yaml"}}', "[1]", "{oops", '"a"'])
def test_what_cannot_be_added_is_shown(mine: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / ".vscode/settings.json"
    path.parent.mkdir()
    path.write_text(mine)
    ran = kasc(capsys, "schema", "--vscode", "-o", tmp_path)
    assert ran.code == 2
    assert "by hand" in ran.err
    assert f"./{PLACE}" in ran.err
    assert path.read_text() == mine
    assert not (tmp_path / ".kasc").exists()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text('ab"/*,\\ }{', max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('xy/*,"', max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text('xy/*"', max_size=4), JSON, max_size=4), st.sampled_from([None, 2]))
def test_adding_changes_nothing_else(mine: dict[str, object], indent: int | None) -> None:
    wanted = {"one": {"a": "b"}, "two": [{"c": "d"}]}
    after = merged(json.dumps(mine, indent=indent), wanted, "settings.json")
    assert json.loads(after) == {**mine, **wanted}
    assert merged(after, wanted, "settings.json") == after
    with pytest.raises(UsageError, match="by hand"):
        merged(after, {"one": {"a": "other"}}, "settings.json")
    with pytest.raises(UsageError, match="by hand"):
        merged(after, {"two": [1]}, "settings.json")


def test_jetbrains_maps_names_to_the_schema(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert kasc(capsys, "schema", "--jetbrains", "--kubernetes-version", "1.34", "-o", tmp_path).code == 0
    path = tmp_path / ".idea/jsonSchemas.xml"
    root = ElementTree.fromstring(path.read_text())
    component = root.find("component")
    assert component is not None
    assert component.get("name") == "JsonSchemaMappingsProjectConfiguration"
    values = {option.get("name"): option.get("value") for option in component.iter("option")}
    assert (tmp_path / str(values["relativePathToSchema"])).is_file()
    names = {option.get("value") for option in component.iter("option") if option.get("name") == "path"}
    assert {"apiserver.yaml", "apiserver.toml", "*.kasc.yaml"} <= names
    assert kasc(capsys, "schema", "--jetbrains", "--kubernetes-version", "1.34", "-o", tmp_path).code == 0
    path.write_text(path.read_text().replace("apiserver.toml", "mine.toml"))
    mine = path.read_text()
    refused = kasc(capsys, "schema", "--jetbrains", "--kubernetes-version", "1.34", "-o", tmp_path)
    assert refused.code == 2
    assert "<entry key=" in refused.err
    assert path.read_text() == mine


def test_editors_are_about_whole_documents(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = kasc(capsys, "schema", "etcd", "--neovim", "-o", tmp_path)
    assert ran.code == 2
    assert "remove etcd" in ran.err
    assert kasc(capsys, "schema", "--neovim", "--vscode", "-o", tmp_path).code == 2


def test_what_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".vscode").touch()
    ran = kasc(capsys, "schema", "--vscode", "-o", tmp_path)
    assert ran.code == 2
    assert not (tmp_path / ".kasc").exists()


def test_a_new_document_names_the_schema_of_its_project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "clusters/one/apiserver.yaml"
    assert kasc(capsys, "init", "-o", path).code == 0
    first = path.read_text().split("\n")[0]
    assert first.startswith("# yaml-language-server: $schema=https://")
    assert first.endswith(f"/schemas/v{VERSIONS[-1]}/editor.schema.json")
    assert kasc(capsys, "schema", "--vscode", "-o", tmp_path).code == 0
    assert kasc(capsys, "init", "-o", path, "--force").code == 0
    assert path.read_text().split("\n")[0] == f"# yaml-language-server: $schema=../../{PLACE}"
    assert kasc(capsys, "init", "-o", path.with_suffix(".toml")).code == 0
    assert path.with_suffix(".toml").read_text().split("\n")[0] == f"#:schema ../../{PLACE}"
