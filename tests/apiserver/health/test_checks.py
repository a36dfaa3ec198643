"""The lists of checks beyond what the recorded runs hold: each row of their conditions, and the rules about times."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from compiler.artifacts import health, storage
from tests.apiserver.options.running import server
from tests.artifacts.compiling import document, resolve

HOOK = "poststarthook/"
FIRST = f"{HOOK}start-apiserver-admission-initializer"
# What a server of 1.36 answered with so many distinct sets of override servers: how often the first hook stood in
# the list. Where it stands more than once, the checks of the innermost server are missing.
SEEN = [(4, True, 1), (5, True, 8), (6, True, 1), (6, False, 7), (13, True, 8), (14, True, 8), (21, True, 8)]
SEEN += [(22, True, 1), (29, True, 8), (36, True, 8), (45, True, 8)]


def lists(*flags: str, version: str = "1.36") -> dict[str, list[str]]:
    resolved, report = server(*flags, version=version)
    assert not report.rejected
    made = health.definitions(resolved)
    return {name: [check["name"] for check in made[name]] for name in ("healthz", "livez", "readyz")}


def overrides(count: int) -> str:
    """Distinct server sets: one server, the same one twice, and so on."""
    sets = (";".join(["http://127.0.0.1:2379"] * number) for number in range(1, count + 1))
    return "--etcd-servers-overrides=" + ",".join(f"x/y{number}#{servers}" for number, servers in enumerate(sets))


@pytest.mark.parametrize(("count", "fair", "times"), SEEN)
def test_servers_share_a_slice(count: int, fair: bool, times: int) -> None:
    found = lists(overrides(count), f"--enable-priority-and-fairness={str(fair).lower()}")
    seed = ["ping", "log", "loopback-serving-certificate", "etcd", *(f"etcd-override-{i}" for i in range(count))]
    inner = [f"{HOOK}generic-apiserver-start-informers", f"{HOOK}crd-informer-synced"]
    for name, names in found.items():
        assert names.count(FIRST) == times
        assert all((check in names) is (times == 1) for check in inner)
        assert name == "readyz" or names[: len(seed)] == seed
    assert found["healthz"] == found["livez"]


def test_five_kms_plugins_at_once_leave_no_room_in_the_slice(tmp_path: Path) -> None:
    """They are appended together, which makes the array just as long as it has to be."""
    plugins = [{"kms": {"name": f"p{i}", "endpoint": f"unix:///run/k/{i}.sock"}} for i in range(5)]
    content = {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "EncryptionConfiguration",
        "resources": [{"resources": ["secrets"], "providers": plugins}],
    }
    sections: dict[str, dict[str, Any]] = {
        "etcd": {"encryptionProviderConfig": {"content": content}},
        "generic": {"featureGates": {"KMSv1": True}},
    }
    made = health.definitions(resolve(document(**sections), tmp_path))
    names = [check["name"] for check in made["healthz"]]
    assert names[4:9] == [f"kms-provider-{i}" for i in range(5)]
    assert names.count(FIRST) == 1
    assert "kms-provider-0" not in [check["name"] for check in made["livez"]]
    readyz = [check["name"] for check in made["readyz"]]
    assert readyz[: readyz.index("informer-sync")][-6:] == ["etcd-readiness", *(f"kms-provider-{i}" for i in range(5))]
    assert {(check["healthyFor"], check["unhealthyFor"]) for check in made["healthz"][4:9]} == {("20s", "3s")}


def kms(*versions: str, reload: bool = False) -> dict[str, dict[str, Any]]:
    providers: list[dict[str, Any]] = [
        {"kms": {"apiVersion": version, "name": f"p{i}", "endpoint": "unix:///run/k/a.sock"}}
        for i, version in enumerate(versions)
    ]
    content = {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "EncryptionConfiguration",
        "resources": [{"resources": ["secrets"], "providers": [*providers, {"identity": {}}]}],
    }
    return {
        "etcd": {"encryptionProviderConfig": {"content": content}, "encryptionProviderConfigAutomaticReload": reload},
        "generic": {"featureGates": {"KMSv1": True}},
    }


@pytest.mark.parametrize(
    ("versions", "reload", "expected"),
    [
        ((), False, []),
        ((), True, ["kms-providers"]),
        (("v2",), False, ["kms-providers"]),
        (("v2", "v2"), False, ["kms-providers"]),
        (("v1",), False, ["kms-provider-0"]),
        (("v2", "v1"), False, ["kms-provider-0", "kms-provider-1"]),
        (("v1", "v2"), True, ["kms-providers"]),
    ],
)
def test_kms_checks(versions: tuple[str, ...], reload: bool, expected: list[str], tmp_path: Path) -> None:
    made = health.definitions(resolve(document(**kms(*versions, reload=reload)), tmp_path))
    for name, wanted in (("healthz", expected), ("livez", []), ("readyz", expected)):
        assert [check["name"] for check in made[name] if check["name"].startswith("kms")] == wanted
    reloading = f"{HOOK}start-encryption-provider-config-automatic-reload"
    assert made["anyOrder"] == ([[FIRST, reloading]] if reload else [])
    assert (reloading in [check["name"] for check in made["livez"]]) is reload


@pytest.mark.parametrize(
    ("flags", "version", "present", "absent"),
    [
        ((), "1.36", ["loopback-serving-certificate"], []),
        ((), "1.35", [], ["loopback-serving-certificate", f"{HOOK}storage-readiness"]),
        (("--emulated-version=1.35",), "1.36", ["loopback-serving-certificate"], [f"{HOOK}storage-readiness"]),
        (
            ("--enable-priority-and-fairness=false",),
            "1.36",
            [f"{HOOK}max-in-flight-filter", f"{HOOK}priority-and-fairness-config-producer"],
            [f"{HOOK}priority-and-fairness-filter", f"{HOOK}priority-and-fairness-config-consumer"],
        ),
        (("--authorization-mode=Node",), "1.36", [], [f"{HOOK}rbac/bootstrap-roles"]),
        (("--runtime-config=rbac.authorization.k8s.io/v1=false",), "1.36", [], [f"{HOOK}rbac/bootstrap-roles"]),
        (
            ("--runtime-config=scheduling.k8s.io/v1=false",),
            "1.36",
            [],
            [f"{HOOK}scheduling/bootstrap-system-priority-classes"],
        ),
        (
            ("--proxy-client-cert-file=/a", "--proxy-client-key-file=/b"),
            "1.36",
            [f"{HOOK}aggregator-reload-proxy-client-cert"],
            [],
        ),
        (("--proxy-client-cert-file=/a",), "1.36", [], [f"{HOOK}aggregator-reload-proxy-client-cert"]),
        (
            ("--feature-gates=APIServerIdentity=false,UnknownVersionInteroperabilityProxy=false",),
            "1.36",
            [],
            [
                f"{HOOK}start-kube-apiserver-identity-lease-controller",
                f"{HOOK}start-kube-apiserver-identity-lease-garbage-collector",
                f"{HOOK}peer-endpoint-reconciler-controller",
            ],
        ),
        (("--endpoint-reconciler-type=none",), "1.36", [f"{HOOK}bootstrap-controller"], []),
        ((), "1.32", [], [f"{HOOK}start-kubernetes-service-cidr-controller"]),
        ((), "1.33", [f"{HOOK}start-kubernetes-service-cidr-controller"], []),
    ],
)
def test_conditions(flags: tuple[str, ...], version: str, present: list[str], absent: list[str]) -> None:
    names = lists(*flags, version=version)["livez"]
    assert [check for check in present if check not in names] == []
    assert [check for check in absent if check in names] == []


@pytest.mark.parametrize(
    ("flags", "healthz", "readyz"),
    [
        ((), ("2s", "1s"), ("2s", "1s")),
        (("--etcd-healthcheck-timeout=0", "--etcd-readycheck-timeout=0"), ("2s", "1s"), ("2s", "1s")),
        (("--etcd-healthcheck-timeout=5s",), ("5s", "2.5s"), ("2s", "1s")),
        (("--etcd-readycheck-timeout=300ms",), ("2s", "1s"), ("300ms", "150ms")),
    ],
)
def test_etcd_is_asked_once_in_half_a_timeout(
    flags: tuple[str, ...], healthz: tuple[str, str], readyz: tuple[str, str]
) -> None:
    resolved, _ = server(*flags, overrides(2))
    made = health.definitions(resolved)
    expected = {"etcd": healthz, "etcd-override-0": healthz, "etcd-override-1": healthz}
    expected |= {"etcd-readiness": readyz, "etcd-override-readiness-0": readyz, "etcd-override-readiness-1": readyz}
    for rows in (made["readyz"], storage.manifest(resolved)["healthChecks"]):
        assert {
            row["name"]: (row["timeout"], row["minInterval"]) for row in rows if row["name"].startswith("etcd")
        } == expected


def test_the_manifest_says_which_key_of_which_servers_a_check_reads() -> None:
    flags = ("--etcd-prefix=//a/b/", "--etcd-servers=http://m:1,http://n:1", "--etcd-servers-overrides=/x#http://o:1")
    resolved, _ = server(*flags)
    rows = storage.manifest(resolved)["healthChecks"]
    assert [(row["name"], row["key"], row["servers"]) for row in rows] == [
        ("etcd", "/a/b/health", ["http://m:1", "http://n:1"]),
        ("etcd-readiness", "/a/b/health", ["http://m:1", "http://n:1"]),
        ("etcd-override-0", "/a/b/health", ["http://o:1"]),
        ("etcd-override-readiness-0", "/a/b/health", ["http://o:1"]),
    ]


def test_override_sets_are_numbered_in_the_order_of_the_flag_and_their_own_order_does_not_count() -> None:
    same = "--etcd-servers-overrides=/a#http://x:1;http://y:1,/b#http://y:1;http://x:1,/c#http://z:1"
    assert [name for name in lists(same)["healthz"] if "override" in name] == ["etcd-override-0", "etcd-override-1"]
    assert [name for name in lists(same, version="1.33")["healthz"] if "override" in name] == []


def test_groups_for_exclude(tmp_path: Path) -> None:
    resolved, _ = server(overrides(1))
    groups = {check["name"]: check.get("group") for check in health.definitions(resolved)["readyz"]}
    assert groups["etcd"] == groups["etcd-override-0"] == "etcd"
    assert groups["etcd-readiness"] == groups["etcd-override-readiness-0"] == "etcd-readiness"
    assert groups["ping"] is None
    old, _ = server(version="1.33")
    assert all("group" not in check for check in health.definitions(old)["readyz"])


def test_grace_is_for_the_last_steps_of_the_outermost_server() -> None:
    resolved, _ = server("--livez-grace-period=90s")
    made = health.definitions(resolved)
    graced = [check["name"] for check in made["livez"] if "grace" in check]
    assert graced[0] == f"{HOOK}start-kube-aggregator-informers"
    assert graced == [check["name"] for check in made["livez"]][-len(graced) :]
    assert {check["grace"] for check in made["livez"] if "grace" in check} == {"1m30s"}
    assert not any("grace" in check for name in ("healthz", "readyz") for check in made[name])


def test_times_of_single_hooks() -> None:
    resolved, _ = server("--storage-initialization-timeout=2m")
    found = {check["name"]: check for check in health.definitions(resolved)["readyz"]}
    assert found[f"{HOOK}storage-readiness"]["passesAfter"] == "2m0s"
    assert found[f"{HOOK}start-service-ip-repair-controllers"]["fatalAfter"] == "1m0s"


@pytest.mark.parametrize(
    ("flags", "version", "hooks"),
    [
        (
            (),
            "1.36",
            [
                "stop-kubernetes-service-controller",
                "stop-kube-apiserver-identity-lease-controller",
                "peer-endpoint-reconciler-controller",
            ],
        ),
        ((), "1.35", ["stop-kubernetes-service-controller", "stop-kube-apiserver-identity-lease-controller"]),
        ((), "1.34", ["stop-kubernetes-service-controller"]),
    ],
)
def test_hooks_before_the_shutdown(flags: tuple[str, ...], version: str, hooks: list[str]) -> None:
    resolved, _ = server(*flags, version=version)
    assert health.definitions(resolved)["preShutdownHooks"] == hooks
