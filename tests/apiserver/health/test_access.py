"""What requests without credentials get, held against what real servers of 1.36 answered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest

from compiler.apiserver.health.meaning import access_to, health_facts
from compiler.artifacts.health import definitions
from compiler.artifacts.pod import static_pod
from tests.apiserver.options.running import server
from tests.artifacts.compiling import document, resolve
from tests.versions import VERSIONS

AUTHENTICATION = {
    "apiVersion": "apiserver.config.k8s.io/v1",
    "kind": "AuthenticationConfiguration",
    "anonymous": {"enabled": True, "conditions": [{"path": "/readyz"}, {"path": "/livez"}]},
}
BY_CONDITIONS: dict[str, Any] = {"authenticationConfig": {"content": AUTHENTICATION}}


def authorizers(*types: str) -> dict[str, Any]:
    """An authorization config in place of the modes."""
    chain = [{"type": kind, "name": kind.lower()} for kind in types]
    content = {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AuthorizationConfiguration", "authorizers": chain}
    return {"authorizationMode": None, "authorizationConfig": {"content": content}}


# Sections of a document; what a real server answered on /healthz, /livez, /readyz and /livez/ping without credentials.
ANSWERS: list[tuple[dict[str, Any], tuple[int, int, int, int]]] = [
    ({}, (200, 200, 200, 403)),
    ({"authorization": {"authorizationMode": ["Node"]}}, (403, 403, 403, 403)),
    ({"authorization": {"authorizationMode": ["AlwaysDeny", "RBAC"]}}, (200, 200, 200, 403)),
    ({"authorization": {"authorizationMode": ["AlwaysAllow"]}}, (401, 401, 401, 401)),
    (
        {"authorization": {"authorizationMode": ["AlwaysAllow"]}, "authentication": BY_CONDITIONS},
        (401, 200, 200, 401),
    ),
    ({"authentication": BY_CONDITIONS}, (401, 200, 200, 401)),
    ({"authorization": authorizers("AlwaysAllow")}, (200, 200, 200, 200)),
    ({"authentication": {"anonymousAuth": False}}, (401, 401, 401, 401)),
    (
        {"apiEnablement": {"runtimeConfig": {"rbac.authorization.k8s.io/v1": "false"}}},
        (403, 403, 403, 403),
    ),
]


@pytest.mark.parametrize(("sections", "answers"), ANSWERS)
def test_answers_without_credentials(
    sections: dict[str, Any], answers: tuple[int, int, int, int], tmp_path: Path
) -> None:
    outcomes = {200: "allowed", 401: "unauthorized", 403: "forbidden"}
    rows = {row["path"]: row["outcome"] for row in definitions(resolve(document(**sections), tmp_path))["access"]}
    paths = ("/healthz", "/livez", "/readyz", "/livez/*")
    assert [rows[path] for path in paths] == [outcomes[answer] for answer in answers]


@pytest.mark.parametrize(
    "flags",
    [
        ("--authentication-config=/unknown.yaml",),
        ("--authorization-config=/unknown.yaml",),
        ("--authorization-mode=ABAC", "--authorization-policy-file=/unknown"),
        ("--authorization-mode=Webhook,RBAC", "--authorization-webhook-config-file=/unknown"),
    ],
)
def test_what_cannot_be_had_decides(flags: tuple[str, ...]) -> None:
    drop = ("--authorization-mode",) if "--authorization-config=/unknown.yaml" in flags else ()
    resolved, _ = server(*flags, drop=drop)
    found = access_to(
        health_facts(resolved.context, resolved.config, resolved.storage_factory, resolved.health), "/readyz"
    )
    assert (found.outcome, found.denied) == ("undecided", False)
    assert found.reason


DENIED = {"authentication": {"anonymousAuth": False}}
ADVERTISED = {"generic": {"advertiseAddress": "10.0.0.1"}}


def alternatives(folder: Path, version: str = "1.36", **sections: dict[str, Any]) -> dict[str, dict[str, Any]]:
    made = definitions(resolve(document(version, **sections), folder))
    return {entry["name"]: entry for entry in made["alternatives"]}


def test_no_alternative_where_every_probe_gets_an_answer(tmp_path: Path) -> None:
    assert alternatives(tmp_path) == {}


@pytest.mark.parametrize("version", VERSIONS)
def test_probes_and_their_alternatives_are_sound_in_every_version(version: str, tmp_path: Path) -> None:
    for sections in ({}, DENIED, {**DENIED, "secureServing": {"bindAddress": "::"}, **ADVERTISED}):
        resolved = resolve(document(version, **sections), tmp_path)
        made = definitions(resolved)
        ways = [made["probes"], *(entry["probes"] for entry in made["alternatives"])]
        assert len(ways) == (4 if sections else 1)
        for way in ways:
            pod = static_pod(resolved)
            pod["spec"]["containers"][0] |= {f"{name}Probe": probe for name, probe in way.items()}
            kubernetes_validate.validate(pod, version, strict=True)


@pytest.mark.parametrize(
    ("version", "gates"),
    [("1.31", ["AnonymousAuthConfigurableEndpoints"]), ("1.32", []), ("1.34", []), ("1.36", [])],
)
def test_the_proposed_conditions_are_accepted_and_open_the_paths(
    version: str, gates: list[str], tmp_path: Path
) -> None:
    found = alternatives(tmp_path, version, **DENIED)["conditions"]
    assert [need for need in found["needs"] if "gate" in need] == [f"the gate {gate}" for gate in gates]
    sections: dict[str, dict[str, Any]] = {
        "authentication": {"authenticationConfig": {"content": found["authenticationConfig"]}},
        "generic": {"featureGates": dict.fromkeys(gates, True)},
    }
    made = definitions(resolve(document(version, **sections), tmp_path))
    opened = {row["path"]: row["outcome"] for row in made["access"]}
    assert opened["/livez"] == opened["/readyz"] == opened["/healthz"] == "allowed"
    assert made["probes"] == found["probes"]


def test_conditions_that_are_there_are_kept(tmp_path: Path) -> None:
    content = {**AUTHENTICATION, "anonymous": {"enabled": True, "conditions": [{"path": "/mine"}]}}
    found = alternatives(tmp_path, authentication={"authenticationConfig": {"content": content}})["conditions"]
    paths = [entry["path"] for entry in found["authenticationConfig"]["anonymous"]["conditions"]]
    assert paths == ["/mine", "/healthz", "/livez", "/readyz"]


def test_where_nobody_is_authorized_conditions_do_not_help(tmp_path: Path) -> None:
    found = alternatives(tmp_path, authorization={"authorizationMode": ["Node"]})
    assert list(found) == ["exec", "proxy"]
    assert all(any("system:masters" in need for need in entry["needs"]) for entry in found.values())


def test_clients_with_a_certificate_need_a_ca(tmp_path: Path) -> None:
    without = alternatives(tmp_path, **DENIED)["exec"]["needs"]
    authentication = {"anonymousAuth": False, "clientCAFile": "/pki/client-ca.crt"}
    given = alternatives(tmp_path, authentication=authentication)["exec"]
    assert "--client-ca-file" in without
    assert "--client-ca-file" not in given["needs"]
    command = given["probes"]["liveness"]["exec"]["command"]
    assert command[command.index("--cert") + 1] == "/pki/healthcheck-client.crt"
    assert command[-3:] == [
        "--connect-to",
        "kubernetes.default.svc:443:127.0.0.1:6443",
        "https://kubernetes.default.svc/livez?exclude=etcd",
    ]
