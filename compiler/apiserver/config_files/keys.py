"""Key and certificate files, held against what the server's loaders take.

Kubernetes: client-go/util/keyutil/key.go, client-go/util/cert, client-go/transport; Go: crypto/tls X509KeyPair.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from compiler.apiserver.config_files import read_bytes
from compiler.apiserver.context import NamedFile
from compiler.inputs.server import UnreadableFileError
from compiler.rules import Rule
from compiler.text import shown
from compiler.upstream.x509 import Go, go_of, parse_certificate
from compiler.upstream.x509.asn1 import blocks
from compiler.upstream.x509.private_key import parse_pkcs1, parse_pkcs8, parse_private_key, parse_sec1
from compiler.upstream.x509.public_key import BITS_OF_CURVE, PublicKey, parse_public_key

if TYPE_CHECKING:
    from compiler.inputs.server import Host

_SIGNING = ("RSA", "SECP256R1", "SECP384R1", "SECP521R1")
_TLS = ("RSA", "Ed25519", *BITS_OF_CURVE)
_TLS_KEYS = "an RSA, ECDSA or Ed25519"


def check_pair(certificate: NamedFile, key: NamedFile, rule: Rule) -> None:
    """A certificate and its private key have to belong together; a file that is unknown is not judged."""
    first, second = read_bytes(certificate, rule), read_bytes(key, rule)
    if first is not None and second is not None:
        check_pair_of(first, second, certificate, key, rule)


def check_pair_of(first: bytes, second: bytes, certificate: NamedFile, key: NamedFile, rule: Rule) -> None:
    """The same for contents; the two named files say where each stands. Go: crypto/tls, X509KeyPair."""
    go = _go(certificate)
    leaves = [block.der for block in blocks(first) if block.type == "CERTIFICATE"]
    leaf = parse_certificate(leaves[0], go) if leaves else None
    if leaf is None:
        message = f"{shown(certificate.path)} holds no certificate" + (" that the server can read" if leaves else "")
        certificate.refuse(rule, message, "name a PEM file with the certificate first")
        return
    private = _first_private_key(second, go)
    if private is None:
        message = f"{shown(key.path)} holds no private key that the server can read"
        key.refuse(rule, message, f"name a PEM file with {_TLS_KEYS} key, without a password")
    elif leaf.kind not in _TLS:
        message = f"{shown(certificate.path)} is for a kind of key that TLS cannot use"
        certificate.refuse(rule, message, f"make one for {_TLS_KEYS} key")
    elif not leaf.fits(private):
        message = f"{shown(key.path)} does not belong to the certificate {shown(certificate.path)}"
        key.refuse(rule, message, "name the key that the certificate was made for")


def _first_private_key(data: bytes, go: Go) -> PublicKey | None:
    """The key in the first block that says it is one; what comes after is not looked at."""
    for block in blocks(data):
        if block.type == "PRIVATE KEY" or block.type.endswith(" PRIVATE KEY"):
            found = parse_private_key(block.der, go.certificates)
            return found if found is not None and found.kind in _TLS else None
    return None


def _go(named: NamedFile) -> Go:
    """How strictly the server that reads a file does so."""
    return go_of(named.context.catalog)


def certificates(data: bytes, go: Go) -> list[PublicKey | None]:
    """The keys of a bundle's certificates, None for one that cannot be read; blocks with headers are none."""
    found = (block for block in blocks(data) if block.type == "CERTIFICATE" and not block.headers)
    return [parse_certificate(block.der, go) for block in found]


def check_client_ca(named: NamedFile, rule: Rule) -> None:
    """A bundle has to hold a certificate, and none that cannot be parsed. Kubernetes: ParseCertsPEM."""
    data = read_bytes(named, rule)
    if data is not None:
        check_client_ca_of(data, named, rule)


def check_client_ca_of(data: bytes, named: NamedFile, rule: Rule) -> None:
    """The same for a content."""
    found = certificates(data, _go(named))
    if None in found:
        message = f"{shown(named.path)} holds a certificate that the server cannot read"
        named.refuse(rule, message, "mend the bundle, or take the damaged certificate out")
    elif not found:
        named.refuse(rule, f"{shown(named.path)} holds no certificate", "name a PEM file with at least one")


def check_root_ca(named: NamedFile, rule: Rule) -> None:
    """A bundle that a client trusts; an empty file means the host's own. Kubernetes: client-go/transport."""
    data = read_bytes(named, rule)
    if data is not None:
        check_root_ca_of(data, named, rule)


