from __future__ import annotations

from pathlib import Path

import pytest

from compiler.diagnostics import Diagnostic, KascError
from compiler.inputs.source import Files, parse_document
from compiler.inputs.source.overlays import LoadedDocument, extend_document


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run the test in a temporary directory, so that names are short."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(**files: str) -> None:
    """Write files; a double underscore in a name is a slash, and one is a dot."""
    for name, text in files.items():
        path = Path(name.replace("__", "/").replace("_", "."))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def load_document(path: str, problems: list[Diagnostic], files: Files | None = None) -> LoadedDocument:
    files = files or Files()
    return extend_document(parse_document(files.read(path), problems), path, problems, files)


def load(path: str, files: Files | None = None) -> LoadedDocument:
    problems: list[Diagnostic] = []
    document = load_document(path, problems, files)
    assert problems == []
    return document


def failures(path: str) -> list[Diagnostic]:
    problems: list[Diagnostic] = []
    with pytest.raises(KascError) as raised:
        load_document(path, problems)
    return [raised.value.diagnostic, *problems]


def place(found: Diagnostic) -> str:
    assert found.location is not None
    return f"{found.location.file}:{found.location.line}:{found.location.column}"


def test_a_document_alone() -> None:
    write(a_yaml="b: 1\nc: {d: null, e: [null]}\nf: null\n")
    document = load("a.yaml")
    assert document.root.plain() == {"b": 1, "c": {"e": [None]}}
    assert document.layers == ("a.yaml",)
    assert document.root.keys is not None
    assert document.root.keys.keys() == {"b", "c"}


def test_maps_merge_and_the_rest_replaces() -> None:
    write(
        base_yaml="metadata: {name: base, x: 1}\nmap: {a: 1, b: {c: 1, d: 2}}\nlist: [1, 2]\nkind: x\nother: {a: 1}",
        top_yaml="extends: base.yaml\nmetadata: {name: top}\nmap: {b: {c: 9}, e: 3}\nlist: [3]\nkind: {a: 1}\nother: 1",
    )
    document = load("top.yaml")
    assert document.root.plain() == {
        "metadata": {"name": "top", "x": 1},
        "map": {"a": 1, "b": {"c": 9, "d": 2}, "e": 3},
        "list": [3],
        "kind": {"a": 1},
        "other": 1,
    }
    assert document.layers == ("base.yaml", "top.yaml")


def test_null_removes() -> None:
    write(
        base_yaml="a: 1\nb: {c: 1, d: {e: 1}}\nf: [1]\n",
        top_yaml="extends: [base.yaml]\na: null\nb: {c: ~, d: {e: }, g: null}\nf: null\nh: null\ni: {j: null}\n",
    )
    document = load("top.yaml")
    assert document.root.plain() == {"b": {"d": {}}, "i": {}}
    assert document.root.keys is not None
    assert document.root.keys.keys() == {"b", "i"}


def test_a_removed_value_can_come_back() -> None:
    write(a_yaml="x: {a: 1, b: 2}", b_yaml="extends: a.yaml\nx: null", c_yaml="extends: b.yaml\nx: {c: 3}")
    assert load("c.yaml").root.plain() == {"x": {"c": 3}}


def test_every_value_knows_its_layer() -> None:
    write(
        base_yaml="#\nmap: {a: 1, b: 2}\nlist: [1]\n",
        top_toml='extends = "base.yaml"\n\nmap.b = 3\n',
    )
    root = load("top.toml").root
    assert root.at(("map", "a")).location == ("base.yaml", 2, 10, 2, 11)
    assert root.at(("map", "b")).location == ("top.toml", 3, 9, 3, 10)
    assert root.at(("map",)).source.name == "top.toml"
    assert root.at(("map",)).key_location("a") == ("base.yaml", 2, 7, 2, 8)
    assert root.at(("map",)).key_location("b") == ("top.toml", 3, 5, 3, 6)
    assert root.key_location("map") == ("top.toml", 3, 1, 3, 4)
    assert root.key_location("list") == ("base.yaml", 3, 1, 3, 5)


def test_a_key_that_was_removed_has_no_place() -> None:
    write(base_yaml="a: 1\nb: 2", top_yaml="c: 1\nextends: base.yaml\nb: null")
    root = load("top.yaml").root
    assert root.key_location("b") == root.location
    assert root.key_location("extends") == root.location


def test_parents_apply_in_order_each_after_its_own() -> None:
    write(
        g_yaml="a: g\nb: g\nc: g\nd: g\n",
        p__one_yaml="extends: ../g.yaml\nb: one\nc: one\nd: one\n",
        p__two_toml='extends = ["three.yml"]\nc = "two"\n',
        p__three_yml="c: three\ne: three\n",
        top_yaml="extends:\n- p/one.yaml\n- p/two.toml\nd: top\n",
    )
    document = load("top.yaml")
    assert document.layers == ("g.yaml", "p/one.yaml", "p/three.yml", "p/two.toml", "top.yaml")
    assert document.root.plain() == {"a": "g", "b": "one", "c": "two", "d": "top", "e": "three"}


def test_a_shared_base_applies_once() -> None:
    write(
        base_yaml="a: base\nb: base\n",
        one_yaml="extends: base.yaml\na: one\n",
        two_yaml="extends: ./x/../base.yaml\nb: two\n",
        top_yaml="extends: [one.yaml, two.yaml, one.yaml]\n",
    )
    document = load("top.yaml")
    assert document.layers == ("base.yaml", "one.yaml", "two.yaml", "top.yaml")
    assert document.root.plain() == {"a": "one", "b": "two"}


@pytest.mark.parametrize("extends", ["extends: []", "extends: null", "extends:"])
def test_extending_nothing(extends: str) -> None:
    write(a_yaml=f"{extends}\nb: 1\n")
    assert load("a.yaml").root.plain() == {"b": 1}


