"""The catalog matches the recordings."""

from __future__ import annotations

from typing import Any

import pytest

from compiler.upstream.catalog import catalog
from compiler.upstream.catalog.facts import key_of, minor_of, nearest, section_of, versions
from compiler.upstream.catalog.history import removed
from tests import recordings
from tests.recordings import FACTS, facts
from tests.versions import RECORDED_VERSIONS, VERSIONS
from tools.generate.catalog import DATA, GROUPS, build


def test_data_is_generated_from_the_facts() -> None:
    for name, text in build(FACTS).items():
        assert (DATA / name).read_text() == text, f"{name} is stale: run python -m tools.generate.catalog"


def test_known_versions() -> None:
    names = set(recordings.names("facts")) - {"history", "resources"}
    assert versions() == tuple(sorted(name.removeprefix("v").removesuffix("-from-source") for name in names))


@pytest.mark.parametrize("version", RECORDED_VERSIONS)
def test_flags_in_registration_order(version: str) -> None:
    recorded: dict[str, tuple[str, str]] = {}
    for flag_set in facts(version)["flagSets"]:
        for flag in flag_set["flags"]:
            recorded.setdefault(flag["name"], (GROUPS[flag_set["name"]], flag["default"]))
    known = {spec.name: (spec.group, spec.default) for spec in catalog(version).flags.values()}
    assert list(known.items()) == list(recorded.items())


@pytest.mark.parametrize("version", RECORDED_VERSIONS)
def test_gates_at_their_own_version(version: str) -> None:
    known = catalog(version)
    for name, recorded in facts(version)["featureGates"].items():
        gate = known.gate(name)
        assert gate is not None
        state = gate.at(known.minor)
        assert state is not None
        assert (state.stage, state.default, state.locked) == (
            recorded["stage"],
            recorded["default"],
            recorded["locked"],
        ), name
        assert list(gate.depends_on) == recorded.get("dependsOn", [])
    assert set(known.gates) == set(facts(version)["featureGates"])


@pytest.mark.parametrize("version", RECORDED_VERSIONS[1:])
def test_gates_at_every_emulated_version(version: str) -> None:
    for name, recorded in facts(version)["featureGates"].items():
        gate = catalog(version).gates[name]
        for emulated in range(30, minor_of(version) + 1):
            steps = [step for step in recorded["history"] if minor_of(step["version"]) <= emulated]
            state = gate.at(emulated)
            messages = None if state is None else (state.stage, state.default, state.locked)
            expected = (steps[-1]["stage"], steps[-1]["default"], steps[-1]["locked"]) if steps else None
            assert messages == expected, (name, emulated)


@pytest.mark.parametrize("version", RECORDED_VERSIONS)
def test_admission_plugins_apis_and_storage(version: str) -> None:
    known, recorded = catalog(version), facts(version)
    from_source = recordings.document("facts", "resources.json")["resources"]
    assert list(known.plugins) == recorded["admissionPlugins"]["ordered"]
    off = {plugin.name for plugin in known.plugins.values() if plugin.default_off}
    assert off == set(recorded["admissionPlugins"]["defaultOff"])
    assert known.api_groups == {group: tuple(result) for group, result in recorded["apiGroups"].items()}
    assert known.enabled_apis == recorded["defaultAPIs"]["groupVersions"]
    assert known.enabled_resources == recorded["defaultAPIs"]["resources"]
    for part, values in recorded["storage"].items():
        assert known.storage(part) == values
    for part, names in recorded["tls"].items():
        assert sorted(known.tls(part)) == sorted(names)
    assert set(known.resources) - set(recorded["resources"]) <= set(from_source)
    for name, resource in recorded["resources"].items():
        assert known.resources[name].served == tuple(resource["served"])
        assert known.resources[name].stored == ("storageVersion" in resource)


def test_history_of_removals() -> None:
    def entry(kind: str, name: str) -> dict[str, Any]:
        result = removed(kind, name)
        assert result is not None
        return result

    assert entry("flags", "insecure-port")["removed"] == "1.24"
    assert entry("flags", "experimental-encryption-provider-config")["replacement"] == "encryption-provider-config"
    assert entry("featureGates", "APIListChunking")["removed"] == "1.33"
    assert entry("admissionPlugins", "PodSecurityPolicy")["removed"] == "1.25"
    assert removed("flags", "etcd-servers") is None


@pytest.mark.parametrize(
    ("flag", "key"),
    [
        ("service-cluster-ip-range", "serviceClusterIPRange"),
        ("client-ca-file", "clientCAFile"),
        ("oidc-issuer-url", "oidcIssuerURL"),
        ("etcd-cafile", "etcdCAFile"),
        ("etcd-certfile", "etcdCertFile"),
        ("disable-http2-serving", "disableHTTP2Serving"),
        ("http2-max-streams-per-connection", "http2MaxStreamsPerConnection"),
        ("tls-sni-cert-key", "tlsSNICertKey"),
        ("v", "v"),
    ],
)
def test_keys_of_flags(flag: str, key: str) -> None:
    assert key_of(flag) == key


def test_keys_are_one_to_one() -> None:
    for version in VERSIONS:
        flags = catalog(version).flags
        assert len({(spec.group, spec.key) for spec in flags.values()}) == len(flags)


def test_sections_of_groups() -> None:
    assert [section_of(group) for group in ("etcd", "secure_serving", "api_enablement", "cloud_provider")] == [
        "etcd",
        "secureServing",
        "apiEnablement",
        "cloudProvider",
    ]


@pytest.mark.parametrize(
    ("asked", "known"),
    [
        ("1.19", VERSIONS[0]),
        (f"{VERSIONS[0]}.4", VERSIONS[0]),
        ("v1.36", "1.36"),
        ("1.99", VERSIONS[-1]),
        (None, VERSIONS[-1]),
    ],
)
def test_nearest_version(asked: str | None, known: str) -> None:
    assert nearest(asked) == known