def check_root_ca_of(data: bytes, named: NamedFile, rule: Rule) -> None:
    """The same for a content."""
    if data and not any(certificates(data, _go(named))):
        named.refuse(rule, f"{shown(named.path)} holds no certificate", "name a PEM file with at least one")


def check_etcd_ca(named: NamedFile, rule: Rule) -> None:
    """Every PEM block has to be a certificate. etcd: client/pkg/tlsutil/tlsutil.go, NewCertPool."""
    data = read_bytes(named, rule)
    if data is not None and any(parse_certificate(block.der, _go(named)) is None for block in blocks(data)):
        message = f"{shown(named.path)} holds something else than certificates"
        named.refuse(rule, message, "leave only certificates in the bundle")


def check_signing_key(named: NamedFile, rule: Rule) -> None:
    """The key that signs service account tokens. Kubernetes: keyutil/key.go, ParsePrivateKeyPEM; jwt.go."""
    data = read_bytes(named, rule)
    if data is None:
        return
    key = signing_key(data, _go(named))
    if key is None or key.kind not in _SIGNING:
        message = f"{shown(named.path)} holds no private key that can sign tokens"
        named.refuse(rule, message, "make an RSA key, or an ECDSA key on P-256, P-384 or P-521")


def signing_key(data: bytes, go: Go) -> PublicKey | None:
    """The public half of the first private key in a file; None if there is none that can be read."""
    forms = {"EC PRIVATE KEY": parse_sec1, "RSA PRIVATE KEY": parse_pkcs1, "PRIVATE KEY": parse_pkcs8}
    found = (forms[block.type](block.der, go.certificates) for block in blocks(data) if block.type in forms)
    return next((key for key in found if key is not None), None)


def verification_keys(data: bytes, go: Go) -> list[PublicKey]:
    """The keys in a file that verify tokens, of private keys their public half."""
    found = (_verification_key(block.der, go) for block in blocks(data))
    return [key for key in found if key is not None]


def check_verification_keys(named: NamedFile, rule: Rule) -> None:
    """Keys that verify service account tokens. Kubernetes: keyutil/key.go, PublicKeysFromFile."""
    if not named.path:
        named.refuse(rule, "a file name is empty", "name a file, or remove the element")
        return
    data = read_bytes(named, rule)
    if data is not None and not verification_keys(data, _go(named)):
        message = f"{shown(named.path)} holds no RSA or ECDSA key"
        named.refuse(rule, message, "name a PEM file with the public key")


def _verification_key(der: bytes, go: Go) -> PublicKey | None:
    """An RSA key of any form, an ECDSA key in SEC 1, a public key in PKIX, or a certificate of either kind."""
    strictness = go.certificates
    private = parse_pkcs1(der, strictness) or parse_pkcs8(der, strictness)
    if private is not None and private.kind == "RSA":
        return private
    public = parse_public_key(der) or parse_certificate(der, go)
    if public is not None and (public.kind == "RSA" or public.kind in BITS_OF_CURVE):
        return public
    return parse_sec1(der, strictness)


def share_certificates(one: NamedFile, other: NamedFile) -> bool:
    """Whether two bundles have a certificate in common; False if either is unknown or has one that is damaged.

    A file that is not available shares all of its certificates with itself. Of a relative path nothing is known:
    unless the server can read both files, it does not compare them.
    """
    same = os.path.isabs(one.path) and os.path.normpath(one.path) == os.path.normpath(other.path)
    found = []
    for named in (one, other):
        try:
            data = named.context.host.read(named.path)
        except UnreadableFileError:
            return False
        if data is None:
            return same
        if None in certificates(data, _go(named)):
            return False
        found.append({block.der for block in blocks(data) if block.type == "CERTIFICATE" and not block.headers})
    return bool(found[0] & found[1])


def readable(host: Host, path: str) -> bool:
    """Whether a file is known to be there."""
    try:
        return host.read(path) is not None
    except UnreadableFileError:
        return False


def can_write_below(host: Host, path: str) -> bool:
    """Whether files can be made in a folder, which may itself have to be made; True where it is unknown."""
    local = host.local(path, directory=True)
    if local is None:
        return True
    while not os.path.exists(local) and os.path.dirname(local) != local:
        local = os.path.dirname(local)
    return os.path.isdir(local)


def can_write_to(host: Host, path: str) -> bool:
    """Whether a file could be opened for writing, its folders made first; True where it is unknown."""
    local = host.local(path)
    return local is None or (not os.path.isdir(local) and can_write_below(host, os.path.dirname(path)))
