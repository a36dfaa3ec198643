from __future__ import annotations

import math
from typing import Any

import pytest
import tomli

from compiler.diagnostics import Diagnostic
from compiler.inputs.source.node import Node, Source
from compiler.inputs.source.toml import parse_toml

from .helpers import check_places, cut, failure, parsed, problems_of

DOCUMENT = """\
# first
title = "a \\"b\\"" # no
a.b.c = 1
a . "d e" = 'x'

[t]  # no
m = \"\"\"
one
\\"two\\" \"\"\"\"\"
l = '''it's '''
n = [ 1, # no ]
  [ 2.5, true ], { k = 0x1f, "]" = '}' },
]

[[s.t]]
x = {}
[[s.t]]
[s.t.u]
y = 1_000
[s.t.u."v w"]
z = {p.q = 1, p.r = 2}
"""


def covered(text: str) -> dict[str, str]:
    """What the span of each value covers, by path; of keys, under the path with a colon."""
    found: dict[str, str] = {}

    def visit(node: Node, path: str) -> None:
        found[path] = cut(text, node.span)
        if isinstance(node.value, dict):
            for key, child in node.value.items():
                assert node.keys is not None
                found[f"{path}/{key}:"] = cut(text, node.keys[key])
                visit(child, f"{path}/{key}")
        elif isinstance(node.value, list):
            for index, child in enumerate(node.value):
                visit(child, f"{path}/{index}")

    visit(parsed(parse_toml, text), "")
    return found


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_spans(newline: str) -> None:
    text = DOCUMENT.replace("\n", newline)
    found = {path: part.replace(newline, "\n") for path, part in covered(text).items()}
    assert found.pop("") == DOCUMENT[len("# first\n") :].rstrip()
    assert found == {
        "/title:": "title", "/title": '"a \\"b\\""',
        "/a:": "a", "/a": "a.b.c = 1\na . \"d e\" = 'x'",
        "/a/b:": "b", "/a/b": "b.c = 1", "/a/b/c:": "c", "/a/b/c": "1",
        "/a/d e:": '"d e"', "/a/d e": "'x'",
        "/t:": "t", "/t": DOCUMENT[DOCUMENT.index("[t]") : DOCUMENT.index("\n\n[[s.t]]")],
        "/t/m:": "m", "/t/m": '"""\none\n\\"two\\" """""',
        "/t/l:": "l", "/t/l": "'''it's '''",
        "/t/n:": "n", "/t/n": "[ 1, # no ]\n  [ 2.5, true ], { k = 0x1f, \"]\" = '}' },\n]",
        "/t/n/0": "1", "/t/n/1": "[ 2.5, true ]", "/t/n/1/0": "2.5", "/t/n/1/1": "true",
        "/t/n/2": "{ k = 0x1f, \"]\" = '}' }", "/t/n/2/k:": "k", "/t/n/2/k": "0x1f",
        "/t/n/2/]:": '"]"', "/t/n/2/]": "'}'",
        "/s:": "s", "/s": "s", "/s/t:": "t", "/s/t": "[[s.t]]\nx = {}\n[[s.t]]",
        "/s/t/0": "[[s.t]]\nx = {}", "/s/t/0/x:": "x", "/s/t/0/x": "{}",
        "/s/t/1": "[[s.t]]", "/s/t/1/u:": "u", "/s/t/1/u": "[s.t.u]\ny = 1_000",
        "/s/t/1/u/y:": "y", "/s/t/1/u/y": "1_000",
        "/s/t/1/u/v w:": '"v w"', "/s/t/1/u/v w": '[s.t.u."v w"]\nz = {p.q = 1, p.r = 2}',
        "/s/t/1/u/v w/z:": "z", "/s/t/1/u/v w/z": "{p.q = 1, p.r = 2}",
        "/s/t/1/u/v w/z/p:": "p", "/s/t/1/u/v w/z/p": "p.q = 1, p.r = 2",
        "/s/t/1/u/v w/z/p/q:": "q", "/s/t/1/u/v w/z/p/q": "1",
        "/s/t/1/u/v w/z/p/r:": "r", "/s/t/1/u/v w/z/p/r": "2",
    }  # fmt: skip


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_values_are_those_of_tomli(newline: str) -> None:
    text = DOCUMENT.replace("\n", newline)
    assert parsed(parse_toml, text).plain() == tomli.loads(text)


def test_text_is_the_literal_as_written_or_the_value_of_a_string() -> None:
    node = parsed(parse_toml, "a = 1.30\nb = 0x10\nc = \"x\\ty\"\nd = 'z'\ne = +inf\nf = true")
    assert [child.text for child in node.value.values()] == ["1.30", "0x10", "x\ty", "z", "+inf", "true"]  # type: ignore[union-attr]


def test_special_floats() -> None:
    value: Any = parsed(parse_toml, "a = inf\nb = -inf\nc = nan").plain()
    assert value["a"] == math.inf
    assert value["b"] == -math.inf
    assert math.isnan(value["c"])


def test_columns_count_characters() -> None:
    node = parsed(parse_toml, "\ufeff\"😀\" = ['😀', \"é\" , 1]\r\n\r\n\tb\t=\t'''\r\n😀'''\r\nc = 1")
    assert node.key_location("😀")[1:] == (1, 1, 1, 4)
    assert [node.at(("😀", index)).span for index in range(3)] == [(1, 8, 1, 11), (1, 13, 1, 16), (1, 19, 1, 20)]
    assert node.key_location("b")[1:] == (3, 2, 3, 3)
    assert node.at(("b",)).span == (3, 6, 4, 5)
    assert node.at(("c",)).span == (5, 5, 5, 6)


