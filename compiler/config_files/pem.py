"""PEM blocks, as Go finds them. Go: encoding/pem, Decode."""

from __future__ import annotations

from typing import NamedTuple

from compiler.config_files.decoding import decode_base64

_BEGIN, _END, _DASHES = b"-----BEGIN ", b"\n-----END ", b"-----"


class Block(NamedTuple):
    """One PEM block; `headers` tells whether it has any."""

    type: str
    der: bytes
    headers: bool


def blocks(data: bytes) -> list[Block]:
    """The blocks of a text in order; what is malformed is skipped."""
    found = []
    rest = data
    while (decoded := _decode(rest)) is not None:
        block, rest = decoded
        found.append(block)
    return found


def _decode(data: bytes) -> tuple[Block, bytes] | None:
    """The first block and what follows it."""
    start = 0
    while (end := data.find(_END, start)) >= 0:
        after_end = end + len(_END)
        begin = data.rfind(_BEGIN, start, end)
        if begin < 0 or (begin > 0 and data[begin - 1 : begin] != b"\n"):
            start = after_end
            continue
        decoded = _block(data, begin + len(_BEGIN), end)
        if decoded is not None:
            return decoded
        start = after_end
    return None


def _block(data: bytes, start: int, end: int) -> tuple[Block, bytes] | None:
    """The block whose type begins at `start`, with its closing line at `end`; None where it is malformed."""
    type_line, position = _line(data, start)
    if not type_line.endswith(_DASHES):
        return None
    kind = type_line[: -len(_DASHES)]
    headers = False
    while position < len(data):
        line, following = _line(data, position)
        if b":" not in line:
            break
        headers, position = True, following
    if headers and position > end:
        return None
    closing, after = _line(data, end + len(_END))
    if closing != kind + _DASHES:
        return None
    der = decode_base64(data[position:end].translate(None, b" \t").decode("latin-1"))
    return (Block(kind.decode("latin-1"), der, headers), data[after:]) if der is not None else None


def _line(data: bytes, start: int) -> tuple[bytes, int]:
    end = data.find(b"\n", start)
    after = end + 1 if end >= 0 else len(data)
    return data[start : end if end >= 0 else len(data)].removesuffix(b"\r").rstrip(b" \t"), after
