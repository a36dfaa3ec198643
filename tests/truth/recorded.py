"""Recorded cases as inputs: a scratch folder with the recordings' key files, and a Pod that runs the flags."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from compiler.inputs.server import Host
from compiler.review.examine import Examined, Settings, examine

ETCD_PORT = "23790"
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


def make_keys(folder: Path) -> None:
    """sa.key and sa.pub (a pair), pc.key and pc.crt (a self-signed pair), and a token file."""
    import datetime

    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    (folder / "sa.key").write_bytes(key.private_bytes(*plain))
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    (folder / "sa.pub").write_bytes(public)
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
    (folder / "pc.key").write_bytes(other.private_bytes(*plain))
    (folder / "pc.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "tok").write_text("tok,admin,admin,system:masters\n")


def examined(folder: Path, version: str, flags: list[str], files: dict[str, Any]) -> Examined:
    """What kasc makes of a case; `$T` in flags and files is the folder, `$E` the etcd port."""
    path = write_pod(folder, version, flags, files)
    return examine(str(path), Settings("pod", version, Host("192.0.2.2", "/")))


def write_pod(folder: Path, version: str, flags: list[str], files: dict[str, Any], port: str = ETCD_PORT) -> Path:
    """Write a case as a static Pod, with its files beside it."""

    def expand(text: str) -> str:
        return text.replace("$T", str(folder)).replace("$E", port)

    for path, body in files.items():
        target = Path(expand(path))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(expand(body if isinstance(body, str) else json.dumps(body)))
    container = {
        "name": "kube-apiserver",
        "image": f"registry.k8s.io/kube-apiserver:v{version}.0",
        "command": ["kube-apiserver", *map(expand, flags)],
    }
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "kube-apiserver"},
        "spec": {"containers": [container]},
    }
    path = folder / "pod.json"
    path.write_text(json.dumps(pod, indent=1))
    return path


def run_flags(run: dict[str, Any]) -> list[str]:
    """All flags of a recorded run: its own replace those of the baseline, and an authorization config its modes."""
    own = [flag.split("=")[0] for flag in run["flags"]]
    if "--authorization-config" in own:
        own.append("--authorization-mode")
    return over(BASELINE, run["flags"], own)


def over(baseline: list[str], flags: list[str], drop: list[str]) -> list[str]:
    """A case's flags on top of the baseline, less the baseline flags that the case drops."""
    return [flag for flag in baseline if flag.split("=")[0] not in drop] + flags