@pytest.mark.parametrize("text", ["", "# no\n", "\n\n"])
def test_nothing(text: str) -> None:
    node = parsed(parse_toml, text)
    assert node.plain() == {}
    check_places(node, text)


def test_a_table_whose_header_comes_after_that_of_a_table_inside_it() -> None:
    found = covered("[a.b]\nx = 1\n[a]\ny = 2\n")
    assert (found["/a:"], found["/a"], found["/a/b"]) == ("a", "[a]\ny = 2", "[a.b]\nx = 1")


def test_keys_with_escapes() -> None:
    node = parsed(parse_toml, '"a\\u0062" = 1\n["c\\"d"]\n')
    assert node.plain() == {"ab": 1, 'c"d': {}}
    assert node.key_location("ab")[1:] == (1, 1, 1, 10)


@pytest.mark.parametrize(
    ("text", "position", "shown"),
    [
        ("a = 1979-05-27 07:32:00", "1:5", '"1979-05-27 07:32:00"'),
        ("a = 1979-05-27T07:32:00.5Z", "1:5", '"1979-05-27T07:32:00.5Z"'),
        ("a = [1979-05-27]", "1:6", '"1979-05-27"'),
        ("a = {b = 07:32:00}", "1:10", '"07:32:00"'),
        ("a = 1979-05-27 # no", "1:5", '"1979-05-27"'),
    ],
)
def test_dates_and_times_are_to_be_quoted(text: str, position: str, shown: str) -> None:
    problems: list[Diagnostic] = []
    node = parse_toml(Source("f", text), problems)
    assert problems_of(parse_toml, text) == [("KASC-DOC-006", position)]
    assert shown in problems[0].hint
    check_places(node, text)


@pytest.mark.parametrize(
    ("text", "code", "position"),
    [
        ("a = b", "004", "1:5"),
        ("a = 1 b = 2", "004", "1:7"),
        ("a = 'x", "004", "1:7"),
        ("a\n", "004", "1:2"),
        ('x = 1\r\n\r\ny = "\r\n', "004", "3:6"),
        ("a = [1,\n\n", "004", "1:8"),
        ("a\rb = 1", "004", "1:2"),
        ("a = 1\r", "004", "1:6"),
        ('a = "\x00"', "004", "1:6"),
        ("# \x7f", "004", "1:3"),
        ("a = '\ud800'", "004", "1:6"),
        ("😀 = 1", "004", "1:1"),
        ("a = 1\nb = 2\na = 3", "005", "3:1"),
        ("a = 1\na = '''\n\n'''\nb = ?", "005", "2:1"),
        ("[a]\nb = 1\n[a]\nc = 2", "005", "3:2"),
        ("a = {b = 1, b = 2}", "005", "1:13"),
        ("a = 1\n[a.b]\n", "005", "2:2"),
        ("a = {}\na.b = 1", "005", "2:1"),
        ("a.b = 1\n[a]\nb = 1", "005", "2:1"),
        ("a = [1]\n[[a]]\n", "005", "2:1"),
        ("[[a]]\n[a]\n", "005", "2:2"),
        (f"a = {'9' * 5000}", "006", "1:5"),
        (f"a = {'9' * 700}", "006", "1:5"),
        (f"a = 0x{'f' * 5000}", "006", "1:5"),
        ("a = 1e999", "006", "1:5"),
        (f"a = [1, -{'9' * 5000}.0]", "006", "1:9"),
    ],
)
def test_problems(text: str, code: str, position: str) -> None:
    assert problems_of(parse_toml, text) == [(f"KASC-DOC-{code}", position)]


def test_a_duplicate_key_names_the_first() -> None:
    found = failure(parse_toml, "a = 1\nb = 2\na = 3")
    assert "duplicate key 'a'" in found.message
    assert "line 1" in found.message


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 10_000,
        "a = " + "[" * 10_000 + "]" * 10_000,
        "a = " + "{a = " * 10_000,
        "[" + "a." * 10_000 + "a]",
        "a." * 10_000 + "a = 1",
        '"a" . ' * 10_000 + "a = 1",
        "[" + "a." * 40 + "a]\n" + "a." * 40 + "a = 1",
        "a." * 40 + "a = " + "[" * 40 + "]" * 40,
        "[[" + "a]]\n[[".join("a." * length for length in range(40)) + "a]]",
        "a = [" + "1, " * 200_001 + "]",
    ],
    ids=["open", "closed", "inline", "header", "dotted", "quoted", "header, key", "key, value", "arrays", "items"],
)
def test_bounds(text: str) -> None:
    assert failure(parse_toml, text).code == "KASC-DOC-002"


def test_what_is_within_the_bounds() -> None:
    assert parsed(parse_toml, "a = " + "[" * 63 + "]" * 63)
    assert parsed(parse_toml, "a." * 63 + "a = 1")
    strings = "a = '" + "[" * 100 + '\'\nb = """' + '[" ' * 100 + '"""\nc = \'' + "a." * 100 + "'\n"
    assert parsed(parse_toml, strings).plain() == tomli.loads(strings)


def test_a_recursion_error_of_tomli_is_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    def loads(_: str) -> None:
        raise RecursionError

    monkeypatch.setattr(tomli, "loads", loads)
    assert failure(parse_toml, "a = 1").code == "KASC-DOC-002"


def test_errors_of_older_tomli_have_their_place_in_the_message_only(monkeypatch: pytest.MonkeyPatch) -> None:
    class OldError(ValueError):
        pass

    def loads(_: str) -> None:
        raise OldError("Invalid value (at line 2, column 3)")

    monkeypatch.setattr(tomli, "loads", loads)
    monkeypatch.setattr(tomli, "TOMLDecodeError", OldError)
    assert problems_of(parse_toml, "a = 1\nb = 2") == [("KASC-DOC-004", "2:3")]
