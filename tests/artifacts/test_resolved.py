"""The resolved config: what anonymous requests may do, where values come from, and both forms of every artifact."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from compiler.artifacts.resolved import resolved_config
from compiler.inputs import Host
from compiler.review.examine import examine
from tests.artifacts.compiling import SAMPLES, artifacts, document, resolve, resolve_file

FILE = {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AuthenticationConfiguration"}


def file_with(**content: Any) -> dict[str, Any]:
    return {"authenticationConfig": {"content": FILE | content}}


@pytest.mark.parametrize(
    ("authentication", "modes", "enabled", "conditions"),
    [
        ({}, ["RBAC"], True, []),
        ({"anonymousAuth": False}, ["RBAC"], False, []),
        ({}, ["AlwaysAllow", "RBAC"], False, []),
        ({"anonymousAuth": True}, ["AlwaysAllow"], False, []),
        (file_with(), ["RBAC"], True, []),
        (file_with(), ["AlwaysAllow"], False, []),
        (file_with(anonymous=None), ["RBAC"], True, []),
        (file_with(anonymous={"enabled": False}), ["RBAC"], False, []),
        (file_with(anonymous={"enabled": True}), ["RBAC"], True, []),
        # The modes only move the flag: what a file says stays.
        (file_with(anonymous={"enabled": True}), ["AlwaysAllow"], True, []),
        (
            file_with(anonymous={"enabled": True, "conditions": [{"path": "/livez"}, {"path": "/readyz"}]}),
            ["RBAC"],
            True,
            [{"path": "/livez"}, {"path": "/readyz"}],
        ),
        (file_with() | {"anonymousAuth": False}, ["RBAC"], False, []),
        ({"authenticationConfig": "/unknown.yaml"}, ["RBAC"], None, None),
        ({"authenticationConfig": "/unknown.yaml", "anonymousAuth": False}, ["RBAC"], False, []),
    ],
)
def test_anonymous_requests(
    authentication: dict[str, Any], modes: list[str], enabled: bool | None, conditions: list[Any] | None, tmp_path: Path
) -> None:
    resolved = resolve(document(authentication=authentication, authorization={"authorizationMode": modes}), tmp_path)
    found = resolved_config(resolved)["config"]["authentication"]
    assert found["anonymous"] == {"enabled": enabled, "conditions": conditions}
    assert ("anonymous" in found["authenticators"]) is (enabled is not False)
    assert found["authenticators"][0] == "loopbackToken"


def test_a_file_on_the_server_is_read_where_it_can_be(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/authn.yaml").write_text(yaml.safe_dump(FILE | {"anonymous": {"enabled": False}}))
    content = document(authentication={"authenticationConfig": "/etc/authn.yaml"})
    host = Host("192.0.2.2", "", (("/etc", str(tmp_path / "etc")),))
    found = resolved_config(resolve(content, tmp_path, host))["config"]["authentication"]
    assert found["anonymous"] == {"enabled": False, "conditions": []}


def test_provenance_tells_step_place_and_layer() -> None:
    (sample,) = [path for path in SAMPLES if path.parent.name == "prod-eu-1"]
    made = resolved_config(resolve_file(sample))
    assert made["layers"] == ["../base/apiserver.yaml", "apiserver.yaml"]
    found = made["provenance"]["flowControl.totalConcurrency"]
    assert found["step"] == "Features.ApplyTo"
    lines = sample.read_text().splitlines()
    file, line, column = found["from"]["max-requests-inflight"].split(":")
    assert file == "apiserver.yaml"
    assert lines[int(line) - 1][int(column) - 1 :].startswith("1200")
    assert found["from"]["enable-priority-and-fairness"] == "default"
    assert made["provenance"]["features.profiling"]["from"]["profiling"].startswith("../base/apiserver.yaml:")


@pytest.mark.parametrize("named", ["some/apiserver.yaml", "./some/apiserver.yaml", "{}/some/apiserver.yaml"])
@pytest.mark.parametrize("inside", [False, True])
def test_places_do_not_depend_on_how_the_document_was_named(
    named: str, inside: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in (".git", "some", "base"):
        (tmp_path / folder).mkdir()
    (tmp_path / "base/one.yaml").write_text("kubernetesVersion: '1.36'\n")
    (tmp_path / "some/two.yaml").write_text(yaml.safe_dump(document()))
    head = "apiVersion: kasc/v1\nkind: APIServer\nmetadata: {name: x}\nextends: [../base/one.yaml, two.yaml]\n"
    (tmp_path / "some/apiserver.yaml").write_text(head)
    monkeypatch.chdir(tmp_path / "some" if inside else tmp_path)
    name = named.format(tmp_path)
    found = examine(name.replace("some/", "") if inside and name[0] != "/" else name)
    assert found.resolved is not None
    made = resolved_config(found.resolved)
    assert made["layers"] == ["../base/one.yaml", "two.yaml", "apiserver.yaml"]
    assert made["provenance"]["etcd.servers"]["from"]["etcd-servers"].startswith("two.yaml:")


def test_every_value_of_the_tree_has_its_provenance(tmp_path: Path) -> None:
    made = resolved_config(resolve(document(), tmp_path))

    def at(path: str) -> Any:
        value = made["config"]
        for step in path.split("."):
            value = value[step]
        return value

    for path in made["provenance"]:
        at(path)
    heads = {path.partition(".")[0] for path in made["provenance"]}
    assert heads == set(made["config"])


def test_gates_that_are_on(tmp_path: Path) -> None:
    gates = {"APIServerIdentity": False, "UnknownVersionInteroperabilityProxy": False, "OpenAPIEnums": True}
    found = resolved_config(resolve(document(generic={"featureGates": gates}), tmp_path))["config"]["featureGates"]
    assert found["changed"] == gates
    assert "OpenAPIEnums" in found["enabled"]
    assert "APIServerIdentity" not in found["enabled"]
    assert found["enabled"] == sorted(found["enabled"])


def test_an_address_that_only_the_host_knows_is_null(tmp_path: Path) -> None:
    config = resolved_config(resolve(document(), tmp_path, Host()))["config"]
    assert config["generic"]["publicAddress"] is config["generic"]["externalAddress"] is None
    assert config["discovery"]["address"] is config["serviceAccountIssuer"]["jwksURI"] is None
    assert config["peerProxy"]["advertiseAddress"] is None
    assert config["secureServing"]["certificate"]["generate"]["commonName"] is None
    assert config["secureServing"]["certificate"]["generate"]["subjectAltNames"]["ips"] == ["10.0.0.1"]
    unspecified = document(generic={"advertiseAddress": "0.0.0.0"})
    assert resolved_config(resolve(unspecified, tmp_path, Host()))["config"]["generic"]["publicAddress"] is None


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.parent.name + "/" + path.name)
def test_yaml_and_json_hold_the_same(sample: Path) -> None:
    resolved = resolve_file(sample)
    plain, other = artifacts(resolved, "yaml"), artifacts(resolved, "json")
    for name, text in plain.items():
        if name.startswith("files/") or name.endswith(".flags"):
            assert other[name] == text
        else:
            assert json.loads(other[name.replace(".yaml", ".json")]) == yaml.safe_load(text)


def test_json_has_no_number_that_is_none(tmp_path: Path) -> None:
    """The server takes NaN for a share; JSON does not."""
    made = artifacts(resolve(document(extraFlags={"goaway-chance": "NaN"}), tmp_path), "json")
    assert json.loads(made["resolved.json"], parse_constant=pytest.fail)["config"]["generic"]["goawayChance"] is None
