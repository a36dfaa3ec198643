"""Certificate extensions that Go parses; all others are accepted.

Go: crypto/x509, parser.go (processExtensions).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from compiler.upstream.go.net import parse_url
from compiler.upstream.x509.asn1 import OCTETS, OID, SEQUENCE, Der, MalformedDERError

_NOT_CRITICAL, _POLICIES, _NO_NEGATIVE_PATH = 1, 2, 3
_MAIL, _DNS, _URI, _IP = 0x81, 0x82, 0x86, 0x87


class Extension(NamedTuple):
    """One extension, and the strictness of its parser (see `Go`)."""

    value: Der
    critical: bool
    strictness: int
    urls: int


Check = Callable[[Extension], object]
"""Raise MalformedDERError for an invalid extension."""


def _is_not_critical(extension: Extension) -> None:
    if extension.critical and extension.strictness >= _NOT_CRITICAL:
        raise MalformedDERError


def _basic_constraints(extension: Extension) -> None:
    constraints = extension.value.inner()
    if constraints.has(1):
        constraints.boolean()
    if constraints.has(2) and constraints.integer(8) < 0 and extension.strictness >= _NO_NEGATIVE_PATH:
        raise MalformedDERError


def _alternative_names(extension: Extension) -> None:
    names = extension.value.inner()
    while not names.empty:
        tag, name = names.any()
        if tag in (_MAIL, _DNS, _URI) and not name.isascii():
            raise MalformedDERError
        if tag == _URI:
            parsed = parse_url(name.decode(), extension.urls)
            if parsed is None or not _is_domain(parsed.host):
                raise MalformedDERError
        elif tag == _IP and len(name) not in (4, 16):
            raise MalformedDERError


def _is_domain(name: str) -> bool:
    """Return whether no label is empty. Go: domainNameValid."""
    return not name or (all(name.split(".")) and all("!" <= letter <= "~" for letter in name))


def _name_constraints(extension: Extension) -> None:
    lists = extension.value.inner()
    subtrees = [lists.optional(0xA0), lists.optional(0xA1)]
    if not extension.value.empty or not lists.empty or not any(subtrees):
        raise MalformedDERError
    for subtree in subtrees:
        bases = Der(subtree or b"")
        while not bases.empty:
            _name_constraint(*bases.inner().any())


def _name_constraint(tag: int, name: bytes) -> None:
    """Check one constraint; of a mailbox, only the host matters, which is not checked."""
    if tag == _IP:
        half = len(name) // 2
        mask = int.from_bytes(name[half:], "big")
        unset = ~mask & ((1 << 8 * half) - 1)
        if len(name) not in (8, 32) or unset & (unset + 1):
            raise MalformedDERError
    elif tag in (_MAIL, _DNS, _URI):
        text = name.decode("latin-1")
        if not name.isascii() or ("@" not in text and not _is_domain(text.removeprefix("."))):
            raise MalformedDERError


def _distribution_points(extension: Extension) -> None:
    points = extension.value.inner()
    while not points.empty:
        point = points.inner()
        name = Der(point.optional(0xA0) or b"") if point.has(0xA0) else None
        names = name.inner(0xA0) if name is not None else Der(b"")
        while names.has(_URI):
            names.take(_URI)


def _authority_key(extension: Extension) -> None:
    _is_not_critical(extension)
    extension.value.inner().optional(0x80)


def _subject_key(extension: Extension) -> None:
    _is_not_critical(extension)
    extension.value.take(OCTETS)


def _usages(extension: Extension) -> None:
    usages = extension.value.inner()
    while not usages.empty:
        usages.oid()


def _policies(extension: Extension) -> None:
    policies, oids = extension.value.inner(), set()
    while not policies.empty:
        oid = policies.inner().take(OID)
        if not oid or oid[-1] & 0x80 or 0x80 in _first_bytes(oid):
            raise MalformedDERError
        if oid in oids and extension.strictness >= _POLICIES:
            raise MalformedDERError
        oids.add(oid)


def _first_bytes(oid: bytes) -> list[int]:
    """Return the first bytes of the numbers in an OBJECT IDENTIFIER; the size of numbers is unlimited here."""
    return [byte for before, byte in zip(b"\x00" + oid, oid, strict=False) if not before & 0x80]


def _policy_mappings(extension: Extension) -> None:
    if extension.strictness >= _POLICIES:
        mappings = extension.value.inner()
        while not mappings.empty:
            mapping = mappings.inner()
            mapping.take(OID)
            mapping.take(OID)


def _policy_constraints(extension: Extension) -> None:
    if extension.strictness >= _POLICIES:
        constraints = Der(extension.value.take(SEQUENCE))
        for tag in (0x80, 0x81):
            if constraints.has(tag):
                constraints.integer(8, tag)


def _inhibit_any_policy(extension: Extension) -> None:
    if extension.strictness >= _POLICIES:
        extension.value.integer(8)


def _authority_information(extension: Extension) -> None:
    _is_not_critical(extension)
    descriptions = extension.value.inner()
    while not descriptions.empty:
        description = descriptions.inner()
        description.oid()
        description.optional(_URI)


EXTENSIONS: dict[bytes, Check] = {
    b"\x55\x1d\x0e": _subject_key,
    b"\x55\x1d\x0f": lambda extension: extension.value.bits(),
    b"\x55\x1d\x11": _alternative_names,
    b"\x55\x1d\x13": _basic_constraints,
    b"\x55\x1d\x1e": _name_constraints,
    b"\x55\x1d\x1f": _distribution_points,
    b"\x55\x1d\x20": _policies,
    b"\x55\x1d\x21": _policy_mappings,
    b"\x55\x1d\x23": _authority_key,
    b"\x55\x1d\x24": _policy_constraints,
    b"\x55\x1d\x25": _usages,
    b"\x55\x1d\x36": _inhibit_any_policy,
    b"\x2b\x06\x01\x05\x05\x07\x01\x01": _authority_information,
}
