"""Key and certificate files, read as the server reads them; nothing of a key is ever shown.

Kubernetes: client-go/util/keyutil/key.go, client-go/util/cert, and Go's crypto/tls X509KeyPair.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from compiler.flags.text import shown
from compiler.host import MissingFile

if TYPE_CHECKING:
    from compiler.options.group import OptionGroup
    from compiler.options.run import ServerRunOptions

_BEGIN, _END = b"-----BEGIN ", b"-----END "
_PRIVATE = (b"RSA PRIVATE KEY", b"EC PRIVATE KEY", b"PRIVATE KEY")
_SIGNING_CURVES = ("secp256r1", "secp384r1", "secp521r1")


class Keys:
    """The key files of one server. A file that no mapping covers is not looked for, and nothing is said of it."""

    def __init__(self, run: ServerRunOptions) -> None:
        self.run = run
        self._read: dict[str, bytes | str | None] = {}

    def _content(self, path: str) -> bytes | str | None:
        """The bytes of a file, None where it is unknown, or in words why it cannot be read."""
        if path not in self._read:
            try:
                self._read[path] = self.run.host.read(path)
            except MissingFile as problem:
                self._read[path] = str(problem)
        return self._read[path]

    def _bytes(self, group: OptionGroup, rule: str, flag: str, path: str, element: int | None = None) -> bytes | None:
        """The content, or None after reporting that it cannot be read."""
        found = self._content(path)
        if isinstance(found, str):
            message = f"--{flag}: {shown(path)} cannot be read: {found}"
            group.refuse(rule, message, "make the file, or mend the path", flag, element)
            return None
        return found

    def readable(self, path: str) -> bool:
        """Whether the file is known to be there."""
        return isinstance(self._content(path), bytes)

    def can_write_below(self, path: str) -> bool:
        """Whether files can be made in a folder, which may itself have to be made; True where it is unknown."""
        local = self.run.host.local(path)
        if local is None:
            return True
        while not os.path.exists(local) and os.path.dirname(local) != local:
            local = os.path.dirname(local)
        return os.path.isdir(local) and os.access(local, os.W_OK)

    def pair(
        self,
        group: OptionGroup,
        rule: str,
        certificate_flag: str,
        certificate: str,
        key_flag: str,
        key: str,
        element: int | None = None,
    ) -> None:
        """A certificate and its private key have to belong together."""
        first = self._bytes(group, rule, certificate_flag, certificate, element)
        second = self._bytes(group, rule, key_flag, key, element)
        if first is None or second is None:
            return
        leaves = certificates_in(first)
        if not leaves:
            message = f"--{certificate_flag}: {shown(certificate)} holds no certificate"
            group.refuse(rule, message, "name a PEM file with the certificate first", certificate_flag, element)
            return
        private = private_key_in(second)
        if private is None:
            message = f"--{key_flag}: {shown(key)} holds no private key that the server can read"
            group.refuse(rule, message, "name a PEM file with an RSA, ECDSA or Ed25519 key", key_flag, element)
        elif _public_bytes(private.public_key()) != _public_bytes(leaves[0].public_key()):
            message = f"--{key_flag}: {shown(key)} does not belong to the certificate {shown(certificate)}"
            group.refuse(rule, message, "name the key that the certificate was made for", key_flag, element)

    def certificates(self, group: OptionGroup, rule: str, flag: str, path: str, any_content: bool = False) -> None:
        """A bundle has to hold at least one certificate; with `any_content` it only has to be readable."""
        data = self._bytes(group, rule, flag, path) if path else None
        if data is not None and not any_content and not certificates_in(data):
            message = f"--{flag}: {shown(path)} holds no certificate"
            group.refuse(rule, message, "name a PEM file with at least one certificate", flag)

    def signing_key(self, group: OptionGroup, rule: str, flag: str, path: str) -> None:
        """The key that signs service account tokens: RSA, or ECDSA on a NIST curve."""
        data = self._bytes(group, rule, flag, path)
        if data is None:
            return
        private = private_key_in(data)
        if private is None or _kind(private) not in ("rsa", *_SIGNING_CURVES):
            message = f"--{flag}: {shown(path)} holds no private key that can sign tokens"
            group.refuse(rule, message, "make an RSA key, or an ECDSA key on P-256, P-384 or P-521", flag)

    def verification_keys(
        self, group: OptionGroup, rule: str, flag: str, path: str, element: int | None = None
    ) -> None:
        """Keys that verify service account tokens: public or private keys, or certificates, RSA or ECDSA."""
        data = self._bytes(group, rule, flag, path, element) if path else None
        if not path:
            group.refuse(rule, f"--{flag} has an empty file name", "name a file, or remove the element", flag, element)
        if data is not None and not has_verification_key(data):
            message = f"--{flag}: {shown(path)} holds no RSA or ECDSA key"
            group.refuse(rule, message, "name a PEM file with the public key", flag, element)

    def overlap(self, one: str, other: str) -> bool:
        """Whether two bundles share a certificate; False where either is unknown."""
        first, second = self._content(one), self._content(other)
        if not isinstance(first, bytes) or not isinstance(second, bytes):
            return False
        return bool(set(map(_encoded, certificates_in(first))) & set(map(_encoded, certificates_in(second))))


def pem_blocks(data: bytes) -> list[tuple[bytes, bytes]]:
    """Label and whole text of every PEM block, in order. Go: encoding/pem Decode."""
    blocks = []
    position = 0
    while (start := data.find(_BEGIN, position)) >= 0:
        label_end = data.find(b"-----", start + len(_BEGIN))
        if label_end < 0:
            break
        label = data[start + len(_BEGIN) : label_end]
        closing = _END + label + b"-----"
        end = data.find(closing, label_end)
        if end < 0:
            position = label_end
            continue
        blocks.append((label, data[start : end + len(closing)] + b"\n"))
        position = end + len(closing)
    return blocks


def certificates_in(data: bytes) -> list[Any]:
    """The certificates of a PEM text; blocks that are none, or cannot be read, are left out."""
    from cryptography import x509

    found = []
    for label, block in pem_blocks(data):
        if label == b"CERTIFICATE":
            try:
                found.append(x509.load_pem_x509_certificate(block))
            except ValueError:
                continue
    return found


def private_key_in(data: bytes) -> Any:
    """The first private key of a PEM text, None where there is none that can be read without a password."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    for label, block in pem_blocks(data):
        if label in _PRIVATE:
            try:
                return load_pem_private_key(block, None)
            except (ValueError, TypeError, UnsupportedAlgorithm):
                continue
    return None


def has_verification_key(data: bytes) -> bool:
    """Kubernetes: keyutil/key.go, ParsePublicKeysPEM."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    for label, block in pem_blocks(data):
        try:
            if label in _PRIVATE:
                key: Any = private_key_in(block)
            elif label == b"CERTIFICATE":
                key = next(iter(certificates_in(block)), None)
                key = key.public_key() if key is not None else None
            elif label in (b"PUBLIC KEY", b"RSA PUBLIC KEY"):
                key = load_pem_public_key(block)
            else:
                continue
        except (ValueError, UnsupportedAlgorithm):
            continue
        if key is not None and (_kind(key) == "rsa" or _kind(key).startswith("secp")):
            return True
    return False


def _kind(key: Any) -> str:
    """`rsa`, the name of an elliptic curve, or empty for any other kind of key."""
    curve = getattr(key, "curve", None)
    if curve is not None:
        return str(curve.name)
    public = key.public_key() if hasattr(key, "public_key") else key
    return "rsa" if hasattr(public, "public_numbers") and hasattr(public.public_numbers(), "n") else ""


def _public_bytes(key: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    data: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return data


def _encoded(certificate: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    data: bytes = certificate.public_bytes(Encoding.DER)
    return data
