"""Key, certificate and static token files, compared with what the server's loaders accept."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from compiler import rules
from compiler.apiserver.config_files import read_bytes
from compiler.apiserver.context import NamedFile
from compiler.diagnostics import Location, diagnose
from compiler.inputs import UnreadableFileError
from compiler.inputs.source.node import place
from compiler.rules import Rule
from compiler.text import shown
from compiler.upstream.go.encoding import next_record, read_fields
from compiler.upstream.go.strconv import InvalidValueError
from compiler.upstream.x509 import Go, go_of, parse_certificate
from compiler.upstream.x509.asn1 import blocks
from compiler.upstream.x509.private_key import parse_pkcs1, parse_pkcs8, parse_private_key, parse_sec1
from compiler.upstream.x509.public_key import BITS_OF_CURVE, PublicKey, parse_public_key

if TYPE_CHECKING:
    from compiler.inputs import Host


_SIGNING = ("RSA", "SECP256R1", "SECP384R1", "SECP521R1")
_TLS = ("RSA", "Ed25519", *BITS_OF_CURVE)
_TLS_KEYS = "an RSA, ECDSA or Ed25519"


def check_pair(certificate: NamedFile, key: NamedFile, rule: Rule) -> None:
    """Check that a certificate and its private key match; unknown files are not checked."""
    first, second = read_bytes(certificate, rule), read_bytes(key, rule)
    if first is not None and second is not None:
        check_pair_of(first, second, certificate, key, rule)


def check_pair_of(first: bytes, second: bytes, certificate: NamedFile, key: NamedFile, rule: Rule) -> None:
    """Check that the contents of a certificate and key file match. Go: crypto/tls, X509KeyPair."""
    go = _go(certificate)
    leaves = [block.der for block in blocks(first) if block.type == "CERTIFICATE"]
    leaf = parse_certificate(leaves[0], go) if leaves else None
    if leaf is None:
        problem = "contains an invalid certificate" if leaves else "contains no certificate"
        message = f"{shown(certificate.path)} {problem}"
        certificate.report(rule, message, "use a PEM file that starts with the certificate")
        return
    private = _first_private_key(second, go)
    if private is None:
        message = f"{shown(key.path)} contains no valid private key"
        key.report(rule, message, f"use a PEM file with {_TLS_KEYS} key that is not encrypted")
    elif leaf.kind not in _TLS:
        message = f"{shown(certificate.path)} has a key type that TLS does not support"
        certificate.report(rule, message, f"issue one for {_TLS_KEYS} key")
    elif not leaf.matches(private):
        message = f"{shown(key.path)} does not match the certificate {shown(certificate.path)}"
        key.report(rule, message, "use the private key of the certificate")


def _first_private_key(data: bytes, go: Go) -> PublicKey | None:
    """Return the key of the first private key block, None if it is not valid; later blocks are ignored."""
    for block in blocks(data):
        if block.type == "PRIVATE KEY" or block.type.endswith(" PRIVATE KEY"):
            key = parse_private_key(block.der, go.certificates)
            return key if key is not None and key.kind in _TLS else None
    return None


def _go(named: NamedFile) -> Go:
    """Return the strictness of the server that reads a file."""
    return go_of(named.context.catalog)


def certificates(data: bytes, go: Go) -> list[PublicKey | None]:
    """Return the keys of a bundle's certificates, None for an invalid one; blocks with headers are ignored."""
    bundle = (block for block in blocks(data) if block.type == "CERTIFICATE" and not block.headers)
    return [parse_certificate(block.der, go) for block in bundle]


def check_client_ca(named: NamedFile, rule: Rule) -> None:
    """Check that a bundle has a certificate and no invalid one. Kubernetes: ParseCertsPEM."""
    data = read_bytes(named, rule)
    if data is not None:
        check_client_ca_of(data, named, rule)


def check_client_ca_of(data: bytes, named: NamedFile, rule: Rule) -> None:
    """Check the content of a bundle, see `check_client_ca`."""
    keys = certificates(data, _go(named))
    if None in keys:
        message = f"{shown(named.path)} contains an invalid certificate"
        named.report(rule, message, "fix the bundle, or remove the invalid certificate")
    elif not keys:
        named.report(rule, f"{shown(named.path)} contains no certificate", "use a PEM file with at least one")


def check_root_ca(named: NamedFile, rule: Rule) -> None:
    """Check a bundle of root CAs; an empty file means those of the host. Kubernetes: client-go/transport."""
    data = read_bytes(named, rule)
    if data is not None:
        check_root_ca_of(data, named, rule)


def check_root_ca_of(data: bytes, named: NamedFile, rule: Rule) -> None:
    """Check the content of a bundle, see `check_root_ca`."""
    if data and not any(certificates(data, _go(named))):
        named.report(rule, f"{shown(named.path)} contains no certificate", "use a PEM file with at least one")


def check_etcd_ca(named: NamedFile, rule: Rule) -> None:
    """Check that every PEM block is a certificate. etcd: client/pkg/tlsutil/tlsutil.go, NewCertPool."""
    data = read_bytes(named, rule)
    if data is not None and any(parse_certificate(block.der, _go(named)) is None for block in blocks(data)):
        message = f"{shown(named.path)} contains PEM blocks that are not valid certificates"
        named.report(rule, message, "keep only certificates in the bundle")