def test_extends_below_the_root_is_a_value() -> None:
    write(a_yaml="b: {extends: c.yaml}\n")
    assert load("a.yaml").root.plain() == {"b": {"extends": "c.yaml"}}


def test_a_root_that_is_no_mapping_is_left_to_the_caller() -> None:
    write(a_yaml="- 1\n- null\n")
    assert load("a.yaml").root.plain() == [1, None]


def test_standard_input_extends_from_the_working_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    import io
    import sys

    write(base_yaml="a: 1\n")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"extends: base.yaml\nb: 2\n")))
    document = load("-")
    assert document.root.plain() == {"a": 1, "b": 2}
    assert document.layers == ("base.yaml", "<stdin>")


def test_a_parent_called_hyphen_is_a_file(here: Path) -> None:
    (here / "-").write_text("a: 1\n")
    write(top_yaml="extends: '-'\n")
    assert load("top.yaml").root.plain() == {"a": 1}


def test_absolute_paths(here: Path) -> None:
    write(base_yaml="a: 1\n", top_yaml=f"extends: {here}/base.yaml\n")
    assert load("top.yaml").layers == (f"{here}/base.yaml", "top.yaml")


# What goes wrong


def test_all_missing_parents_are_told() -> None:
    write(top_yaml="a: 1\nextends: [no.yaml, here.yaml,\n  sub/]\n", here_yaml="extends: no-more.yaml", sub__x="")
    found = failures("top.yaml")
    assert [item.code for item in found] == ["KASC-DOC-008"] * 3
    assert [place(item) for item in found] == ["top.yaml:2:11", "here.yaml:1:10", "top.yaml:3:3"]
    assert "'no.yaml'" in found[0].message
    assert "no such file" in found[0].message
    assert "a directory" in found[2].message


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("extends: 1", "1:10"),
        ("extends: [1, {}]", "1:11"),
        ("extends: {a: b}", "1:10"),
        ("extends: ''", "1:10"),
        ('extends: "a\\0b"', "1:10"),
        ("extends: [null]", "1:11"),
    ],
)
def test_extends_takes_paths(text: str, position: str) -> None:
    write(a_yaml=text)
    found = failures("a.yaml")
    assert found[0].code == "KASC-DOC-008"
    assert place(found[0]) == f"a.yaml:{position}"


def test_circles_are_shown() -> None:
    write(a_yaml="extends: b.yaml", b_yaml="extends: [c.toml]", c_toml='extends = "./b.yaml"')
    found = failures("a.yaml")
    assert found[0].code == "KASC-DOC-008"
    assert "b.yaml -> c.toml -> b.yaml" in found[0].message
    assert place(found[0]) == "c.toml:1:11"


def test_a_document_that_extends_itself() -> None:
    write(a_yaml="extends: a.yaml")
    assert "a.yaml -> a.yaml" in failures("a.yaml")[0].message


def test_a_parent_with_a_syntax_error_speaks_for_itself() -> None:
    write(a_yaml="extends: [b.yaml, c.toml]", b_yaml="x: [", c_toml="x")
    found = failures("a.yaml")
    assert [item.code for item in found] == ["KASC-DOC-004", "KASC-DOC-004"]
    assert [place(item) for item in found] == ["b.yaml:1:5", "c.toml:1:2"]


def test_a_parent_that_is_no_mapping() -> None:
    write(a_yaml="extends: b.yaml", b_yaml="- 1")
    assert [(item.code, place(item)) for item in failures("a.yaml")] == [("KASC-DOC-008", "a.yaml:1:10")]


def chain(length: int) -> None:
    for index in range(1, length):
        write(**{f"{index}_yaml": f"extends: {index + 1}.yaml\nx{index}: 1\n"})
    write(**{f"{length}_yaml": "a: 1\n"})


def test_sixteen_layers_are_the_bound() -> None:
    chain(16)
    assert len(load("1.yaml").layers) == 16
    chain(17)
    found = failures("1.yaml")
    assert [(item.code, place(item)) for item in found] == [("KASC-DOC-008", "16.yaml:1:10")]


def test_sixty_four_files_are_the_bound() -> None:
    for index in range(1, 70):
        write(**{f"{index}_yaml": f"a{index}: 1\n"})
    write(top_yaml="extends: [" + ", ".join(f"{index}.yaml" for index in range(1, 64)) + "]")
    assert len(load("top.yaml").layers) == 64
    write(top_yaml="extends: [" + ", ".join(f"{index}.yaml" for index in range(1, 70)) + "]")
    assert [item.code for item in failures("top.yaml")] == ["KASC-DOC-008"]


# Problems and the cache


def test_problems_of_every_layer_are_collected() -> None:
    write(base_yaml="a: 1\na: 2\n", top_yaml="extends: base.yaml\nb: 1\nb: 2\n")
    problems: list[Diagnostic] = []
    load_document("top.yaml", problems)
    assert [place(found) for found in problems] == ["top.yaml:3:1", "base.yaml:2:1"]


def test_the_cache_keeps_parents_and_their_problems(here: Path) -> None:
    write(base_yaml="a: {b: 1}\na: 2\n", one_yaml="extends: base.yaml\na: {c: 1}\n", two_yaml="extends: base.yaml\n")
    files = Files()
    problems: list[Diagnostic] = []
    assert load_document("one.yaml", problems, files).root.plain() == {"a": {"b": 1, "c": 1}}
    assert files.parsed.keys() == {"base.yaml"}
    (here / "base.yaml").unlink()
    assert load_document("two.yaml", problems, files).root.plain() == {"a": {"b": 1}}
    assert [place(found) for found in problems] == ["base.yaml:2:1"] * 2
