"""The suggestion for an invalid value is a valid value of the type with the same meaning."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from compiler.upstream import conversions
from compiler.upstream.conversions import DAYS, MEGABYTES, SECONDS
from compiler.upstream.flag_values import parse_ip, parse_port_range
from compiler.upstream.go.strconv import parse_duration, parse_int

HOUR = 3600 * 10**9


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("60", 60 * 10**9),
        ("1.5", 1_500_000_000),
        ("1 day", 24 * HOUR),
        ("2w", 14 * 24 * HOUR),
        ("1h 30min", 3 * HOUR // 2),
        ("90 seconds", 90 * 10**9),
        ("5M", 300 * 10**9),
        ("PT1H5M", HOUR + 300 * 10**9),
        ("P1D", 24 * HOUR),
        ("00:01:30", 90 * 10**9),
        ("'10s'", 10 * 10**9),
    ],
)
def test_durations(text: str, nanoseconds: int) -> None:
    assert parse_duration(conversions.as_duration(text)) == nanoseconds


@pytest.mark.parametrize("text", ["", "soon", "1.5 days", "10 potatoes", "1h of", "-", "9" * 50])
def test_invalid_durations(text: str) -> None:
    assert conversions.as_duration(text) == ""


@given(some.text(max_size=30))
def test_every_suggestion_is_valid(text: str) -> None:
    if meant := conversions.as_duration(text):
        parse_duration(meant)
    for unit in ("", SECONDS, DAYS, MEGABYTES):
        if meant := conversions.as_integer(text, unit):
            assert parse_int(meant.lstrip("0") or "0") >= 0
    if meant := conversions.as_port_range(text):
        assert parse_port_range(meant).size > 0
    if meant := conversions.as_address(text):
        assert parse_ip(meant)


@pytest.mark.parametrize(
    ("text", "unit", "number"),
    [
        ("1,000", "", "1000"),
        ("1k", "", "1000"),
        ("2Ki", "", "2048"),
        (":6443", "", "6443"),
        ("6443/tcp", "", "6443"),
        ("300.0", "", "300"),
        ("30d", DAYS, "30"),
        ("2 weeks", DAYS, "14"),
        ("30m", SECONDS, "1800"),
        ("100MB", MEGABYTES, "100"),
        ("2Gi", MEGABYTES, "2048"),
        ("36h", DAYS, ""),
        ("1.5", "", ""),
        ("many", "", ""),
    ],
)
def test_integers(text: str, unit: str, number: str) -> None:
    assert conversions.as_integer(text, unit) == number


@pytest.mark.parametrize(("text", "value"), [("Yes", "true"), ("off", "false"), ("disabled", "false"), ("maybe", "")])
def test_booleans(text: str, value: str) -> None:
    assert conversions.as_boolean(text) == value


def test_addresses_and_ports() -> None:
    assert conversions.as_address("https://10.0.0.1:6443/x") == "10.0.0.1"
    assert conversions.as_address("[fd00::1]:443") == "fd00::1"
    assert conversions.as_address("host:1") == ""
    assert conversions.as_port_range("30000:32767") == "30000-32767"
    assert conversions.as_port_range("32767:30000") == ""
