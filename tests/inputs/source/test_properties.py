"""What holds for every document, found by generating them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import tomli
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.diagnostics import Diagnostic, KascError
from compiler.inputs.source import parse_document, read_source
from compiler.inputs.source.node import Node, Source
from compiler.inputs.source.toml import parse_toml
from compiler.inputs.source.yaml import parse_yaml, parse_yaml_all

from .helpers import check_places, cut, offset, parsed, walk

tree_sitter = pytest.importorskip("tree_sitter")
tree_sitter_toml = pytest.importorskip("tree_sitter_toml")

# YAML

# PyYAML writes YAML 1.1 and leaves texts without quotes that are numbers in 1.2: `1e3`, `08`, `0o7`.
NUMBER_OF_1_2_ONLY = re.compile(r"[-+]?[0-9.]+([eE][-+]?[0-9]+)?|0o[0-7]+|[-+]?\.?(inf|nan)", re.IGNORECASE)
# Line breaks of 1.1 that 1.2 does not know, and the byte order mark: refused, so not part of what must parse.
TEXT_CHARACTERS = st.characters(codec="utf-8", exclude_characters="\x85\u2028\u2029\ufeff")


def texts() -> st.SearchStrategy[str]:
    words = ["", "true", "null", "~", "on", "12", "a: b", "- a", "# a", "<<", "a\nb", " a", "é😀", "[", "*a"]
    others = st.text(TEXT_CHARACTERS, max_size=12).filter(lambda text: not NUMBER_OF_1_2_ONLY.fullmatch(text))
    return st.sampled_from(words) | others


def values() -> st.SearchStrategy[Any]:
    numbers = st.integers(-(10**20), 10**20) | st.floats(allow_nan=False)
    scalars = st.none() | st.booleans() | numbers | texts()
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts(), inner, max_size=4),
        max_leaves=15,
    )


STYLES = st.sampled_from([None, True, False])


@given(values(), STYLES, st.booleans(), st.sampled_from([None, "\r\n"]), st.sampled_from([2, 4]))
def test_what_pyyaml_dumps(value: Any, flow: bool | None, unicode: bool, newline: str | None, indent: int) -> None:
    text = yaml.safe_dump(
        value, default_flow_style=flow, allow_unicode=unicode, line_break=newline, indent=indent, sort_keys=False
    )
    node = parsed(parse_yaml, text)
    assert node.plain() == value
    check_places(node, text)
    for inner in walk(node):
        part = cut(text, inner.span)
        # Continuation lines keep their indent, so the first line needs its own back.
        assert parsed(parse_yaml, " " * (inner.span[1] - 1) + part).plain() == inner.plain()
    for inner in walk(node):
        for key, span in (inner.keys or {}).items():
            alone = parsed(parse_yaml, cut(text, span))
            assert key in (alone.text, alone.value)


@given(values(), STYLES)
def test_both_engines_agree(value: Any, flow: bool | None) -> None:
    text = yaml.safe_dump(value, default_flow_style=flow, allow_unicode=True)
    with_libyaml = parsed(parse_yaml, text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "yaml._yaml", None)
        without = parsed(parse_yaml, text)
    assert list(described(with_libyaml)) == list(described(without))


def described(node: Node) -> Iterator[object]:
    for inner in walk(node):
        yield inner.span, inner.text, inner.keys


# TOML

Syntax = Any
SYNTAX = tree_sitter.Parser(tree_sitter.Language(tree_sitter_toml.language()))
BLANKS = st.sampled_from(["", " ", "\t", "  "])
BETWEEN = st.sampled_from(["", " ", "\n", " # c ]}'\"\n", "\n\n\t", "#😀\n  "])
SCALARS = st.sampled_from(
    [
        "1", "-17", "+0", "1_000", "0xDEAD_beef", "0o17", "0b11", "1.5", "-0.1e-3", "6.02E23", "inf", "-inf",
        "true", "false", '""', "''", '"a"', '"\\"#"', "'\\'", '"😀é"', "'# ]'", '"\\\\"', '"\\U0001F600"',
        '""""""', "''''''", '"""a"""', "'''\na'''", '"""\na\n\n# b ] \\""" """""', "''' '' '''''", '"""a\\\n   b"""',
        "'''😀\n\t'''", '""" "" """', '"= 1 [t]"',
    ]
)  # fmt: skip
KEYS = st.sampled_from(["a", "b-c", "_", "1", "é", "d.e", "", "😀", "f g", 'q"', "#", "]", "x\\", "=", "3.14", "\t"])

WHOLE = "(no second part)"


