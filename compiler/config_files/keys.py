"""Key and certificate files, held against what the server's loaders take.

Kubernetes: client-go/util/keyutil/key.go, client-go/util/cert, client-go/transport; Go: crypto/tls X509KeyPair.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from compiler.config_files import pem
from compiler.config_files.reading import NamedFile, read_bytes
from compiler.flags.text import shown
from compiler.host import MissingFile

if TYPE_CHECKING:
    from compiler.host import Host

_SIGNING = ("rsa", "secp256r1", "secp384r1", "secp521r1")


def check_pair(certificate: NamedFile, key: NamedFile, rule: str) -> None:
    """A certificate and its private key have to belong together; a file that is unknown is not judged."""
    first, second = read_bytes(certificate, rule), read_bytes(key, rule)
    if first is not None and second is not None:
        check_pair_of(first, second, certificate, key, rule)


def check_pair_of(first: bytes, second: bytes, certificate: NamedFile, key: NamedFile, rule: str) -> None:
    """The same for contents; the two named files say where each stands. Go: crypto/tls, X509KeyPair."""
    leaves = [block.der for block in pem.blocks(first) if block.type == "CERTIFICATE"]
    leaf = pem.certificate(leaves[0]) if leaves else None
    if leaf is None:
        message = f"{shown(certificate.path)} holds no certificate" + (" that can be read" if leaves else "")
        certificate.refuse(rule, message, "name a PEM file with the certificate first")
        return
    private = _first_private_key(second)
    if private is None:
        message = f"{shown(key.path)} holds no private key that the server can read"
        key.refuse(rule, message, "name a PEM file with an RSA, ECDSA or Ed25519 key, without a password")
    elif _public_of(leaf) != pem.public_bytes(private.public_key()):
        message = f"{shown(key.path)} does not belong to the certificate {shown(certificate.path)}"
        key.refuse(rule, message, "name the key that the certificate was made for")


def _first_private_key(data: bytes) -> Any:
    """The key in the first block that says it is one; what comes after is not looked at."""
    for block in pem.blocks(data):
        if block.type == "PRIVATE KEY" or block.type.endswith(" PRIVATE KEY"):
            return pem.private_key(block.der)
    return None


def _public_of(certificate: Any) -> bytes:
    try:
        return pem.public_bytes(certificate.public_key())
    except Exception:  # a key of a kind that cryptography does not know belongs to nothing
        return b""


def check_client_ca(named: NamedFile, rule: str) -> None:
    """A bundle has to hold a certificate, and none that cannot be parsed. Kubernetes: ParseCertsPEM."""
    data = read_bytes(named, rule)
    if data is not None:
        check_client_ca_of(data, named, rule)


def check_client_ca_of(data: bytes, named: NamedFile, rule: str) -> None:
    """The same for a content."""
    found = pem.certificates(data, strict=True)
    if found is None:
        message = f"{shown(named.path)} holds a certificate that cannot be read"
        named.refuse(rule, message, "mend the bundle, or take the damaged certificate out")
    elif not found:
        named.refuse(rule, f"{shown(named.path)} holds no certificate", "name a PEM file with at least one")


def check_root_ca(named: NamedFile, rule: str) -> None:
    """A bundle that a client trusts; an empty file means the host's own. Kubernetes: client-go/transport."""
    data = read_bytes(named, rule)
    if data is not None:
        check_root_ca_of(data, named, rule)


def check_root_ca_of(data: bytes, named: NamedFile, rule: str) -> None:
    """The same for a content."""
    if data and not pem.certificates(data):
        named.refuse(rule, f"{shown(named.path)} holds no certificate", "name a PEM file with at least one")


def check_etcd_ca(named: NamedFile, rule: str) -> None:
    """Every PEM block has to be a certificate. etcd: client/pkg/tlsutil/tlsutil.go, NewCertPool."""
    data = read_bytes(named, rule)
    if data is not None and any(pem.certificate(block.der) is None for block in pem.blocks(data)):
        message = f"{shown(named.path)} holds something else than certificates"
        named.refuse(rule, message, "leave only certificates in the bundle")


def check_signing_key(named: NamedFile, rule: str) -> None:
    """The key that signs service account tokens. Kubernetes: keyutil/key.go, ParsePrivateKeyPEM; jwt.go."""
    data = read_bytes(named, rule)
    if data is None:
        return
    forms = {"EC PRIVATE KEY": "sec1", "RSA PRIVATE KEY": "pkcs1", "PRIVATE KEY": "pkcs8"}
    keys = (pem.private_key(block.der, forms[block.type]) for block in pem.blocks(data) if block.type in forms)
    key = next((key for key in keys if key is not None), None)
    if key is None or pem.kind_of(key) not in _SIGNING:
        message = f"{shown(named.path)} holds no private key that can sign tokens"
        named.refuse(rule, message, "make an RSA key, or an ECDSA key on P-256, P-384 or P-521")


def check_verification_keys(named: NamedFile, rule: str) -> None:
    """Keys that verify service account tokens. Kubernetes: keyutil/key.go, PublicKeysFromFile."""
    if not named.path:
        named.refuse(rule, "a file name is empty", "name a file, or remove the element")
        return
    data = read_bytes(named, rule)
    if data is not None and not any(_verifies(block.der) for block in pem.blocks(data)):
        message = f"{shown(named.path)} holds no RSA or ECDSA key"
        named.refuse(rule, message, "name a PEM file with the public key")


def _verifies(der: bytes) -> bool:
    """An RSA key of any form, an ECDSA key in SEC 1, a public key in PKIX, or a certificate of either kind."""
    private = pem.private_key(der)
    if private is not None:
        kind = pem.kind_of(private)
        return kind == "rsa" or (kind.startswith("secp") and pem.private_key(der, "sec1") is not None)
    public = pem.public_key(der)
    return public is not None and (pem.kind_of(public) == "rsa" or pem.kind_of(public).startswith("secp"))


def share_certificates(host: Host, one: str, other: str) -> bool:
    """Whether two bundles have a certificate in common; False where either is unknown."""
    found = []
    for path in (one, other):
        try:
            data = host.read(path)
        except MissingFile:
            data = None
        if data is None:
            return False
        found.append({block.der for block in pem.blocks(data) if block.type == "CERTIFICATE"})
    return bool(found[0] & found[1])


def readable(host: Host, path: str) -> bool:
    """Whether a file is known to be there."""
    try:
        return host.read(path) is not None
    except MissingFile:
        return False


def can_write_below(host: Host, path: str) -> bool:
    """Whether files can be made in a folder, which may itself have to be made; True where it is unknown."""
    local = host.local(path)
    if local is None:
        return True
    while not os.path.exists(local) and os.path.dirname(local) != local:
        local = os.path.dirname(local)
    return os.path.isdir(local)


def can_write_to(host: Host, path: str) -> bool:
    """Whether a file could be opened for writing, its folders made first; True where it is unknown."""
    local = host.local(path)
    return local is None or (not os.path.isdir(local) and can_write_below(host, os.path.dirname(path)))
