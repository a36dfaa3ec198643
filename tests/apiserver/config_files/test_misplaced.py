"""Unknown fields of structured files that belong elsewhere, and the errors that would follow from them."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.review.examine import Settings, examine

API = "apiVersion: apiserver.config.k8s.io/v1\n"
AUDIT = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n"
EGRESS = "apiVersion: apiserver.k8s.io/v1beta1\nkind: EgressSelectorConfiguration\negressSelections:\n"


def hints(directory: Path, text: str) -> list[str]:
    """Return the hints of errors and warnings in order of their positions."""
    path = directory / "f.yaml"
    path.write_text(text)
    report = examine(str(path), Settings(read_as="config-file", version="1.36")).report
    return [diagnostic.hint for diagnostic in report.sorted() if diagnostic.severity != "note"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            AUDIT + "- level: None\n  resources: [{group: '', verbs: [get]}]\n- level: Metadata\n",
            ["move verbs one level up, to rules[0]"],
        ),
        (AUDIT + "- level: Metadata\n  group: ''\n", ["move group one level down, into an element of resources"]),
        (AUDIT + "- {level: Metadata, kind: x}\n", ["move kind one level up, to the top level"]),
        (
            EGRESS + "- {name: etcd, connection: {type: http-connect, httpConnect: {url: https://a, caBundle: /c}}}\n",
            ["write proxyProtocol: HTTPConnect", "write transport: {tcp: {url: https://a, tlsConfig: {caBundle: /c}}}"],
        ),
        (EGRESS + "- name: etcd\n  connection: {type: direct}\n", ["write proxyProtocol: Direct"]),
        (
            API + "kind: AuthenticationConfiguration\njwt: [{issuerURL: https://a, clientID: x, usernameClaim: s}]\n",
            [
                "write issuer: {url: ...}",
                "write issuer: {audiences: [...]}",
                "write claimMappings: {username: {claim: ..., prefix: ...}}",
            ],
        ),
        (
            API + "kind: EncryptionConfiguration\nresources:\n- resources: secrets, configmaps\n  identity: {}\n",
            ['write a list: ["secrets", "configmaps"]', "move identity one level down, into an element of providers"],
        ),
    ],
)  # fmt: skip
def test_misplaced_fields_are_the_only_errors(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert hints(tmp_path, text) == expected