@st.composite
def written_key(draw: st.DrawFn, name: str) -> str:
    """A name as a key, in one of the ways it can be written."""
    ways = ['"' + name.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t") + '"']
    if "\t" not in name:
        ways.append(f"'{name}'")
    if re.fullmatch("[A-Za-z0-9_-]+", name):
        ways.append(name)
    return draw(st.sampled_from(ways))


@st.composite
def toml_value(draw: st.DrawFn, depth: int = 0) -> str:
    kind = draw(st.sampled_from(["scalar", "scalar", "array", "inline"])) if depth < 3 else "scalar"
    if kind == "scalar":
        return draw(SCALARS)
    if kind == "array":
        items = draw(st.lists(toml_value(depth + 1), max_size=3))
        end = draw(st.sampled_from(["", ","])) if items else ""
        return "[" + ",".join(draw(BETWEEN) + item + draw(BETWEEN) for item in items) + end + draw(BETWEEN) + "]"
    pairs = draw(toml_pairs(depth + 1))
    return "{" + ",".join(draw(BLANKS) + pair + draw(BLANKS) for pair in pairs) + "}"


@st.composite
def toml_pairs(draw: st.DrawFn, depth: int = 0) -> list[str]:
    """Pairs of one table. Only the first parts differ or are shared by dotted keys, so that none is given twice."""
    pairs = []
    for name in draw(st.lists(KEYS, max_size=3, unique=True)):
        first = written_key(name)
        for second in draw(st.lists(KEYS, max_size=2, unique=True)) or [WHOLE]:
            key = draw(first)
            if second != WHOLE:
                key += draw(BLANKS) + "." + draw(BLANKS) + draw(written_key(second))
            pairs.append(key + draw(BLANKS) + "=" + draw(BLANKS) + draw(toml_value(depth)))
    return pairs


@st.composite
def toml_documents(draw: st.DrawFn) -> str:
    lines = draw(toml_pairs())
    for index in range(draw(st.integers(0, 4))):
        parts = [f"t{index}", *draw(st.lists(KEYS, max_size=2))]
        header = (draw(BLANKS) + "." + draw(BLANKS)).join(draw(written_key(part)) for part in parts)
        times = draw(st.sampled_from([0, 0, 1, 2]))
        for _ in range(times):
            lines += [f"[[{draw(BLANKS)}{header}{draw(BLANKS)}]]", *draw(toml_pairs())]
            if draw(st.booleans()):
                lines += [f"[{header}.sub]", *draw(toml_pairs())]
        if times == 0:
            lines += [f"[{header}]", *draw(toml_pairs())]
    text = "".join(draw(st.sampled_from(["", "", "\n", "# c = 1\n", "\t"])) + line + draw(ENDS) for line in lines)
    return text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))


ENDS = st.sampled_from(["\n", "\n", " # [c] '\n", "\t\n"])


class SyntaxPlaces:
    """Where tree-sitter finds keys and values, by path."""

    def __init__(self, text: str) -> None:
        self.data = text.encode()
        self.values: dict[tuple[str | int, ...], tuple[int, int]] = {}
        self.keys: dict[tuple[str | int, ...], tuple[int, int]] = {}
        self.lengths: dict[tuple[str | int, ...], int] = {}
        root = SYNTAX.parse(self.data).root_node
        assert not root.has_error
        for child in root.named_children:
            if child.type == "pair":
                self.pair(child, ())
            elif child.type in ("table", "table_array_element"):
                self.table(child)

    def table(self, table: Syntax) -> None:
        first, *rest = [child for child in table.named_children if child.type != "comment"]
        path: tuple[str | int, ...] = ()
        *parents, last = self.parts(first)
        for parent in parents:
            path = self.inside((*path, self.note(path, parent)))
        path = (*path, self.note(path, last))
        if table.type == "table_array_element":
            self.lengths[path] = self.lengths.get(path, 0) + 1
            path = self.inside(path)
        for child in rest:
            self.pair(child, path)

    def inside(self, path: tuple[str | int, ...]) -> tuple[str | int, ...]:
        return (*path, self.lengths[path] - 1) if path in self.lengths else path

    def note(self, path: tuple[str | int, ...], part: Syntax) -> str:
        """Keep the first place of a key, and give its name."""
        written = self.data[part.start_byte : part.end_byte].decode()
        (name,) = tomli.loads(f"{written} = 1")
        self.keys.setdefault((*path, name), self.span(part))
        return name

    def parts(self, key: Syntax) -> list[Syntax]:
        if key.type != "dotted_key":
            return [key]
        return [part for child in key.named_children for part in self.parts(child)]

    def pair(self, pair: Syntax, path: tuple[str | int, ...]) -> None:
        key, value = [child for child in pair.named_children if child.type != "comment"]
        for part in self.parts(key):
            path = (*path, self.note(path, part))
        self.value(value, path)

    def value(self, value: Syntax, path: tuple[str | int, ...]) -> None:
        self.values[path] = self.span(value)
        children = [child for child in value.named_children if child.type != "comment"]
        if value.type == "array":
            for index, child in enumerate(children):
                self.value(child, (*path, index))
        elif value.type == "inline_table":
            for child in children:
                self.pair(child, path)

    def span(self, syntax: Syntax) -> tuple[int, int]:
        """Start and end in characters."""
        return len(self.data[: syntax.start_byte].decode()), len(self.data[: syntax.end_byte].decode())


