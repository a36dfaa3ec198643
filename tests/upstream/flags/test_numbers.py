"""Boundary cases of single values. All results were confirmed with Go's parsers."""

from __future__ import annotations

import math

import pytest

from compiler.upstream.flag_values import TYPES, InvalidValueError, PortRange

MAX = 2**63 - 1
SECOND = 1_000_000_000
HOUR = 3600 * SECOND

ACCEPTED: list[tuple[str, str, object]] = [
    *[("bool", text, True) for text in ("1", "t", "T", "true", "TRUE", "True")],
    *[("bool", text, False) for text in ("0", "f", "F", "false", "FALSE", "False")],
    ("int", "0", 0),
    ("int", "+5", 5),
    ("int", "-0", 0),
    ("int", "0x1F", 31),
    ("int", "0X_1f", 31),
    ("int", "0b101", 5),
    ("int", "0o17", 15),
    ("int", "017", 15),
    ("int", "0_7", 7),
    ("int", "1_000", 1000),
    ("int", "9223372036854775807", MAX),
    ("int", "-9223372036854775808", -MAX - 1),
    ("int", "-0x8000000000000000", -MAX - 1),
    ("int", "0x" + "0" * 5000 + "1", 1),
    ("int64", "0b_1", 1),
    ("uint", "18446744073709551615", 2**64 - 1),
    ("uint", "0xffffffffffffffff", 2**64 - 1),
    ("uint", "70000", 70000),
    ("float64", ".02", 0.02),
    ("float64", "5.", 5.0),
    ("float64", "1E+5", 100000.0),
    ("float64", "1_000", 1000.0),
    ("float64", "1_0.2_5e1_0", 10.25e10),
    ("float64", "0x1p-2", 0.25),
    ("float64", "0x_1.8p3", 12.0),
    ("float64", "0x.8p1", 1.0),
    ("float64", "-iNfiNity", -math.inf),
    ("float64", "+inf", math.inf),
    ("float64", "1e-400", 0.0),
    ("float64", "0x1p-99999999999", 0.0),
    ("float64", "1.7976931348623157e308", 1.7976931348623157e308),
    ("float32", "3.4028235e38", 3.4028235e38),
    ("float32", "340282356779733661637539395458142568447", 3.4028235677973366e38),
    ("duration", "0", 0),
    ("duration", "-0", 0),
    ("duration", "0s", 0),
    ("duration", "1h30m0.5s", HOUR + 30 * 60 * SECOND + SECOND // 2),
    ("duration", "-1.5h", -HOUR - HOUR // 2),
    ("duration", ".5s", SECOND // 2),
    ("duration", "5.s", 5 * SECOND),
    ("duration", "1us", 1000),
    ("duration", "1\u00b5s", 1000),
    ("duration", "1\u03bcs", 1000),
    ("duration", "1h1h", 2 * HOUR),
    ("duration", "0.9ns", 0),
    ("duration", "1.99999999999999999999999999999ns", 2),
    ("duration", "0.333333333333333333333333333h", 20 * 60 * SECOND),
    ("duration", "9223372036854775807ns", MAX),
    ("duration", "2562047h47m16.854775807s", MAX),
    ("duration", "-2562047h47m16.854775808s", -MAX - 1),
    ("duration", "0" * 5000 + "1s", SECOND),
    ("ip", "10.0.0.11", "10.0.0.11"),
    ("ip", "\u3000 10.0.0.11\n", "10.0.0.11"),
    ("ip", "2001:DB8:0:0::1", "2001:db8::1"),
    ("ip", "::ffff:1.2.3.4", "1.2.3.4"),
    ("ip", "::1.2.3.4", "::102:304"),
    ("ip", "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
    ("ip", "", None),
    ("portRange", "80", PortRange(80, 1)),
    ("portRange", " 30000-32767 ", PortRange(30000, 2768)),
    ("portRange", "10+65525", PortRange(10, 65526)),
    ("portRange", "1++5", PortRange(1, 6)),
    ("portRange", "0-0", PortRange(0, 1)),
    ("portRange", "0" * 30 + "80", PortRange(80, 1)),
    ("portRange", "", PortRange(0, 0)),
    ("portRange", " ", PortRange(0, 0)),
    ("Level", "0", 0),
    ("Level", "2147483647", 2147483647),
    ("Level", "00002", 2),
    ("Level", "0" * 5000, 0),
    ("quantity", "0", 0),
    ("quantity", "512", 512),
    ("quantity", "1k", 1000),
    ("quantity", "2Ki", 2048),
    ("quantity", "1e3", 1000),
    ("quantity", "1E", 10**18),
    ("quantity", "1.5Gi", 3 * 2**29),
    ("quantity", "5.", 5),
    ("quantity", ".5", 1),
    ("quantity", "1n", 1),
    ("quantity", "+1M", 1_000_000),
    ("quantity", ".", 0),
    ("quantity", "-", 0),
    ("quantity", "Ki", 0),
    ("quantity", "0e9999", 0),
    ("version", "true", "true"),
    ("version", "F", "false"),
    ("version", "raw", "raw"),
    ("version", "v1.36.0-rc.1+build.5", "v1.36.0-rc.1+build.5"),
]

REFUSED: list[tuple[str, str]] = [
    *[("bool", text) for text in ("", "yes", "on", "tRUE", "TRUe", " true", "true ", "2", "10")],
    *[
        ("int", text)
        for text in ("", " 1", "1 ", "1.5", "1e3", "08", "-09", "_1", "1_", "1__0", "0x", "0x_", "--1", "+-1")
    ],
    *[
        ("int", text)
        for text in ("9223372036854775808", "-9223372036854775809", "0o8", "0b2", "\u0663", "0" * 30 + "8")
    ],
    *[("uint", text) for text in ("-1", "+1", "", "18446744073709551616", "0" * 5000 + "9")],
    *[
        ("float64", text)
        for text in ("", "1%", " 1", "1e", ".", ".e5", "0x1", "1_", "1_.5", "1._5", "1e_5", "infin", "+nan")
    ],
    *[("float64", text) for text in ("1.7976931348623159e308", "-1e400", "0x1p1024", "0x.p1", "\u0663", "1,5")],
    *[("float32", text) for text in ("3.5e38", "340282356779733661637539395458142568448", "0x1.ffffffp127", "1e400")],
    *[
        ("duration", text)
        for text in ("", "1", "+", "-", "s", ".s", "1d", "1w", "1 s", "1s ", "1.1.1s", "1S", "1m1", "00")
    ],
    *[
        ("duration", text)
        for text in ("9223372036854775808ns", "2562047h47m16.854775808s", "\u0663s", "1e3s", "9" * 5000 + "h")
    ],
    *[
        ("ip", text)
        for text in ("010.0.0.1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "10.0.0.0/8", "localhost", "[::1]", "1.2.3.\u0663")
    ],
    *[
        ("ip", text)
        for text in ("fe80::1%eth0", "1::2::3", ":::", "00001::", "1:2:3:4:5:6:7:8:9", "\x1c10.0.0.1", "10.0.0.1:443")
    ],
    *[("ip", text) for text in (" ", "::1.2.3.04", "1:2:3:4:5:6:7:1.2.3.4")],
    ("ipNonEmpty", ""),
    *[
        ("portRange", text)
        for text in ("-5", "+5", "5-", "5+", "80 - 90", "10-5", "0-65536", "65536", "10+65526", "5-+7")
    ],
    *[("portRange", text) for text in ("5+-3", "5--3", "1_0", "0x10", "\x1c80", "9" * 30, "1-2-3", "1+2+3", "\u0663")],
    *[("Level", text) for text in ("-1", "+1", "", "1_0", "0x1", " 1", "2147483648", "\u0663")],
    *[
        ("quantity", text)
        for text in ("", "1K", "1ki", "1KiB", "1e", "1 ", "--1", "1..2", "0x1", "1Ki5", "i", ".e-10", ".Ei")
    ],
    *[("version", text) for text in ("", "v", "v1.36", "V1.36.0", "v01.36.0", "v1.36.0-", "v1.36.0-01", "yes")],
]


@pytest.mark.parametrize(("kind", "text", "value"), ACCEPTED)
def test_accepted(kind: str, text: str, value: object) -> None:
    result = TYPES[kind].parse([text])
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(("kind", "text"), REFUSED)
def test_refused(kind: str, text: str) -> None:
    with pytest.raises(InvalidValueError) as raised:
        TYPES[kind].parse([text])
    assert raised.value.rule.family == "PARSE"
    assert raised.value.hint


def test_nan_is_a_number() -> None:
    assert math.isnan(TYPES["float64"].parse(["NaN"]))
    assert math.isnan(TYPES["float64"].parse(["nAn"]))


def test_the_last_use_wins() -> None:
    assert TYPES["int"].parse(["1", "2"]) == 2
    assert TYPES["bool"].parse(["true", "false"]) is False
    assert TYPES["string"].parse(["a", ""]) == ""


def test_an_empty_address_leaves_the_value_unchanged() -> None:
    assert TYPES["ip"].parse(["10.0.0.1", ""]) == "10.0.0.1"


@pytest.mark.parametrize(
    ("kind", "text", "hint"),
    [
        ("int", "08", "write 8: a leading zero means octal"),
        ("int", "-09", "write -9: a leading zero means octal"),
        ("duration", "60", "write 60s: missing unit"),
        ("duration", "7d", "write 168h: valid units are h, m, s, ms, us and ns"),
        ("quantity", "64K", "write 64Ki, or 64k for thousands"),
        ("bool", "yes", "write true"),
    ],
)
def test_the_hint_has_the_value_to_write(kind: str, text: str, hint: str) -> None:
    with pytest.raises(InvalidValueError) as raised:
        TYPES[kind].parse([text])
    assert raised.value.hint == hint


def test_a_message_is_short_and_without_control_characters() -> None:
    with pytest.raises(InvalidValueError) as raised:
        TYPES["int"].parse(["\x1b[31m" + "9" * 10000])
    assert "\x1b" not in raised.value.message
    assert len(raised.value.message) < 200
