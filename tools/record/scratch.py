"""What a recorded server is given: the baseline of flags, and a scratch directory with its key files.

In flags and files `$T` is replaced by the scratch directory, `$E` by the port of etcd and `$P` by that of the server.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

BASELINE = [
    "--etcd-servers=http://127.0.0.1:$E",
    "--service-account-issuer=https://kubernetes.default.svc",
    "--service-account-signing-key-file=$T/sa.key",
    "--service-account-key-file=$T/sa.pub",
    "--service-cluster-ip-range=10.0.0.0/24",
    "--cert-dir=$T/certs",
    "--token-auth-file=$T/tok",
    "--authorization-mode=Node,RBAC",
]
"""The flags that every recorded server gets, unless its case replaces them."""
TOKEN = "tok"
"""The bearer token of an administrator."""


def write_keys(directory: Path) -> None:
    """Write sa.key and sa.pub (a pair), pc.key and pc.crt (a self-signed pair), and the token file `tok`."""
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    (directory / "sa.key").write_bytes(key.private_bytes(*plain))
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    (directory / "sa.pub").write_bytes(public)
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "proxy")])
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(other.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=3650))
        .sign(other, hashes.SHA256())
    )
    (directory / "pc.key").write_bytes(other.private_bytes(*plain))
    (directory / "pc.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (directory / "tok").write_text(f"{TOKEN},admin,admin,system:masters\n")


def write_files(files: Mapping[str, Any], values: Mapping[str, str]) -> None:
    """Write a case's files: text, or a value that is written as JSON. Paths and texts are expanded.

    A relative path is one in the scratch directory.
    """
    for path, body in files.items():
        target = Path(values["T"], expand(path, values))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(expand(body if isinstance(body, str) else json.dumps(body), values))


def expand(text: str, values: Mapping[str, str]) -> str:
    """Replace `$T`, `$E` and `$P`."""
    for name, value in values.items():
        text = text.replace(f"${name}", value)
    return text


def over(baseline: Iterable[str], flags: list[str], drop: Iterable[str] = ()) -> list[str]:
    """Return a case's flags on top of a baseline, without the baseline flags that the case drops."""
    dropped = set(drop)
    return [flag for flag in baseline if flag.split("=")[0] not in dropped] + flags


def case_flags(flags: list[str], baseline: Iterable[str] = BASELINE) -> list[str]:
    """Return all flags of a run: its own replace those of the baseline, and an authorization config the modes."""
    own = [flag.split("=")[0] for flag in flags]
    if "--authorization-config" in own:
        own.append("--authorization-mode")
    return over(baseline, flags, own)
