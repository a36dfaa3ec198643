"""Documents as YAML and TOML are read back as they were written, whatever they contain."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.artifacts.imported.writer import Entry, NotInTomlError, Section, as_toml, as_yaml, comment_line
from compiler.inputs.source import parse_document
from compiler.inputs.source.node import Source

WORDS = st.text(
    st.one_of(st.sampled_from("ab:-#'\"\\ \t\n\r{}[],&*!|>%@`=\u0000\u001f\u007f\u0085\u2028\ufeff"), st.characters()),
    max_size=8,
).filter(lambda text: text.encode("utf-8", "ignore").decode() == text)
SCALARS = st.one_of(
    WORDS,
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["true", "null", "~", "1", "0x1f", "1_000", "1:30", "on", "2001-01-01", "1e3", ".5", "=", "<<"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=3)),
    max_leaves=12,
)
SECTIONS = st.dictionaries(
    st.sampled_from(["etcd", "misc", "extraFlags"]), st.dictionaries(WORDS, VALUES, max_size=4), max_size=3
)


def written(data: dict[str, dict[str, Any]], comment: str) -> list[Entry | Section]:
    return [Section(name, [Entry(key, item, comment) for key, item in items.items()]) for name, items in data.items()]


@given(data=SECTIONS, comment=WORDS)
def test_toml(data: dict[str, dict[str, Any]], comment: str) -> None:
    text = as_toml([comment_line(comment)], [Entry("top", "a"), *written(data, comment)])
    assert parse_document(Source("a.toml", text), []).plain() == {"top": "a", **data}


@given(data=SECTIONS, comment=WORDS)
def test_yaml(data: dict[str, dict[str, Any]], comment: str) -> None:
    filled = {name: items for name, items in data.items() if items}
    text = as_yaml([comment_line(comment)], [Entry("top", "a"), *written(filled, comment)])
    assert parse_document(Source("a.yaml", text), []).plain() == {"top": "a", **filled}


def test_toml_leaves_out_null_fields() -> None:
    text = as_toml([], [Section("a", [Entry("b", None), Entry("c", {"d": None, "e": 1})])])
    assert parse_document(Source("a.toml", text), []).plain() == {"a": {"c": {"e": 1}}}


def test_toml_has_no_null_in_lists() -> None:
    with pytest.raises(NotInTomlError, match=r"^a\.b\.c$"):
        as_toml([], [Section("a", [Entry("b", {"c": [None]})])])


ENTRIES = [Entry("a", 1, "set by x"), Entry("b", [{"c": [1]}], "set by x"), Entry("d", {}, "from y")]


def test_a_comment_is_written_once_for_each_origin() -> None:
    assert as_yaml(["# head"], [Entry("k", "v"), Section("s", ENTRIES)]) == (
        "# head\nk: v\n\ns:\n  # set by x\n  a: 1\n  b:\n  - c:\n    - 1\n  # from y\n  d: {}\n"
    )
    assert as_toml(["# head"], [Entry("k", "v"), Section("s", ENTRIES)]) == (
        '# head\nk = "v"\n\n[s]\n# set by x\na = 1\n# from y\nd = {}\n\n# set by x\n[[s.b]]\nc = [1]\n'
    )


def test_a_comment_is_one_line_without_secrets() -> None:
    assert comment_line("from a\nb: c") == "# from a\\u000ab: c"
    assert "hunter2" not in comment_line("set password=hunter2")