@given(toml_documents())
def test_toml_places_are_those_of_tree_sitter(text: str) -> None:
    node = parsed(parse_toml, text)
    assert node.plain() == tomli.loads(text)
    check_places(node, text)
    expected = SyntaxPlaces(text)
    found: dict[tuple[str | int, ...], tuple[int, int]] = {}
    keys: dict[tuple[str | int, ...], tuple[int, int]] = {}
    collect(node, (), text, found, keys)
    assert {path: found[path] for path in expected.values} == expected.values
    assert keys == expected.keys


def collect(
    node: Node,
    path: tuple[str | int, ...],
    text: str,
    values: dict[tuple[str | int, ...], tuple[int, int]],
    keys: dict[tuple[str | int, ...], tuple[int, int]],
) -> None:
    values[path] = (offset(text, *node.span[:2]), offset(text, *node.span[2:]))
    if isinstance(node.value, dict):
        for key, child in node.value.items():
            span = (node.keys or {})[key]
            keys[(*path, key)] = (offset(text, *span[:2]), offset(text, *span[2:]))
            collect(child, (*path, key), text, values, keys)
    elif isinstance(node.value, list):
        for index, child in enumerate(node.value):
            collect(child, (*path, index), text, values, keys)


# Anything at all

YAML_PIECES = st.sampled_from(
    ["a", "b", ":", ": ", " ", "\n", "\n  ", "\n    ", "- ", "? ", "[", "]", "{", "}", ", ", "&a ", "*a", "*b", "<<: ",
     "!!str ", "!t ", "'", '"', "|", ">-", "# ", "\t", "1", "1e999", "~", "---\n", "...\n", "%YAML 1.1\n", "\r\n", "\r",
     "\ufeff", "😀", "\\", "\x00", "\x85", "@", "`", "<<: *a\n"]
)  # fmt: skip
TOML_PIECES = st.sampled_from(
    ["a", "b", ".", " = ", "=", " ", "\n", "[", "]", "[[", "]]", "{", "}", ",", "'", '"', "'''", '"""', "\\", "#", "1",
     "1e999", "0x", "true", "1979-05-27", " 07:32:00", "inf", "\r\n", "\r", "\t", "😀", "\x00", "a = 1\n", "[a]\n",
     "a.b = 1\n"]
)  # fmt: skip
ANYTHING = (
    st.text(max_size=60)
    | st.lists(YAML_PIECES, max_size=30).map("".join)
    | st.lists(TOML_PIECES, max_size=30).map("".join)
    | st.text(st.characters(), max_size=20)
)


def check(node: Node, source: Source) -> None:
    check_places(node, source.text.removeprefix("\ufeff"))
    node.plain()


@settings(max_examples=400)
@given(ANYTHING)
def test_any_text_gives_a_node_or_a_kasc_error(text: str) -> None:
    source = Source("f", text)
    for toml in (False, True):
        problems: list[Diagnostic] = []
        try:
            check(parse_document(source, problems, toml=toml), source)
        except KascError as error:
            problems.append(error.diagnostic)
        for problem in problems:
            assert problem.location is not None
            assert problem.location[1:3] <= problem.location[3:5]
            assert 1 <= problem.location.line <= len(re.findall("\r\n|\r|\n", text)) + 1
    with suppress(KascError):
        for node in parse_yaml_all(source, []):
            check(node, source)


@settings(max_examples=200)
@given(ANYTHING)
def test_the_pure_python_parser_leaks_nothing_either(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "yaml._yaml", None)
        with suppress(KascError):
            parse_yaml(Source("f", text), []).plain()


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scratch") / "file"


ANY_BYTES = st.binary(max_size=60) | ANYTHING.map(lambda text: text.encode("utf-8", "surrogatepass"))


@given(data=ANY_BYTES, toml=st.booleans())
def test_any_bytes_give_a_node_or_a_kasc_error(scratch: Path, data: bytes, toml: bool) -> None:
    scratch.write_bytes(data)
    with suppress(KascError):
        source = read_source(str(scratch))
        check(parse_document(source, [], toml=toml), source)
