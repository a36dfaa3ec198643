"""ASN.1 in DER, and PEM blocks. Go: encoding/asn1, encoding/pem."""

from __future__ import annotations

from typing import NamedTuple

from compiler.upstream.go.encoding import decode_base64

BOOLEAN, INTEGER, BITS, OCTETS, NULL, OID, SEQUENCE, SET = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x30, 0x31


class MalformedDERError(Exception):
    """Malformed DER. There is no message: the bytes may be a key."""


class Der:
    """A sequence of DER elements; each method consumes the next one or raises MalformedDERError."""

    __slots__ = ("data", "position")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    @property
    def empty(self) -> bool:
        """Return whether all elements were consumed."""
        return self.position == len(self.data)

    def has(self, tag: int) -> bool:
        """Return whether the next element has this tag."""
        return self.data[self.position : self.position + 1] == bytes((tag,))

    def any(self) -> tuple[int, bytes]:
        """Return tag and content of the next element. Multi-byte tags are not supported."""
        data, start = self.data, self.position + 2
        if len(data) < start or data[start - 2] & 0x1F == 0x1F:
            raise MalformedDERError
        length = data[start - 1]
        if length & 0x80:
            count = length & 0x7F
            digits = data[start : start + count]
            length = int.from_bytes(digits, "big")
            start += count
            # The length must be minimally encoded.
            if not 1 <= count <= 4 or len(digits) < count or digits[0] == 0 or length < 0x80:
                raise MalformedDERError
        if start + length > len(data):
            raise MalformedDERError
        tag = data[self.position]
        self.position = start + length
        return tag, data[start : start + length]

    def take(self, tag: int) -> bytes:
        """Return the content of the next element, which must have this tag."""
        actual, content = self.any()
        if actual != tag:
            raise MalformedDERError
        return content

    def element(self, tag: int) -> bytes:
        """Return the next element with its tag and length."""
        start = self.position
        self.take(tag)
        return self.data[start : self.position]

    def optional(self, tag: int) -> bytes | None:
        """Return the content of the next element if it has this tag."""
        return self.take(tag) if self.has(tag) else None

    def inner(self, tag: int = SEQUENCE) -> Der:
        """Return the elements within the next one."""
        return Der(self.take(tag))

    def boolean(self) -> bool:
        """Return a BOOLEAN."""
        content = self.take(BOOLEAN)
        if content not in (b"\x00", b"\xff"):
            raise MalformedDERError
        return content == b"\xff"

    def integer(self, max_bytes: int | None = None, tag: int = INTEGER) -> int:
        """Return a minimally encoded INTEGER."""
        content = self.take(tag)
        if not content or (max_bytes is not None and len(content) > max_bytes):
            raise MalformedDERError
        if len(content) > 1 and (content[0], content[1] & 0x80) in ((0, 0), (0xFF, 0x80)):
            raise MalformedDERError
        return int.from_bytes(content, "big", signed=True)

    def oid(self) -> bytes:
        """Return the bytes of an OBJECT IDENTIFIER, whose numbers have at most 31 bits."""
        content = self.take(OID)
        number = length = 0
        for byte in content:
            if (length == 0 and byte == 0x80) or length == 5 or number >= 1 << 24:
                raise MalformedDERError
            number, length = number << 7 | byte & 0x7F, length + 1
            if not byte & 0x80:
                number = length = 0
        if not content or length:
            raise MalformedDERError
        return content

    def bits(self) -> bytes:
        """Return a right-aligned BIT STRING."""
        content = self.take(BITS)
        unused = content[0] if content else 8
        used = content[1:]
        if unused > 7 or (unused and not used) or (used and used[-1] & ((1 << unused) - 1)):
            raise MalformedDERError
        return (int.from_bytes(used, "big") >> unused).to_bytes(len(used), "big") if unused else used


_BEGIN, _END, _DASHES = b"-----BEGIN ", b"\n-----END ", b"-----"


class Block(NamedTuple):
    """One PEM block; `headers` tells whether it has any."""

    type: str
    der: bytes
    headers: bool


def blocks(data: bytes) -> list[Block]:
    """Return the blocks in order; malformed ones are skipped."""
    result = []
    rest = data
    while (decoded := _decode(rest)) is not None:
        block, rest = decoded
        result.append(block)
    return result


def _decode(data: bytes) -> tuple[Block, bytes] | None:
    """Return the first block and the rest, None if there is none."""
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
    """Return the block whose type starts at `start` and whose closing line is at `end`, None if malformed."""
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
