"""Results were confirmed with encoding/pem of the Go versions of the servers."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.upstream.x509.asn1 import blocks
from tests.apiserver.config_files.der_bytes import pem

DATA = bytes(range(60))
TEXT = pem("X", DATA)
FIRST, *BODY, LAST, _ = TEXT.split("\n")
INSIDE = "".join(BODY)


def types(text: str | bytes) -> list[str]:
    data = text if isinstance(text, bytes) else text.encode()
    result = blocks(data)
    assert all(block.der in (DATA, b"") for block in result)
    return [block.type for block in result]


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        TEXT.rstrip("\n"),
        TEXT.replace("\n", "\r\n"),
        TEXT.replace("\n", " \t\n"),
        TEXT + "after\n",
        "before\n" + TEXT,
        "\ufeff\n" + TEXT,
        "# -----BEGIN\n" + TEXT,
        "-----BEGIN Y-----\n" + TEXT,
        "-----BEGIN Y-----\nAAAA\n" + TEXT,
        "-----END Y-----\n" + TEXT,
        "-----BEGIN Y-----\n!\n-----END Y-----\n" + TEXT,
        "-----BEGIN Y-----\nAAAA\n-----END Z-----\n" + TEXT,
        f"{FIRST}\n{INSIDE}\n{LAST}\n",
        f"{FIRST}\n" + "\n".join(INSIDE) + f"\n{LAST}\n",
        f"{FIRST}\n\n{INSIDE}\n\n{LAST}\n",
        f"{FIRST}\n  {INSIDE}\n{LAST}\n",
        TEXT.encode() + b"\0",
        b"\xff\xfe\n" + TEXT.encode(),
    ],
)
def test_one_block(text: str | bytes) -> None:
    assert types(text) == ["X"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "junk",
        INSIDE,
        " " + TEXT,
        "\ufeff" + TEXT,
        "before " + TEXT,
        TEXT.replace("\n", "\r"),
        TEXT.replace("-----", "----"),
        TEXT.replace("-----", "------"),
        TEXT.replace("-----END", " -----END"),
        TEXT.replace("END X", "END Y"),
        TEXT.rstrip("\n") + "after\n",
        "\n".join((FIRST, *BODY, "")),
        f"{FIRST}{INSIDE}\n{LAST}\n",
        f"{FIRST}\n{INSIDE}{LAST}\n",
        f"{FIRST}\n!{INSIDE}\n{LAST}\n",
        f"{FIRST}\n{INSIDE}A\n{LAST}\n",
        f"{FIRST}\n{INSIDE}====\n{LAST}\n",
        TEXT.encode("utf-16"),
    ],
)
def test_none(text: str | bytes) -> None:
    assert types(text) == []


def test_padding_must_be_exact() -> None:
    padded = pem("X", DATA[:59])
    assert [block.der for block in blocks(padded.encode())] == [DATA[:59]]
    assert blocks(padded.replace("=", "").encode()) == []
    assert blocks(padded.replace("=", "==").encode()) == []


def test_order_and_empty_blocks() -> None:
    text = TEXT + "between\n" + TEXT.replace(" X-", " Y Z-") + "-----BEGIN -----\n-----END -----\n"
    assert types(text) == ["X", "Y Z", ""]
    assert [block.der for block in blocks(text.encode())] == [DATA, DATA, b""]


def test_headers() -> None:
    assert [block.headers for block in blocks(TEXT.encode())] == [False]
    for header in ("Proc-Type: 4,ENCRYPTED\nDEK-Info: AES\n\n", "a:b\n", ":\n"):
        result = blocks(
            TEXT.replace(FIRST, f"{FIRST}\n{header}".rstrip("\n") + ("\n" if "\n\n" in header else "")).encode()
        )
        assert [(block.der, block.headers) for block in result] == [(DATA, True)]
    assert blocks(f"{FIRST}\na: b\n{LAST}\n".encode()) == []


@given(st.lists(st.tuples(st.from_regex(r"[A-Z ]{0,9}", fullmatch=True), st.binary(max_size=80)), max_size=4))
def test_encoded_blocks_are_decoded(parts: list[tuple[str, bytes]]) -> None:
    text = "noise\n".join(pem(kind, data) for kind, data in parts)
    assert [(block.type, block.der) for block in blocks(text.encode())] == parts


@given(st.text(alphabet="-BEGIND X\n\rA=:", max_size=80))
def test_any_string_is_accepted(text: str) -> None:
    for block in blocks(text.encode()):
        assert base64.b64encode(block.der).decode() in "".join(text.split())
