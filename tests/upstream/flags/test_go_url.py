"""Verdicts and parts are those of Go's net/url in 1.22 (loose), 1.24.11 (IPv6 literals) and 1.26.6 (colons)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.upstream.go.net import COLONS, LITERALS, LOOSE, is_https, parse_url, parses_as_url

LEVELS = (LOOSE, LITERALS, COLONS)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ("", "", None, "", "", "", "")),
        ("*", ("", "", None, "", "*", "", "")),
        ("a/b:c", ("", "", None, "", "a/b:c", "", "")),
        ("https://a.example.com", ("https", "", None, "a.example.com", "", "", "")),
        ("HTTPS://A:443/B?c=d#e", ("https", "", None, "A:443", "/B", "c=d", "e")),
        ("https://a?", ("https", "", None, "a", "", "", "")),
        ("https://a#", ("https", "", None, "a", "", "", "")),
        ("https://a?b?c", ("https", "", None, "a", "", "b?c", "")),
        ("https://a#b#c", ("https", "", None, "a", "", "", "b#c")),
        ("https://@a", ("https", "", "", "a", "", "", "")),
        ("https://u:p@a@b:1/", ("https", "", "u:p@a", "b:1", "/", "", "")),
        ("https:a/b?c", ("https", "a/b", None, "", "", "c", "")),
        ("https:/a", ("https", "", None, "", "/a", "", "")),
        ("https:", ("https", "", None, "", "", "", "")),
        ("https://", ("https", "", None, "", "", "", "")),
        ("//a/b", ("", "", None, "a", "/b", "", "")),
        ("///a", ("", "", None, "", "///a", "", "")),
        ("x:///a", ("x", "", None, "", "/a", "", "")),
        ("1a/b", ("", "", None, "", "1a/b", "", "")),
        ("unix:///run/a%20b.sock", ("unix", "", None, "", "/run/a b.sock", "", "")),
        ("https://a/%2F%c3%a9?%zz#%20", ("https", "", None, "a", "//é", "%zz", " ")),
        ("https://%C3%A9.example", ("https", "", None, "é.example", "", "", "")),
        ("https://a b/%", None),
        ("https://a\"<>!$&'()*+,;=_~-.", ("https", "", None, "a\"<>!$&'()*+,;=_~-.", "", "", "")),
        ("https://a:", ("https", "", None, "a:", "", "", "")),
        ("https://a:99999", ("https", "", None, "a:99999", "", "", "")),
        ("https://[::1]", ("https", "", None, "[::1]", "", "", "")),
        ("https://[::1]:8/x", ("https", "", None, "[::1]:8", "/x", "", "")),
        ("https://[fe80::1%25en0]:8", ("https", "", None, "[fe80::1%en0]:8", "", "", "")),
        ("https://[fe80::1%25%41%20%25]", ("https", "", None, "[fe80::1%A %]", "", "", "")),
        ("https://[::ffff:1.2.3.4]", ("https", "", None, "[::ffff:1.2.3.4]", "", "", "")),
        ("https://a/ \u2028é`{}|\\^", ("https", "", None, "a", "/ \u2028é`{}|\\^", "", "")),
    ],
)
def test_parts(text: str, parts: tuple[str | None, ...] | None) -> None:
    for level in LEVELS:
        result = parse_url(text, level)
        assert (tuple(result) if result else None) == parts


@pytest.mark.parametrize(
    "text",
    [
        ":a",
        "://a",
        "a:b:c/../d\n",
        "1a:b",
        "a b:c",
        "%zz",
        "https://a b",
        "https://a\\b",
        "https://a^b",
        "https://a|b",
        "https://a{b}",
        "https://a`b",
        "https://a%41",
        "https://a%20b",
        "https://a:x",
        "https://a:1:x",
        "https://a:-1",
        "https://a/%",
        "https://a/%4",
        "https://a/%4g",
        "https://a#%",
        "https://a#%4",
        "https://u%@a",
        "https://u%4@a",
        "https://u[@a",
        "https://é@a",
        "https://[::1",
        "https://[::1]x",
        "https://[::1]:x",
        "https://[fe80::1%en0]",
        "https://[fe80::1%25%zz]",
        "https://[fe80::1%25%5C]",
        "https://[fe80::1%25%2f]",
        "https://[fe80::1%25%c3%a9]",
        "https://a\tb",
        "https://a/\x7f",
        "https://a/\x00",
    ],
)
def test_rejected_at_every_level(text: str) -> None:
    assert [parses_as_url(text, level) for level in LEVELS] == [False, False, False]


@pytest.mark.parametrize(
    ("text", "verdicts"),
    [
        ("https://[1.2.3.4]", (True, False, False)),
        ("https://[a]", (True, False, False)),
        ("https://[]", (True, False, False)),
        ("https://[::1%25]", (True, False, False)),
        ("https://[::1]a]", (True, False, False)),
        ("https://[1:2:3:4:5:6:7:8:9]", (True, False, False)),
        ("https://[01234::]", (True, False, False)),
        ("https://[::1.2.3.04]", (True, False, False)),
        ("https://a[", (True, False, False)),
        ("https://a[::1]", (False, True, False)),
        ("https://a[::1]:8", (True, True, False)),
        ("https://a]", (True, True, True)),
        ("https://a:1:2", (True, True, False)),
        ("http://::1:8", (True, True, False)),
        ("etcd://a:1:2", (True, True, True)),
        ("https://a:1,b:2", (True, True, False)),
        ("x://a:1,b:2", (True, True, True)),
    ],
)
def test_hosts_by_level(text: str, verdicts: tuple[bool, bool, bool]) -> None:
    assert tuple(parses_as_url(text, level) for level in LEVELS) == verdicts


def test_characters_before_brackets_are_lost_at_one_level() -> None:
    assert parse_url("https://a[::1]:8", LITERALS) == ("https", "", None, "[::1]:8", "", "", "")
    assert parse_url("https://a[::1]:8", LOOSE) == ("https", "", None, "a[::1]:8", "", "", "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("https://a", True), ("HTTPS:a", True), ("https:", True), ("http://a", False), ("a", False), ("https://%", False)],
)
def test_https(text: str, expected: bool) -> None:
    assert is_https(text) is expected


_NAME = st.text("abcdefghijklmnopqrstuvwxyz0123456789-.", min_size=1, max_size=20)
_SEGMENT = st.text(st.characters(blacklist_categories=("Cs",)), max_size=10)


@given(_NAME, st.integers(0, 65535), st.lists(_SEGMENT, max_size=4), _SEGMENT)
def test_escapes_round_trip(host: str, port: int, segments: list[str], fragment: str) -> None:
    from urllib.parse import quote

    path = "".join(f"/{segment}" for segment in segments)
    text = f"https://{host}:{port}{quote(path)}#{quote(fragment, safe='')}"
    for level in LEVELS:
        assert parse_url(text, level) == ("https", "", None, f"{host}:{port}", path, "", fragment)
