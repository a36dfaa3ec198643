"""A fleet of small documents that share a base."""

from __future__ import annotations

from pathlib import Path

BASE = """\
apiVersion: kasc/v1
kind: APIServer
kubernetesVersion: "1.36"
metadata: {name: base}
etcd:
  etcdServers: [https://10.0.0.11:2379, https://10.0.0.12:2379]
  etcdCAFile: /etc/kubernetes/pki/etcd/ca.crt
authentication:
  serviceAccountIssuer: [https://kubernetes.default.svc]
  serviceAccountKeyFile: [/etc/kubernetes/pki/sa.pub]
authorization: {authorizationMode: [Node, RBAC]}
misc: {serviceClusterIPRange: 10.96.0.0/16, serviceAccountSigningKeyFile: /etc/kubernetes/pki/sa.key}
"""


def document(name: str, more: str = "") -> str:
    """A document that extends the base."""
    return (
        "apiVersion: kasc/v1\n"
        "kind: APIServer\n"
        f"metadata: {{name: {name}}}\n"
        "extends: [../base/apiserver.yaml]\n"
        f"authentication: {{serviceAccountIssuer: ['https://{name}.example.com', 'https://kubernetes.default.svc']}}\n"
        f"{more}"
    )


def make(folder: Path, number: int) -> Path:
    """`number` documents called c-000, c-001 and so on below `folder`, with their base."""
    (folder / "base").mkdir(parents=True)
    (folder / "base/apiserver.yaml").write_text(BASE)
    (folder / "some").mkdir()
    for index in range(number):
        (folder / f"some/c-{index:03}.yaml").write_text(document(f"c-{index:03}"))
    return folder


def tree(folder: Path) -> dict[str, str]:
    """Every file below a folder and its text, hidden ones left out."""
    files = (path for path in folder.rglob("*") if path.is_file())
    found = {str(path.relative_to(folder)): path.read_text() for path in files}
    return {name: text for name, text in found.items() if not name.startswith(".")}


def numbers(told: str) -> dict[str, int]:
    """The table at the end of a run: what is counted -> the count."""
    heads, cells = told.splitlines()[-2:]
    return {name.lower(): int(cell) for name, cell in zip(heads.split(), cells.split(), strict=True)}
