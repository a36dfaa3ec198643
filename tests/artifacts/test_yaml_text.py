"""What the emitter writes is what parsers of YAML 1.1 and 1.2 read: PyYAML, libyaml and ruamel.yaml."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.artifacts.yamlio import Entries, dump, part, part_text, plain, scalar
from compiler.fleet.memo import PartTexts

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


TEXTS_OF_PARTS = PartTexts()
BLOCKS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
).filter(lambda data: isinstance(data, dict | list))


def in_parts(data: dict[str, Any]) -> dict[str, Any]:
    """The same with every value of the map that is a map or a list as a part."""
    return {
        key: part(json.loads, json.dumps(item)) if isinstance(item, dict | list) else item for key, item in data.items()
    }


@given(st.dictionaries(st.text(), BLOCKS, min_size=1))
def test_parts_are_written_as_their_values(data: dict[str, Any]) -> None:
    for text_of in (part_text, TEXTS_OF_PARTS, TEXTS_OF_PARTS, TEXTS_OF_PARTS):
        assert dump(in_parts(data), text_of) == dump(data)
    assert plain(in_parts(data)) == data


@given(st.lists(st.dictionaries(st.text(), BLOCKS), min_size=1, max_size=4))
def test_entries_of_several_parts_follow_one_another(maps: list[dict[str, Any]]) -> None:
    maps = [{f"{number} {key}": item for key, item in block.items()} for number, block in enumerate(maps)]
    whole = {"map": {key: item for block in maps for key, item in block.items()}}
    data = {"map": Entries(part(json.loads, json.dumps(block)) for block in maps)}
    for text_of in (part_text, TEXTS_OF_PARTS, TEXTS_OF_PARTS, TEXTS_OF_PARTS):
        assert dump(data, text_of) == dump(whole)
    assert plain(data) == whole


def test_texts_do_not_pile_up() -> None:
    """Neither those of one document only nor those of many."""
    texts = PartTexts()
    for number in range(100):
        dump({"x": part(list, (f"{number}" * 30_000,))}, texts)
        assert not texts._texts
    for number in range(300):
        for _ in range(2):
            dump({"x": part(list, (f"{number}" * 30_000,))}, texts)
        assert sum(map(len, texts._texts.values())) <= 5 * 1024 * 1024
    assert texts._texts
