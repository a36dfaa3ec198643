from __future__ import annotations

import math
import sys
import time
from contextlib import suppress
from typing import Any

import pytest

from compiler.diagnostics import Diagnostic, KascError
from compiler.inputs.source.node import Node, Source
from compiler.inputs.source.yaml import parse_yaml, parse_yaml_all

from .helpers import cut, failure, parsed, problems_of


@pytest.fixture(params=["libyaml", "pure Python"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The test runs with the C parser, and with the one that stands in for it, which knows a little less of YAML."""
    if request.param == "pure Python":
        monkeypatch.setitem(sys.modules, "yaml._yaml", None)
    return str(request.param)


def value(text: str) -> Any:
    return parsed(parse_yaml, text).plain()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("null", None), ("Null", None), ("NULL", None), ("~", None), ("nUll", "nUll"),
        ("true", True), ("True", True), ("TRUE", True), ("false", False), ("False", False), ("FALSE", False),
        ("on", "on"), ("yes", "yes"), ("No", "No"), ("y", "y"), ("tRue", "tRue"),
        ("0", 0), ("010", 10), ("-7", -7), ("+7", 7), ("0o17", 15), ("0x1F", 31), ("0X1F", "0X1F"), ("0o8", "0o8"),
        ("-0x1", "-0x1"), ("0b1", "0b1"), ("1_000", "1_000"), ("1:30", "1:30"), ("2001-01-01", "2001-01-01"),
        ("1.30", 1.3), ("1.", 1.0), (".5", 0.5), ("-1e3", -1000.0), ("1E+2", 100.0), (".", "."), ("1.2.3", "1.2.3"),
        ("e3", "e3"), ("+", "+"), ("-", [None]), ("", None),
        (".inf", math.inf), ("-.INF", -math.inf), ("+.Inf", math.inf),
        ("inf", "inf"), ("nan", "nan"), ("'1'", "1"), ('"true"', "true"), ("'null'", "null"), ("|\n  1\n", "1\n"),
        (">-\n  a\n  b\n", "a b"), ("=", "="), ("١", "١"),
        ("!!str 010", "010"), ("!!int '7'", 7), ("!!float 7", 7.0), ("!!bool 'true'", True), ("!!null ''", None),
        ("!!seq [1]", [1]), ("!!map {a: 1}", {"a": 1}), ("!<tag:yaml.org,2002:str> 1", "1"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("engine")
def test_scalars_follow_the_core_schema(text: str, expected: object) -> None:
    found = value(f"- {text}")
    assert found == [expected]
    assert type(found[0]) is type(expected)


def test_directives() -> None:
    assert value("%TAG !k! tag:yaml.org,2002:\n--- !k!str 1") == "1"
    assert value("%YAML 1.2\n--- 1") == 1


@pytest.mark.parametrize("text", [".nan", ".NaN", ".NAN"])
def test_not_a_number_is_a_float(text: str) -> None:
    assert math.isnan(value(f"a: {text}")["a"])


@pytest.mark.parametrize(
    ("text", "written"),
    [("1.30", "1.30"), ("0x10", "0x10"), ("'1.30'", "1.30"), ('"a\\tb"', "a\tb"), ("TRUE", "TRUE"), ("", "")],
)
def test_text_is_the_scalar_as_written_or_the_quoted_value(text: str, written: str) -> None:
    node = parsed(parse_yaml, f"a: {text}").get("a")
    assert node is not None
    assert node.text == written


@pytest.mark.usefixtures("engine")
def test_keys_are_strings_by_their_text() -> None:
    assert value("1: a\ntrue: b\n~: c\n1.30: d\n'x y': e\n!!str z: f\n") == {
        "1": "a", "true": "b", "~": "c", "1.30": "d", "x y": "e", "z": "f",
    }  # fmt: skip


def test_json_is_yaml() -> None:
    assert value('{"a":1,"b":[{"c":null},"\\u00e9\\/"],\n\t"d":{}}') == {"a": 1, "b": [{"c": None}, "é/"], "d": {}}


# Spans


def spans(text: str) -> dict[str, str]:
    """What the span of each value covers, by path; of keys, under the path with a colon."""
    found: dict[str, str] = {}

    def visit(node: Node, path: str) -> None:
        found[path] = cut(text.removeprefix("\ufeff"), node.span)
        if isinstance(node.value, dict):
            for key, child in node.value.items():
                assert node.keys is not None
                found[f"{path}.{key}:"] = cut(text.removeprefix("\ufeff"), node.keys[key])
                visit(child, f"{path}.{key}")
        elif isinstance(node.value, list):
            for index, child in enumerate(node.value):
                visit(child, f"{path}.{index}")

    visit(parsed(parse_yaml, text), "")
    return found


def test_spans_of_scalars_have_the_quotes_and_neither_anchor_nor_tag() -> None:
    assert spans("a: &x !!str b c # no\n'b': \"q\\n\"  \nc:\td\ne: &y\n  !!int 1\nf: x\n  y\n") == {
        "": "a: &x !!str b c # no\n'b': \"q\\n\"  \nc:\td\ne: &y\n  !!int 1\nf: x\n  y",
        ".a:": "a", ".a": "b c", ".b:": "'b'", ".b": '"q\\n"', ".c:": "c", ".c": "d",
        ".e:": "e", ".e": "1", ".f:": "f", ".f": "x\n  y",
    }  # fmt: skip


@pytest.mark.usefixtures("engine")
def test_spans_of_block_scalars_end_with_the_last_content() -> None:
    found = spans("a: |\n  x\n   y\n\n\n# no\nb: >-  # no\n\nc: &k |+\n  z\n\n\nd: |\n  w")
    assert {path: text for path, text in found.items() if path in (".a", ".b", ".c", ".d")} == {
        ".a": "|\n  x\n   y", ".b": ">-", ".c": "|+\n  z", ".d": "|\n  w",
    }  # fmt: skip


@pytest.mark.usefixtures("engine")
def test_spans_of_collections() -> None:
    found = spans(
        "a: &m\n  &k b: 1\n\n\nc: !!map {}\nd: &l\n- 1\ne: &n\n  - 2\nf: !!seq\n-\n  - 3 # no\ng: &s [ 1,\n 2 ] #\n"
    )
    assert {path: text for path, text in found.items() if path in (".a", ".c", ".d", ".e", ".f", ".f.0", ".g")} == {
        ".a": "&k b: 1", ".c": "{}", ".d": "- 1", ".e": "- 2", ".f": "-\n  - 3", ".f.0": "- 3", ".g": "[ 1,\n 2 ]",
    }  # fmt: skip
    assert found[".a.b:"] == "b"


def test_spans_of_pairs_in_brackets() -> None:
    found = spans("[a: b, c: , {d: e}, ? f : g]")
    assert [found[f".{index}"] for index in range(4)] == ["a: b", "c:", "{d: e}", "? f : g"]


def test_a_value_that_is_not_there_stands_behind_its_key() -> None:
    node = parsed(parse_yaml, "? a\n\n# no\nb:\nc: [{d, e: }]\nf:\n  - \n  -\n")
    assert [node.at(("a",)).span, node.at(("b",)).span] == [(1, 4, 1, 4), (4, 3, 4, 3)]
    assert [node.at(("c", 0, "d")).span, node.at(("c", 0, "e")).span] == [(5, 7, 5, 7), (5, 11, 5, 11)]
    assert [node.at(("f", 0)).span, node.at(("f", 1)).span] == [(7, 4, 7, 4), (8, 4, 8, 4)]
    assert node.span == (1, 1, 8, 4)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_columns_count_characters(newline: str, mark: str) -> None:
    lines = ["k: '😀é' # 😀", "'😀': [ä, 😀😀, x]", "t:\t\ty", "b: |", "  x", "", "z:", "  - |", "   w", ""]
    text = mark + newline.join(lines)
    node = parsed(parse_yaml, text)
    assert node.at(("k",)).span == (1, 4, 1, 8)
    assert node.key_location("😀")[1:] == (2, 1, 2, 4)
    assert [node.at(("😀", index)).span for index in range(3)] == [(2, 7, 2, 8), (2, 10, 2, 12), (2, 14, 2, 15)]
    assert node.at(("t",)).span == (3, 5, 3, 6)
    assert node.at(("b",)).span == (4, 4, 5, 4)
    assert node.at(("z", 0)).span == (8, 5, 9, 5)
    assert node.at(("b",)).value == "x\n"


# Anchors and merge keys


@pytest.mark.usefixtures("engine")
def test_aliases_share_nodes() -> None:
    node = parsed(parse_yaml, "a: &x {b: 1}\nc: *x\nd: [*x]\n&k e: *k\n")
    assert node.plain() == {"a": {"b": 1}, "c": {"b": 1}, "d": [{"b": 1}], "e": "e"}
    assert node.get("c") is node.get("a")
    assert node.span == (1, 1, 4, 9)


def test_an_alias_can_be_a_key() -> None:
    assert value("a: &x k\n*x : 1\n") == {"a": "k", "k": 1}


def test_an_anchor_can_be_given_again() -> None:
    assert value("a: &x 1\nb: *x\nc: &x 2\nd: *x\n") == {"a": 1, "b": 1, "c": 2, "d": 2}


@pytest.mark.usefixtures("engine")
def test_merge_keys() -> None:
    node = parsed(
        parse_yaml,
        "b: &b {x: 1, y: 2}\nc: &c {y: 3, z: 4}\nd: {y: 0, <<: *b}\n"
        "e:\n  <<: [*c, *b, {w: 5}]\n  x: 6\nf: &f {<<: *b}\ng: {<<: *f}\n",
    )
    assert node.at(("d",)).plain() == {"x": 1, "y": 0}
    assert node.at(("e",)).plain() == {"x": 6, "y": 3, "z": 4, "w": 5}
    assert node.at(("g",)).plain() == {"x": 1, "y": 2}
    assert node.at(("e",)).key_location("z")[1:3] == (2, 14)
    assert node.at(("d", "x")).span == (1, 11, 1, 12)


def test_a_quoted_merge_key_is_a_key() -> None:
    assert value("a: {'<<': 1}\nb: {!!str <<: 2}") == {"a": {"<<": 1}, "b": {"<<": 2}}


# Problems


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: {c: 1, c: 2}\na: 3\n'a': 4\n", ["005 2:11", "005 3:1", "005 4:1"]),
        ("a: {<<: {b: 1}, <<: {c: 1}}", ["005 1:17"]),
        ("1: a\n'1': b", ["005 2:1"]),
        ("? [a]\n: 1\n? {b: c}\n: 2\nd: 1", ["006 1:3", "006 3:3"]),
        ("a: &x [1]\n*x : 1", ["006 2:1"]),
        ("a: !foo x\nb: &y !!set {c}\nd: ! 1\ne: !<x:y> []", ["006 1:4", "006 2:7", "006 3:4", "006 4:4"]),
        ("a: !!int x\nb: !!bool yes\nc: !!null 1", ["006 1:10", "006 2:11", "006 3:11"]),
        ("a: !!map 1\nb: !!str []", ["006 1:4", "006 2:4"]),
        ("!foo a: 1", ["006 1:1"]),
        ("a: *x\nb: &x 1\nc: [*y]", ["007 1:4", "007 3:5"]),
        ("a: &x [1, {b: *x}]", ["007 1:15"]),
        ("&x a: &y {<<: *y}", ["007 1:15"]),
        ("a: {<<: 1}\nb: {<<: [{}, 2]}\nc: {<<: *no}", ["007 3:9", "007 1:9", "007 2:14"]),
        ("*x : 1", ["007 1:1"]),
        ("a: &x 1\n---\nb: *x", ["007 3:4", "009 3:1"]),
        ("a: 1e999", ["006 1:4"]),
        ("a: -1e999", ["006 1:4"]),
        (f"a: {'9' * 5000}", ["006 1:4"]),
        (f"a: 0x{'F' * 5000}", ["006 1:4"]),
        (f"a: !!int {'9' * 5000}", ["006 1:10"]),
        (f"a: {'9' * 5000}.5", ["006 1:4"]),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("engine")
def test_problems_are_collected(text: str, expected: list[str]) -> None:
    found = [f"{code[-3:]} {position}" for code, position in problems_of(parse_yaml, text)]
    assert sorted(found) == sorted(expected)


@pytest.mark.usefixtures("engine")
def test_a_duplicate_key_names_the_first() -> None:
    problems: list[Diagnostic] = []
    node = parse_yaml(Source("f", "a: 1\nb: 2\na: 3\n"), problems)
    assert "duplicate key 'a'" in problems[0].message
    assert "line 1" in problems[0].message
    assert node.plain() == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("a: b: c", "1:5", "quote a value"),
        ("a: 'x\nb: 1\n", "1:4", "close"),
        ("a:\n\tb: 1", "2:1", "spaces"),
        ("a: @x", "1:4", "quote a value"),
        ("a: 1\n]\n", "2:1", "indent"),
        ("- a\nb: 1", "2:1", "'- '"),
        ("a: \x07", "1:4", "U+0007"),
        ("a: b\nc: d # \u2028e: f", "2:8", "U+2028"),
        ("a: \x85", "1:4", "U+0085"),
        ("a: 1\n\ufeffb: 2", "2:1", "U+FEFF"),
        ("a: \ud800", "1:4", "U+D800"),
        # What YAML 1.2 reads otherwise than libyaml
        ("{ ?foo: bar }", "1:3", "'?'"),
        ("[?x]", "1:2", "'?'"),
        ("{a: 1, ?'b': 2}", "1:8", "'?'"),
        ("&an:chor value", "1:4", "&an"),
        ("- &a x\n- *a: y", "2:5", "*a"),
        ('{"a": "\\ud83d"}', "1:10", "escape"),
        ("!x!y z", "1:1", "tag"),
    ],
)
def test_syntax_errors_say_where_and_what(text: str, position: str, words: str) -> None:
    assert problems_of(parse_yaml, text)[-1:] == [("KASC-DOC-004", position)]
    found = failure(parse_yaml, text)
    assert words in f"{found.message} {found.hint}"


def test_an_error_at_the_end_of_the_file_stands_behind_the_last_character() -> None:
    assert problems_of(parse_yaml, "a: [1,\n\n\n") == [("KASC-DOC-004", "1:7")]


def test_problems_before_a_syntax_error_are_kept() -> None:
    assert problems_of(parse_yaml, "a: 1\na: 2\nb: 'x") == [("KASC-DOC-005", "2:1"), ("KASC-DOC-004", "3:4")]


# Several documents


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "---\n---\n...\n", "\n \n"])
@pytest.mark.usefixtures("engine")
def test_no_document(text: str) -> None:
    assert problems_of(parse_yaml, text) == [("KASC-DOC-009", "1:1")]
    assert parse_yaml_all(Source("f", text), []) == []


@pytest.mark.usefixtures("engine")
def test_two_documents() -> None:
    assert problems_of(parse_yaml, "a: 1\n---\nb: 2\n") == [("KASC-DOC-009", "3:1")]
    assert [node.plain() for node in parse_yaml_all(Source("f", "a: 1\n---\n---\nb: 2\n--- null\n"), [])] == [
        {"a": 1},
        {"b": 2},
        None,
    ]


def test_an_empty_document_beside_the_only_one_does_not_count() -> None:
    assert value("---\na: 1\n---\n") == {"a": 1}


# Bounds


def laughs(levels: int, width: int) -> str:
    lines = ["a0: &a0 [" + ", ".join(["x"] * width) + "]"]
    lines += [f"a{level}: &a{level} [" + ", ".join([f"*a{level - 1}"] * width) + "]" for level in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    "text",
    [
        laughs(10, 9),
        laughs(100, 1),
        "[" * 10_000,
        "{" * 10_000,
        "{a: " * 10_000,
        "- " * 10_000,
        "? " * 10_000,
        "\n".join(" " * indent + "a:" for indent in range(200)),
        "a: &a '" + "x" * 1_000_000 + "'\nb: [" + "*a, " * 1000 + "]",
        "- 1\n" * 200_001,
        "- *a\n" * 200_001,
        "a: &a {b: " + "[" * 40 + "]" * 40 + "}\nc: " + "[" * 30 + "*a" + "]" * 30,
    ],
    ids=["laughs", "chain", "[", "{", "{:", "-", "?", "indent", "long text", "items", "aliases", "sum"],
)
def test_bounds(text: str, engine: str) -> None:
    if engine == "pure Python" and len(text) > 500_000:
        pytest.skip("the bound is the same and the parser slow")
    assert failure(parse_yaml, text).code == "KASC-DOC-002"


@pytest.mark.usefixtures("engine")
def test_what_is_within_the_bounds() -> None:
    assert value("[" * 64 + "]" * 64)
    assert value(laughs(4, 9))
    assert value("a: &a " + "[" * 30 + "]" * 30 + "\nb: " + "[" * 33 + "*a" + "]" * 33)


@pytest.mark.usefixtures("engine")
def test_the_pure_parser_leaks_no_exceptions() -> None:
    for text in ('"\\UFFFFFFFF"', '"\\ud800"', f"%YAML 1.{'9' * 5000}\n---\na"):
        with suppress(KascError):
            parse_yaml(Source("f", text), [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("foo: |\n  x\n   ", {"foo": "x\n \n"}),
        ("- |+\n   ", ["\n"]),
        ("- >\n  x\n  ", ["x\n"]),
        ("foo: |\n  x", {"foo": "x"}),
        ("a: b\n  ", {"a": "b"}),
    ],
)
def test_a_blank_last_line_belongs_to_the_block(text: str, expected: object) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    "text",
    ["[? x]", "{? a : b}", "?a: b", "- &a x\n- [*a,*a]", "- &a [x]\n- {k: *a}", "- !!str &a x\n- *a"],
)
@pytest.mark.usefixtures("engine")
def test_indicators_that_nobody_disputes(text: str) -> None:
    value(text)


def test_documents_in_json() -> None:
    text = '{\n\t"a": "\\ud83d\\ude00 \\/",\n\t"b": [1, 1.5e3, true, null]\n}\n'
    node = parsed(parse_yaml, text)
    assert node.plain() == {"a": "😀 /", "b": [1, 1500.0, True, None]}
    assert not node.source.json  # its content is written as YAML
    assert cut(text, node.at(("a",)).span) == '"\\ud83d\\ude00 \\/"'
    assert problems_of(parse_yaml, '{"a": 1, "a": 2}') == [("KASC-DOC-005", "1:10")]
    # What begins with a brace and is not JSON is YAML.
    assert value('{"a": 1, b: 0x10,}') == {"a": 1, "b": 16}


def test_keys_without_values_on_one_line_take_linear_time() -> None:
    def seconds(number: int) -> float:
        text = "{b: 1, " + ", ".join(f"key{index}{'x' * 90}" for index in range(number)) + "}\n"
        start = time.process_time()
        parse_yaml(Source("f", text), [])
        return time.process_time() - start

    small, large = (min(seconds(number) for _ in range(3)) for number in (5_000, 20_000))
    assert large < 10 * small
