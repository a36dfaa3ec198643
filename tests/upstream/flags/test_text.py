from __future__ import annotations

import pytest

from compiler.text import shown, trimmed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", '""'),
        ('a"b', '"a\\"b"'),
        ("a\nb\x1b\u202e", '"a\\u000ab\\u001b\\u202e"'),
        ("é😀", '"é😀"'),
        ("x" * 100, '"' + "x" * 100 + '"'),
        ("x" * 101, '"' + "x" * 99 + '…"'),
        ("https://me:secret@h/p", '"https://***@h/p"'),
        ("https://me:se@cret@h:x", '"https://***@h:x"'),
        ("https://h/a@b", '"https://h/a@b"'),
        ("https://h?a@b", '"https://h?a@b"'),
        ("https://a:b@c,https://d:e@f", '"https://***@c,https://***@f"'),
        ("a@b", '"a@b"'),
    ],
)
def test_shown(text: str, expected: str) -> None:
    assert shown(text) == expected


def test_trimmed() -> None:
    """Go's strings.TrimSpace leaves the separators U+001C to U+001F alone."""
    assert trimmed(" \t\u00a0\u3000a b\x1f\n") == "a b\x1f"
