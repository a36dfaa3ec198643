"""The line and the caret of a finding, in terminals of any width and encoding."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.cli.reporters.text import Excerpts
from compiler.diagnostics import Location

# Character -> columns that terminals give it.
COLUMNS = {**dict.fromkeys("abc .:-é\u03b1", 1), **dict.fromkeys("日本Ａ한", 2), "\t": 4, "\u0301": 0}
MARGIN = len("    1 | ")


def columns(text: str) -> int:
    return sum(COLUMNS.get(letter, 1) for letter in text)


def excerpt(line: str, column: int, end: int, width: int = 120, encoding: str = "utf-8") -> tuple[str, str]:
    found = Excerpts({"<stdin>": line}, width, encoding).of(Location("<stdin>", 1, column, 1, end))
    assert found is not None
    assert found[0] == "    1"
    return found[1:]


@given(
    st.text(sorted(set(COLUMNS) - {"\t"}), min_size=1, max_size=300).filter(str.strip),
    st.data(),
    st.integers(1, 200),
    st.sampled_from(["utf-8", "utf-16", "ascii", "latin-1"]),
)
def test_the_caret_is_below_the_span_and_the_line_fits(line: str, data: st.DataObject, width: int, name: str) -> None:
    start = data.draw(st.integers(0, len(line) - 1))
    end = data.draw(st.integers(start + 1, len(line)))
    shown, carets = excerpt(line, start + 1, end + 1, width, name)
    limit = max(width, 20) - MARGIN
    assert columns(shown) <= limit
    assert columns(carets) <= limit + 1
    mark = "…" if name.startswith("utf") else "..."
    before = len(carets) - len(carets.lstrip(" "))
    head = mark if shown.startswith(mark) and not line.startswith(shown[:2]) else ""
    here = next(index for index in range(len(shown) + 1) if columns(shown[:index]) >= before and index >= len(head))
    while here < len(shown) and COLUMNS.get(shown[here], 1) == 0 and COLUMNS[line[start]]:
        here += 1
    wanted = line[start]
    try:
        wanted.encode(name)
    except UnicodeEncodeError:
        wanted = "?"
    assert shown[here] == wanted


@pytest.mark.parametrize(
    ("line", "span", "shown", "carets"),
    [
        ("storageBackend: etcd2", (17, 22), "storageBackend: etcd2", "                ^^^^^"),
        ("a: 日本 x", (4, 6), "a: 日本 x", "   ^^^^"),
        ("日本: x", (5, 6), "日本: x", "      ^"),
        ("\ta: x", (5, 6), "    a: x", "       ^"),
        ("e\u0301: x", (5, 6), "e\u0301: x", "   ^"),
        ("a\x1b[31m: x", (9, 10), "a\ufffd[31m: x", "        ^"),
        ("a: b\u202ec", (4, 7), "a: b\ufffdc", "   ^^^"),
        ("a: ", (4, 4), "a: ", "   ^"),
    ],
)
def test_characters_of_every_width(line: str, span: tuple[int, int], shown: str, carets: str) -> None:
    assert excerpt(line, *span) == (shown, carets)


def test_long_lines_are_cut_around_the_span() -> None:
    line = "a" * 500 + "HERE" + "b" * 500
    shown, carets = excerpt(line, 501, 505, 60)
    assert len(shown) == 60 - MARGIN
    assert shown[0] == shown[-1] == "…"
    at = carets.index("^")
    assert shown[at : at + 4] == "HERE"
    assert carets[at:] == "^^^^"
    shown, carets = excerpt(line, 501, 505, 60, "ascii")
    assert shown.startswith("...a")
    assert shown.endswith("b...")
    assert shown[carets.index("^") :].startswith("HERE")


def test_a_span_longer_than_the_terminal_is_marked_as_far_as_it_is_shown() -> None:
    shown, carets = excerpt("x: " + "y" * 1000, 4, 1004, 50)
    assert shown.endswith("y…")
    assert len(carets) == len(shown) - 1


def test_a_span_over_several_lines_is_marked_to_the_end_of_the_first() -> None:
    found = Excerpts({"<stdin>": "a: [1,\n 2]\n"}).of(Location("<stdin>", 1, 4, 2, 4))
    assert found == ("    1", "a: [1,", "   ^^^")


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_line_ending_counts_as_one(tmp_path: Path, ending: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(f"\ufeffa: 1{ending}b: 2{ending}c: \u20283{ending}".encode())
    excerpts = Excerpts({})
    assert excerpts.of(Location(str(path), 1, 1, 1, 2)) == ("    1", "a: 1", "^")
    assert excerpts.of(Location(str(path), 3, 4, 3, 6)) == ("    3", "c: \ufffd3", "   ^^")
    assert excerpts.of(Location(str(path), 5, 1, 5, 1)) is None


@pytest.mark.parametrize("name", ["missing.yaml", "", "a\0b"])
def test_what_cannot_be_read_has_no_excerpt(tmp_path: Path, name: str) -> None:
    assert Excerpts({}).of(Location(str(tmp_path / name), 1, 1, 1, 1)) is None


SECRETS = """\
secret: HUSH
"token": "HUSH", other: 1
password=HUSH HUSH
clientSecret:   # comment
  HUSH!
idp-token: |
  HUSH
  HUSHHUSHHUSHHUSHHUSH0=
url: https://user:HUSH@example.com/
client-key-data: HUSH
key: |
  -----BEGIN PRIVATE KEY-----
  HUSHk0wDQYJKoZIhvcNAQEFBQAEggEPADCCAQoCggEBAJ
"""


def test_secrets_are_hidden() -> None:
    excerpts = Excerpts({"<stdin>": SECRETS})
    lines = SECRETS.split("\n")
    for number, line in enumerate(lines[:-1], 1):
        found = excerpts.of(Location("<stdin>", number, line.find("HUSH") + 1, number, len(line) + 1))
        assert found is not None
        assert "HUSH" not in found[1]
        at = found[2].index("^")
        assert found[1][at : at + 3] == "***" or "HUSH" not in line


@pytest.mark.parametrize(
    "line",
    [
        "secrets: [a]",
        "resources: [secrets]",
        "serviceAccountSigningKeyFile",
        "  /etc/kubernetes/pki/apiserver/server",
        "tokenAuthFile",
        "https://[::1]:2379",
        "requestheaderExtraHeadersPrefix",
    ],
)
def test_what_is_no_secret_is_shown(line: str) -> None:
    assert excerpt(line, 1, 2)[0] == line
