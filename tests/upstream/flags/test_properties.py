"""Properties of all flag types."""

from __future__ import annotations

import itertools
import math
import string
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from compiler.text import trimmed
from compiler.upstream.flag_values import TYPES, PortRange, SNIPair
from compiler.upstream.go.encoding import read_fields, read_record, write_record
from compiler.upstream.go.strconv import InvalidValueError, format_duration, parse_duration

# Strings close to valid syntax: letters, operators and white space.
NEAR = st.text(alphabet="01789_+-.,:;=#\"' \t\r\n\x1c\u00a0\u0663xXoObBeEpPiInNaAfFkKmMuµshd/[]%tTrRuUvV", max_size=24)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
ANY = NEAR | TEXT

INT64 = st.integers(-(2**63), 2**63 - 1)
PART = TEXT.map(lambda text: trimmed(text.replace(",", "").replace(":", "")))
ENTRY = TEXT.map(lambda text: trimmed(text.replace(",", "")))
KEY = ENTRY.map(lambda text: trimmed(text.replace("=", "")))
# CSV reads CRLF as LF.
FIELD = TEXT.map(lambda text: text.replace("\r\n", "\n"))
VALUES: dict[str, st.SearchStrategy[object]] = {
    "bool": st.booleans(),
    "int": INT64,
    "int64": INT64,
    "uint": st.integers(0, 2**64 - 1),
    "float64": st.floats(allow_nan=False),
    "float32": st.floats(width=32, allow_nan=False),
    "duration": INT64,
    "ip": st.none() | st.ip_addresses().map(lambda ip: str(getattr(ip, "ipv4_mapped", None) or ip)),
    "ipNonEmpty": st.ip_addresses(v=4).map(str),
    "string": TEXT,
    "stringSlice": st.lists(FIELD).map(tuple),
    "stringArray": st.lists(TEXT).map(tuple),
    "int32Slice": st.lists(st.integers(-(2**31), 2**31 - 1)).map(tuple),
    "stringToString": st.dictionaries(FIELD.map(lambda text: text.replace("=", "")), FIELD),
    "noSplitMap": st.dictionaries(TEXT.map(lambda text: trimmed(text.replace("=", ""))), TEXT.map(trimmed)),
    "configurationMap": st.dictionaries(KEY, ENTRY),
    "colonSeparatedMultimapStringString": st.lists(st.tuples(PART, ENTRY)).map(tuple),
    "namedCertKey": st.lists(
        st.builds(SNIPair, PART, PART, st.lists(ENTRY).filter(lambda names: names != [""]).map(tuple))
    ).map(tuple),
    "portRange": st.just(PortRange(0, 0))
    | st.tuples(st.integers(0, 65535), st.integers(0, 65535)).map(
        lambda ports: PortRange(min(ports), max(ports) - min(ports) + 1)
    ),
    "Level": st.integers(0, 2**31 - 1),
    "pattern=N,...": st.lists(
        st.tuples(KEY.filter(bool), st.integers(0, 2**31 - 1)),
    ).map(tuple),
    "moduleSpec": st.just(()),
    "quantity": st.integers(-(2**62), 2**62),
    "version": st.sampled_from(("true", "false", "raw", "v1.36.0")),
}


def read(kind: str, text: str) -> tuple[Any, InvalidValueError | None]:
    """Return the value, or the error; any other exception is a bug."""
    try:
        return TYPES[kind].parse([text]), None
    except InvalidValueError as refusal:
        return None, refusal


def test_every_type_is_covered() -> None:
    assert VALUES.keys() == TYPES.keys()


@pytest.mark.parametrize("kind", TYPES)
@settings(max_examples=60)
@given(text=ANY)
@example(text="1" * 5000)
@example(text="0x" + "f" * 5000)
@example(text="1e" + "9" * 5000)
def test_any_string_is_parsed_or_rejected_by_a_rule(kind: str, text: str) -> None:
    value, refusal = read(kind, text)
    if refusal is not None:
        assert refusal.rule.family == "PARSE"
        assert refusal.message
        assert refusal.hint
        return
    spans = TYPES[kind].elements(text)
    assert all(0 <= start <= end <= len(text) for start, end in spans)
    assert spans == sorted(spans)
    if isinstance(value, tuple) and kind != "portRange":
        assert len(value) == len(spans)
    if value != value:
        return
    assert TYPES[kind].parse(TYPES[kind].format(value)) == value


@pytest.mark.parametrize("kind", TYPES)
@settings(max_examples=60)
@given(data=st.data())
def test_values_round_trip(kind: str, data: st.DataObject) -> None:
    value = data.draw(VALUES[kind])
    assert TYPES[kind].parse(TYPES[kind].format(value)) == value


def test_nan_round_trips() -> None:
    assert math.isnan(TYPES["float64"].parse(TYPES["float64"].format(math.nan)))


@given(st.lists(FIELD, min_size=1))
def test_csv_fields_round_trip(fields: list[str]) -> None:
    assert read_record(write_record(fields)) == fields


@given(st.text(alphabet='ab,"\r\n ', max_size=12))
def test_csv_field_ranges(text: str) -> None:
    try:
        fields = read_fields(text)
    except InvalidValueError:
        with pytest.raises(InvalidValueError):
            read_record(text)
        return
    assert read_record(text) == [field.text for field in fields]
    for field in fields:
        written = text[field.start : field.end]
        assert field.text == (
            written[1:-1].replace('""', '"').replace("\r\n", "\n") if written.startswith('"') else written
        )
    assert all(text[before.end : after.start] == "," for before, after in itertools.pairwise(fields))


@given(INT64)
@example(0)
@example(-(2**63))
@example(999)
@example(1_000_000_001)
def test_durations_round_trip(nanoseconds: int) -> None:
    assert parse_duration(format_duration(nanoseconds)) == nanoseconds


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "0s"),
        (1, "1ns"),
        (1100, "1.1\u00b5s"),
        (2_200_000, "2.2ms"),
        (3_300_000_000, "3.3s"),
        (245_000_000_000, "4m5s"),
        (3_600_000_000_000, "1h0m0s"),
        (-90_000_000_000, "-1m30s"),
        (2**63 - 1, "2562047h47m16.854775807s"),
        (-(2**63), "-2562047h47m16.854775808s"),
    ],
)
def test_durations_are_formatted_as_go_does(nanoseconds: int, text: str) -> None:
    assert format_duration(nanoseconds) == text


@given(st.text(alphabet=string.whitespace + "\x1c\x1f\x85\u200b\u2028a", max_size=8))
def test_trimming_removes_only_what_go_considers_white_space(text: str) -> None:
    retained = trimmed(text)
    assert retained in text
    assert trimmed(retained) == retained
    assert retained.strip("\t\n\v\f\r \x85\u2028") == retained
    assert [letter for letter in text if letter in "a\x1c\x1f\u200b"] == [
        letter for letter in retained if letter in "a\x1c\x1f\u200b"
    ]
