"""ASN.1 in DER, read as strictly as Go does.

Go: golang.org/x/crypto/cryptobyte, asn1.go; encoding/asn1 differs only in what it lets stand at the end of a sequence.
"""

from __future__ import annotations

BOOLEAN, INTEGER, BITS, OCTETS, NULL, OID, SEQUENCE, SET = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x30, 0x31


class MalformedDERError(Exception):
    """The bytes are not what they should be. Nothing of them is told: they may be a key."""


class Der:
    """A sequence of DER elements; each method consumes the next one or raises MalformedDERError."""

    __slots__ = ("data", "position")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    @property
    def empty(self) -> bool:
        """Whether all elements were taken."""
        return self.position == len(self.data)

    def has(self, tag: int) -> bool:
        """Whether the next element has this tag."""
        return self.data[self.position : self.position + 1] == bytes((tag,))

    def any(self) -> tuple[int, bytes]:
        """The next element: its tag and its content. Tags of more than one byte are not read."""
        data, start = self.data, self.position + 2
        if len(data) < start or data[start - 2] & 0x1F == 0x1F:
            raise MalformedDERError
        length = data[start - 1]
        if length & 0x80:
            count = length & 0x7F
            digits = data[start : start + count]
            length = int.from_bytes(digits, "big")
            start += count
            # The shortest form is the only one.
            if not 1 <= count <= 4 or len(digits) < count or digits[0] == 0 or length < 0x80:
                raise MalformedDERError
        if start + length > len(data):
            raise MalformedDERError
        tag = data[self.position]
        self.position = start + length
        return tag, data[start : start + length]

    def take(self, tag: int) -> bytes:
        """The content of the next element, which has to have this tag."""
        found, content = self.any()
        if found != tag:
            raise MalformedDERError
        return content

    def element(self, tag: int) -> bytes:
        """The next element with its tag and length."""
        start = self.position
        self.take(tag)
        return self.data[start : self.position]

    def optional(self, tag: int) -> bytes | None:
        """The content of the next element if it has this tag."""
        return self.take(tag) if self.has(tag) else None

    def inner(self, tag: int = SEQUENCE) -> Der:
        """The elements inside the next one."""
        return Der(self.take(tag))

    def boolean(self) -> bool:
        """A BOOLEAN."""
        content = self.take(BOOLEAN)
        if content not in (b"\x00", b"\xff"):
            raise MalformedDERError
        return content == b"\xff"

    def integer(self, most: int | None = None, tag: int = INTEGER) -> int:
        """An INTEGER in its shortest form, of at most so many bytes."""
        content = self.take(tag)
        if not content or (most is not None and len(content) > most):
            raise MalformedDERError
        if len(content) > 1 and (content[0], content[1] & 0x80) in ((0, 0), (0xFF, 0x80)):
            raise MalformedDERError
        return int.from_bytes(content, "big", signed=True)

    def oid(self) -> bytes:
        """An OBJECT IDENTIFIER as its bytes, none of whose numbers has more than 31 bits."""
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
        """A BIT STRING, moved so that its last bit is the last of its bytes."""
        content = self.take(BITS)
        unused = content[0] if content else 8
        used = content[1:]
        if unused > 7 or (unused and not used) or (used and used[-1] & ((1 << unused) - 1)):
            raise MalformedDERError
        return (int.from_bytes(used, "big") >> unused).to_bytes(len(used), "big") if unused else used
