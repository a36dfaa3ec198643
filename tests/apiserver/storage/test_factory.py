"""Where and how resources are stored: the rules at their boundaries.

What is said of prefixes and of overrides for a whole group was seen with a server of 1.36 and two etcds.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from compiler.artifacts import storage
from tests.apiserver.options.running import server
from tests.artifacts.compiling import document, resolve

MAIN, OTHER, THIRD = "http://main:2379", "http://other:2379", "http://third:2379"
SERVERS = f"--etcd-servers={MAIN}"


def manifest(*flags: str, version: str = "1.36") -> dict[str, Any]:
    resolved, report = server(SERVERS, *flags, version=version)
    assert [error.message for error in report.of("error")] == []
    return storage.manifest(resolved)


def rows(*flags: str, version: str = "1.36") -> dict[str, dict[str, Any]]:
    """Resource as `resource.group` -> its row."""
    found = manifest(*flags, version=version)["resources"]
    return {f"{row['resource']}.{row['group']}".rstrip("."): row for row in found}


def others(made: dict[str, Any]) -> dict[str, list[str]]:
    return {row["keyPrefix"]: row["servers"] for row in made["otherKeys"] if row["keyPrefix"] != "compact_rev_key"}


@pytest.mark.parametrize(
    ("prefix", "key"),
    [
        ("/registry", "/registry/"),
        ("registry", "/registry/"),
        ("/registry/", "/registry/"),
        ("//registry//x", "/registry/x/"),
        ("/a/./b/../c", "/a/c/"),
        ("../a", "/a/"),
        ("a/../b", "/b/"),
        (".", "/"),
        ("/", "/"),
        ("", "/"),
        ("/with space/é", "/with space/é/"),
    ],
)
def test_prefix_is_cleaned_as_a_path(prefix: str, key: str) -> None:
    made = manifest(f"--etcd-prefix={prefix}")
    assert made["transport"]["prefix"] == (key.rstrip("/") or "/")
    keys = [row["keyPrefix"] for row in made["resources"]]
    assert f"{key}configmaps" in keys
    assert f"{key}services/specs" in keys
    assert f"{key}apiextensions.k8s.io/customresourcedefinitions" in keys
    assert all(found.startswith(key) and "//" not in found for found in keys)
    assert made["customObjects"]["keyPrefix"] == f"{key}{{group}}/{{resource}}"
    assert f"{key}masterleases/" in others(made)
    assert made["healthChecks"][0]["key"] == f"{key}health"


def test_special_prefixes_and_lower_case_names() -> None:
    found = {name: row["keyPrefix"].removeprefix("/registry/") for name, row in rows().items()}
    assert {name: prefix for name, prefix in found.items() if prefix != name.partition(".")[0]} == {
        "replicationcontrollers": "controllers",
        "endpoints": "services/endpoints",
        "nodes": "minions",
        "services": "services/specs",
        "ingresses.networking.k8s.io": "ingress",
        "customresourcedefinitions.apiextensions.k8s.io": "apiextensions.k8s.io/customresourcedefinitions",
        "apiservices.apiregistration.k8s.io": "apiregistration.k8s.io/apiservices",
    }


def test_an_exact_override_wins_over_one_of_the_whole_group_wherever_it_stands() -> None:
    for flag in (
        f"--etcd-servers-overrides=apps/*#{OTHER},apps/deployments#{THIRD};{MAIN}",
        f"--etcd-servers-overrides=apps/deployments#{THIRD};{MAIN},apps/*#{OTHER}",
    ):
        found = rows(flag)
        assert found["deployments.apps"]["servers"] == [THIRD, MAIN]
        assert found["statefulsets.apps"]["servers"] == [OTHER]
        assert found["pods"]["servers"] == [MAIN]
        assert found["jobs.batch"]["servers"] == [MAIN]


def test_of_two_overrides_for_one_resource_the_last_one_counts() -> None:
    assert rows(f"--etcd-servers-overrides=/pods#{OTHER},/pods#{THIRD}")["pods"]["servers"] == [THIRD]


def test_override_of_the_core_group_takes_leases_and_allocations_along() -> None:
    made = manifest(f"--etcd-servers-overrides=/*#{OTHER},/configmaps#{MAIN}")
    found = {f"{row['resource']}.{row['group']}".rstrip("."): row["servers"] for row in made["resources"]}
    assert found["namespaces"] == found["events"] == found["services"] == [OTHER]
    assert found["configmaps"] == found["leases.coordination.k8s.io"] == [MAIN]
    assert found["apiservices.apiregistration.k8s.io"] == [MAIN]
    assert others(made) == {
        "/registry/masterleases/": [OTHER],
        "/registry/peerserverleases/": [OTHER],
        "/registry/ranges/servicenodeports": [OTHER],
    }
    assert made["customObjects"]["servers"] == [MAIN]


def test_allocations_lie_with_services() -> None:
    made = manifest(f"--etcd-servers-overrides=/services#{OTHER}", version="1.32")
    assert others(made) == {
        "/registry/masterleases/": [MAIN],
        "/registry/ranges/serviceips": [OTHER],
        "/registry/ranges/servicenodeports": [OTHER],
    }


def test_delegated_servers_and_custom_objects_know_no_override() -> None:
    flag = f"--etcd-servers-overrides=apiextensions.k8s.io/*#{OTHER},apiregistration.k8s.io/apiservices#{OTHER}"
    found = rows(flag, f"--etcd-servers-overrides=example.com/widgets#{OTHER}")
    assert found["customresourcedefinitions.apiextensions.k8s.io"]["servers"] == [MAIN]
    assert found["apiservices.apiregistration.k8s.io"]["servers"] == [MAIN]


def test_events_of_both_groups_are_one_place() -> None:
    found = rows(f"--etcd-servers-overrides=events.k8s.io/events#{OTHER}")
    assert "events.events.k8s.io" not in found
    assert found["events"]["servers"] == [MAIN]
    assert found["events"]["cohabiting"] == ["events.events.k8s.io"]
    assert rows(f"--etcd-servers-overrides=/events#{OTHER}")["events"]["servers"] == [OTHER]


def test_without_the_other_group_events_stay_where_they_are() -> None:
    found = rows("--runtime-config=events.k8s.io/v1=false")
    assert found["events"]["keyPrefix"] == "/registry/events"


@pytest.mark.parametrize(
    ("flag", "media"),
    [
        ("", "application/json"),
        ("application/json", "application/json"),
        ("application/yaml", "application/yaml"),
        ("application/vnd.kubernetes.protobuf", "application/vnd.kubernetes.protobuf"),
    ],
)
def test_media_type_is_for_built_in_resources(flag: str, media: str) -> None:
    made = manifest(f"--storage-media-type={flag}")
    delegated = ("apiextensions.k8s.io", "apiregistration.k8s.io")
    for row in made["resources"]:
        assert row["mediaType"] == ("application/json" if row["group"] in delegated else media)
    assert made["customObjects"]["mediaType"] == "application/json"


def test_custom_objects_are_cbor_with_its_gate() -> None:
    assert manifest("--feature-gates=CBORServingAndStorage=true")["customObjects"]["mediaType"] == "application/cbor"
    assert rows("--feature-gates=CBORServingAndStorage=true")["pods"]["mediaType"].endswith("protobuf")


@pytest.mark.parametrize(
    ("flags", "uncached"),
    [
        ((), {"events"}),
        (("--watch-cache-sizes=events#5",), set()),
        (("--watch-cache-sizes=pods#0,deployments.apps#0,nodes#100",), {"events", "pods", "deployments.apps"}),
        (("--watch-cache-sizes=pods.#0,deployments#0",), {"events", "pods"}),
        (("--watch-cache-sizes=pods#0,pods#1",), {"events"}),
        (("--watch-cache-sizes=pods#+0,nodes#9223372036854775807",), {"events", "pods"}),
        (("--default-watch-cache-size=0",), {"events"}),
    ],
)
def test_watch_cache_sizes(flags: tuple[str, ...], uncached: set[str]) -> None:
    made = manifest(*flags)
    found = {f"{row['resource']}.{row['group']}".rstrip(".") for row in made["resources"] if not row["watchCache"]}
    assert found == uncached
    assert made["customObjects"]["watchCache"] is True


def test_without_watch_cache_nothing_has_one() -> None:
    made = manifest("--watch-cache=false", "--watch-cache-sizes=events#5")
    assert not any(row["watchCache"] for row in made["resources"])
    assert made["customObjects"]["watchCache"] is False


def encrypted(folder: Path, *entries: tuple[list[str], str], **etcd: Any) -> dict[str, Any]:
    """A manifest with one aescbc provider an entry, named as given, before identity."""
    resources = [
        {
            "resources": names,
            "providers": [
                {"aescbc": {"keys": [{"name": key, "secret": {"env": "KEY"}}]}},
                {"identity": {}},
            ],
        }
        for names, key in entries
    ]
    content = {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "EncryptionConfiguration",
        "resources": resources,
    }
    return storage.manifest(resolve(document(etcd={"encryptionProviderConfig": {"content": content}, **etcd}), folder))


def writers(made: dict[str, Any]) -> dict[str, str | None]:
    found = {}
    for row in made["resources"]:
        encryption = row["encryption"]
        write = encryption["write"].removeprefix("k8s:enc:aescbc:v1:").rstrip(":") if encryption else None
        found[f"{row['resource']}.{row['group']}".rstrip(".")] = write
    return found


def test_encryption_is_looked_up_by_name_then_group_then_everything(tmp_path: Path) -> None:
    made = encrypted(
        tmp_path,
        (["secrets", "deployments.apps"], "exact"),
        (["*.apps"], "apps"),
        (["*."], "core"),
        (["*.*"], "all"),
    )
    found = writers(made)
    assert found["secrets"] == found["deployments.apps"] == "exact"
    assert found["statefulsets.apps"] == "apps"
    assert found["configmaps"] == "core"
    assert found["roles.rbac.authorization.k8s.io"] == "all"
    assert found["customresourcedefinitions.apiextensions.k8s.io"] == "all"
    assert made["customObjects"]["encryption"]["write"] == "k8s:enc:aescbc:v1:all:"
    assert made["customObjects"]["encryption"]["read"] == ["k8s:enc:aescbc:v1:all:", None]


def test_of_two_entries_for_a_resource_the_first_one_counts(tmp_path: Path) -> None:
    assert writers(encrypted(tmp_path, (["secrets"], "one"), (["secrets"], "two")))["secrets"] == "one"


def test_identity_first_writes_plainly_and_still_reads(tmp_path: Path) -> None:
    content = {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "EncryptionConfiguration",
        "resources": [
            {
                "resources": ["secrets"],
                "providers": [
                    {"identity": {}},
                    {"kms": {"apiVersion": "v2", "name": "vault", "endpoint": "unix:///run/k/a.sock"}},
                    {"secretbox": {"keys": [{"name": f"k{i}", "secret": {"env": "K"}} for i in (1, 2)]}},
                ],
            }
        ],
    }
    resolved = resolve(document(etcd={"encryptionProviderConfig": {"content": content}}), tmp_path)
    (row,) = [row for row in storage.manifest(resolved)["resources"] if row["resource"] == "secrets"]
    assert row["encryption"] == {
        "write": None,
        "read": [None, "k8s:enc:kms:v2:vault:", "k8s:enc:secretbox:v1:k1:", "k8s:enc:secretbox:v1:k2:"],
    }


def test_custom_resources_that_are_named_are_exceptions(tmp_path: Path) -> None:
    made = encrypted(
        tmp_path,
        (["widgets.example.com", "secrets"], "one"),
        (["*.example.com"], "two"),
        watchCacheSizes={"gadgets.example.com": 0, "pods": 0},
    )
    assert made["customObjects"]["encryption"] is None
    found = {
        f"{entry['resource']}.{entry['group']}": (entry["encryption"]["write"], entry["watchCache"])
        for entry in made["customObjects"]["exceptions"]
    }
    assert found == {
        "*.example.com": ("k8s:enc:aescbc:v1:two:", True),
        "gadgets.example.com": ("k8s:enc:aescbc:v1:two:", False),
        "widgets.example.com": ("k8s:enc:aescbc:v1:one:", True),
    }
    rows = {row["keyPrefix"]: row["encryption"]["write"] for row in made["otherKeys"] if "encryption" in row}
    assert rows == {
        "/registry/example.com/": "k8s:enc:aescbc:v1:two:",
        "/registry/example.com/gadgets/": "k8s:enc:aescbc:v1:two:",
        "/registry/example.com/widgets/": "k8s:enc:aescbc:v1:one:",
    }


@pytest.mark.parametrize(
    ("etcd", "known"),
    [({}, True), ({"encryptionProviderConfig": "/unknown.yaml"}, False)],
)
def test_the_manifest_says_whether_it_knows_the_encryption(etcd: dict[str, Any], known: bool, tmp_path: Path) -> None:
    made = storage.manifest(resolve(document(etcd=etcd), tmp_path))
    assert made["encryption"]["known"] is known
    assert made["encryption"]["configFile"] == etcd.get("encryptionProviderConfig", "")


def test_other_keys_follow_their_writers() -> None:
    assert "/registry/masterleases/" not in others(manifest("--endpoint-reconciler-type=none"))
    assert "/registry/masterleases/" not in others(manifest("--endpoint-reconciler-type=master-count"))
    assert "/registry/masterleases/" in others(manifest("--endpoint-reconciler-type="))
    gate = "--feature-gates=UnknownVersionInteroperabilityProxy=false"
    assert "/registry/peerserverleases/" not in others(manifest(gate))
    ranges = "--service-cluster-ip-range=10.0.0.0/16,fd00::/112"
    assert "/registry/ranges/secondaryserviceips" in others(manifest(ranges, version="1.33"))
    assert "/registry/ranges/serviceips" not in others(manifest(ranges))


def test_every_etcd_is_compacted_unless_none_is() -> None:
    def compacted(*flags: str) -> list[list[str]]:
        return [row["servers"] for row in manifest(*flags)["otherKeys"] if row["keyPrefix"] == "compact_rev_key"]

    assert compacted() == [[MAIN]]
    assert compacted(f"--etcd-servers-overrides=/events#{OTHER}") == [[MAIN], [OTHER]]
    assert compacted("--etcd-compaction-interval=0") == []


@pytest.mark.parametrize(
    ("flags", "resource", "because"),
    [
        ((), "pods", None),
        ((), "events", "their size is 0 unless --watch-cache-sizes sets it"),
        (("--watch-cache-sizes=events#100",), "events", None),
        (("--watch-cache-sizes=pods#0",), "pods", "--watch-cache-sizes=pods#0"),
        (("--watch-cache-sizes=deployments.apps#0",), "deployments", "--watch-cache-sizes=deployments.apps#0"),
        (("--watch-cache=false",), "pods", "--watch-cache=false"),
    ],
)
def test_why_there_is_no_watch_cache(flags: tuple[str, ...], resource: str, because: str | None) -> None:
    (row,) = [row for row in manifest(*flags)["resources"] if row["resource"] == resource][:1]
    assert row["watchCache"] is (because is None)
    assert (because or "") in row.get("watchCacheOffBecause", "")