def check_signing_key(named: NamedFile, rule: Rule) -> None:
    """Check the signing key of service account tokens. Kubernetes: keyutil/key.go, ParsePrivateKeyPEM; jwt.go."""
    data = read_bytes(named, rule)
    if data is None:
        return
    key = signing_key(data, _go(named))
    if key is None or key.kind not in _SIGNING:
        message = f"{shown(named.path)} contains no private key that can sign tokens"
        named.report(rule, message, "use an RSA key, or an ECDSA key on P-256, P-384 or P-521")


def signing_key(data: bytes, go: Go) -> PublicKey | None:
    """Return the public key of the first valid private key in a file, None if there is none."""
    parsers = {"EC PRIVATE KEY": parse_sec1, "RSA PRIVATE KEY": parse_pkcs1, "PRIVATE KEY": parse_pkcs8}
    keys = (parsers[block.type](block.der, go.certificates) for block in blocks(data) if block.type in parsers)
    return next((key for key in keys if key is not None), None)


def verification_keys(data: bytes, go: Go) -> list[PublicKey]:
    """Return the public keys in a file that verify tokens, including those of private keys."""
    keys = (_verification_key(block.der, go) for block in blocks(data))
    return [key for key in keys if key is not None]


def check_verification_keys(named: NamedFile, rule: Rule) -> None:
    """Check the verification keys of service account tokens. Kubernetes: keyutil/key.go, PublicKeysFromFile."""
    if not named.path:
        named.report(rule, "the file name is empty", "set a file name, or remove the element")
        return
    data = read_bytes(named, rule)
    if data is not None and not verification_keys(data, _go(named)):
        message = f"{shown(named.path)} contains no RSA or ECDSA key"
        named.report(rule, message, "use a PEM file with the public key")


def _verification_key(der: bytes, go: Go) -> PublicKey | None:
    """Return an RSA key in any format, an ECDSA key in SEC 1, a public key in PKIX, or that of a certificate."""
    strictness = go.certificates
    private = parse_pkcs1(der, strictness) or parse_pkcs8(der, strictness)
    if private is not None and private.kind == "RSA":
        return private
    public = parse_public_key(der) or parse_certificate(der, go)
    if public is not None and (public.kind == "RSA" or public.kind in BITS_OF_CURVE):
        return public
    return parse_sec1(der, strictness)


def share_certificates(one: NamedFile, other: NamedFile) -> bool:
    """Return whether two bundles share a certificate; False if either is unknown or has an invalid certificate.

    An unavailable file shares its certificates with itself, unless its path is relative: the server only compares files
    that it can read.
    """
    same = os.path.isabs(one.path) and os.path.normpath(one.path) == os.path.normpath(other.path)
    bundles = []
    for named in (one, other):
        try:
            data = named.context.host.read(named.path)
        except UnreadableFileError:
            return False
        if data is None:
            return same
        if None in certificates(data, _go(named)):
            return False
        bundles.append({block.der for block in blocks(data) if block.type == "CERTIFICATE" and not block.headers})
    return bool(bundles[0] & bundles[1])


def readable(host: Host, path: str) -> bool:
    """Return whether a file is known to exist and readable."""
    try:
        return host.read(path) is not None
    except UnreadableFileError:
        return False


def can_create_in(host: Host, path: str) -> bool:
    """Return whether files can be created in a directory, which is created if necessary; True if unknown."""
    local = host.local(path, directory=True)
    if local is None:
        return True
    while not host.disk.exists(local) and os.path.dirname(local) != local:
        local = os.path.dirname(local)
    return host.disk.is_directory(local)


def can_write_to(host: Host, path: str) -> bool:
    """Return whether a file can be opened for writing, after creating its directories; True if unknown."""
    local = host.local(path)
    return local is None or (not host.disk.is_directory(local) and can_create_in(host, os.path.dirname(path)))


_RULE = rules.INVALID_TOKEN_AUTH_FILE
_COLUMNS = 3


def load_token_file(named: NamedFile) -> None:
    """Report the first malformed record, at which the server stops reading."""
    data = read_bytes(named, _RULE)
    if data is None:
        return
    text = data.decode(errors="replace")
    position = 0
    while (start := next_record(text, position)) is not None:
        try:
            fields = read_fields(text, start)
        except InvalidValueError:
            hint = 'put the whole field in double quotes, and write "" for a quote within it'
            _report(named, text, start, "has a misplaced quote", hint)
            return
        if len(fields) < _COLUMNS:
            message = f"has {len(fields)} columns, at least {_COLUMNS} are required"
            _report(named, text, start, message, "write TOKEN,USER,UID[,GROUPS]; comments are not supported")
            return
        end = text.find("\n", fields[-1].end)
        position = end + 1 if end >= 0 else len(text)


def _report(named: NamedFile, text: str, start: int, problem: str, hint: str) -> None:
    line, column = place(text, start)
    file = named.context.host.local(named.path) or named.path
    location = Location(file, line, column, line, column + 1)
    message = f"a record of the token file {problem}"
    named.context.report.add(diagnose(_RULE, message, hint, flag=named.flag, location=location))
