"""What the emitter writes is what parsers of YAML 1.1 and 1.2 read: PyYAML, libyaml and ruamel.yaml."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.artifacts.parts import HOLE, Part, Parts, exactly, plain
from compiler.artifacts.yamlio import Written, dump, scalar

YAML = pytest.importorskip("ruamel.yaml").YAML

TRICKY = [
    "", " ", "a ", " a", "\ta", "a\t", "\n", "a\nb", "\r", "a\r\nb", "\x00", "\x07", "\x1b[31m", "\x7f", "\x85", "\xa0",
    "\u2028", "\u2029", "\ufeff", "\ufffe", "\uffff", "\U0001f600", "é", "null", "Null", "NULL", "~", "true", "True",
    "TRUE", "yes", "Yes", "no", "on", "On", "off", "y", "Y", "n", "N", ".nan", ".NaN", ".inf", "-.Inf", "NaN", "0",
    "-0", "+1", "1", "01", "010", "0o17", "0x1F", "0b1", "1_000", "1.", ".5", "1.5", "1e3", "1E3", "1e+3", "1.0e+3",
    "12e03", "190:20:30", "1:30", "2001-01-01", "2001-01-01T00:00:00Z", "2001-12-14 21:59:43.10 -5", "=", "<<", "-",
    "--", "---", "--- a", "...", "--a", "--a=b", "- a", "-a", "?", "? a", "?a", ":", ": a", "a:", "a: b", "a:b", "a :b",
    "#", "#a", "a #b", "a#b", "&a", "*a", "!a", "!!str a", "%a", "@a", "`a", "|", "|-", ">", ">a", "'", "'a'", '"',
    '"a"', "a'b", 'a"b', "\\", "a\\n", "{", "}", "{}", "[", "]", "[]", "{a: b}", "a, b", ",", "a,", "10.0.0.1",
    "10.0.0.0/24", "::1", "fd00::/112", "1h", "1m30s", "15s", "6:43", "v1", "1.36", "k8s:enc:aescbc:v1:key1:",
    "unix:///run/kms.sock", "https://[::1]:6443", "/livez?exclude=etcd", "e1", "_", "a" * 5000,
]  # fmt: skip

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(TRICKY)
SCALARS = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | TEXTS
DATA = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def read_by_all(text: str) -> list[Any]:
    """What each parser makes of a document."""
    found = [yaml.safe_load(text)]
    if hasattr(yaml, "CSafeLoader"):
        found.append(yaml.load(text, Loader=yaml.CSafeLoader))
    for version in ((1, 1), (1, 2)):
        reader = YAML(typ="safe", pure=True)
        reader.version = version
        found.append(reader.load(text))
    return found


def same(one: Any, other: Any) -> bool:
    """Equality that tells 1 from True and from 1.0."""
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other


@given(DATA)
@settings(max_examples=150, deadline=None)
def test_data_comes_back(data: Any) -> None:
    text = dump(data)
    for found in read_by_all(text):
        assert same(found, data), text


@pytest.mark.parametrize("text", TRICKY, ids=lambda text: ascii(text)[:20])
def test_tricky_texts_come_back_in_every_position(text: str) -> None:
    data = {text: text, "list": [text, [text], {text: [text]}], "map": {"a": {text: {text: text}}}}
    for found in read_by_all(dump(data)):
        assert same(found, data)


@pytest.mark.parametrize("key", ["k" * 1100, "k: " * 500, "\n" * 600])
@pytest.mark.parametrize("value", [1, [1, [2]], {"a": [1], "b": {}}, [], {}, "x"])
def test_long_keys(key: str, value: Any) -> None:
    for data in ({key: value, "z": 1}, [{key: value}], {"a": {key: value}}):
        for found in read_by_all(dump(data)):
            assert same(found, data)


@pytest.mark.parametrize("value", [math.inf, -math.inf, 1e300, 5e-324, 1e16, -1e-7, 0.1, -0.0])
def test_floats(value: float) -> None:
    for found in read_by_all(dump({"a": value})):
        assert found == {"a": value}
        assert isinstance(found["a"], float)


def test_no_number() -> None:
    for found in read_by_all(dump([math.nan])):
        assert math.isnan(found[0])


@given(DATA)
@settings(max_examples=50, deadline=None)
def test_text_is_printable_and_ends_with_one_line_break(data: Any) -> None:
    text = dump(data)
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert all(line.isprintable() or not line.isascii() for line in text.split("\n"))
    assert "\t" not in text


@pytest.mark.parametrize(
    "word",
    [
        "NodeRestriction",
        "/etc/kubernetes/pki/ca.crt",
        "--etcd-servers=https://10.0.0.11:2379,https://10.0.0.12:2379",
        "10.96.0.0/16",
        "1m30s",
        "https://10.0.0.11:2379",
        "poststarthook/rbac/bootstrap-roles",
    ],
)
def test_common_words_stay_without_quotes(word: str) -> None:
    assert scalar(word) == word


def test_layout() -> None:
    data = {"a": {"b": [1, {"c": 2, "d": [3]}, [4, 5], []]}, "e": {}, "f": "x: y"}
    assert dump(data) == ('a:\n  b:\n  - 1\n  - c: 2\n    d:\n    - 3\n  - - 4\n    - 5\n  - []\ne: {}\nf: "x: y"\n')


SHARED = Written()
BLOCKS = DATA.filter(lambda data: isinstance(data, dict | list) and data)
ALIKE = st.sampled_from([1, True, 1.0, 0, False, -0.0, 0.0, "1", "true", [1], {"b": 1, "a": 2}, {"a": 2, "b": 1}])


def in_parts(data: Any) -> Any:
    """The same with every value of a map that can be one as a part."""
    if isinstance(data, dict):
        return {
            key: Parts.of(exactly(item), partial(in_parts, item)) if isinstance(item, dict | list) and item else item
            for key, item in data.items()
        }
    return data


@given(BLOCKS)
def test_parts_are_what_they_are_made_of(data: Any) -> None:
    for written in (None, SHARED, SHARED, SHARED):
        assert dump(in_parts(data), written) == dump(data)
    assert same(plain(in_parts(data)), data)


@given(st.lists(st.lists(DATA, min_size=1), min_size=1, max_size=4))
def test_parts_of_one_value_follow_one_another(lists: list[list[Any]]) -> None:
    maps = [{f"{number} {index}": item for index, item in enumerate(block)} for number, block in enumerate(lists)]
    whole_list = [item for block in lists for item in block]
    whole_map = {key: item for block in maps for key, item in block.items()}
    data = {
        "list": Parts(Part(exactly(block), partial(list, block)) for block in lists),
        "map": Parts(Part(exactly(block), partial(dict, block)) for block in maps),
    }
    for written in (None, SHARED, SHARED, SHARED):
        assert dump(data, written) == dump({"list": whole_list, "map": whole_map})
    assert same(plain(data), {"list": whole_list, "map": whole_map})


FILLINGS = TEXTS | st.lists(TEXTS, max_size=3).map(tuple)


@given(st.lists(FILLINGS, min_size=1, max_size=4))
def test_holes_are_filled_as_if_they_had_been_there(holes: list[str | tuple[str, ...]]) -> None:
    def block(values: list[Any]) -> dict[str, Any]:
        return {"a": 1, "b": [{"x": index, "y": value, "z": {"w": value}} for index, value in enumerate(values)]}

    expected = {"top": block([list(hole) if isinstance(hole, tuple) else hole for hole in holes])}
    data = {"top": Parts.of(("block", len(holes)), lambda: block([HOLE] * len(holes)), tuple(two(holes)))}
    for written in (None, SHARED, SHARED, SHARED):
        assert dump(data, written) == dump(expected)
    assert same(plain(data), expected)


def two(items: list[Any]) -> list[Any]:
    return [item for item in items for _ in range(2)]


@given(st.lists(st.lists(ALIKE, min_size=1), min_size=2))
def test_what_is_only_equal_is_another_part(several: list[Any]) -> None:
    """In Python, 1 is True, and the order of a map's keys does not count."""
    written = Written()
    for _ in range(3):
        assert [dump(in_parts({"x": data}), written) for data in several] == [dump({"x": data}) for data in several]


def test_what_cannot_be_packed_is_a_key_all_the_same() -> None:
    word = type("Word", (str,), {})("a")
    assert exactly([word]) == exactly([word]) != exactly([word, word])


def test_texts_do_not_pile_up() -> None:
    """Neither those of one document alone nor those of many."""
    written = Written()
    for number in range(100):
        dump(in_parts({"x": [f"{number}" * 30_000]}), written)
        assert not written.texts
    for number in range(300):
        for _ in range(2):
            dump(in_parts({"x": [f"{number}" * 30_000]}), written)
        assert sum(map(len, written.texts.values())) <= 5 * 1024 * 1024
    assert written.texts
