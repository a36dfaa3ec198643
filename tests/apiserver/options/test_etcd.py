from __future__ import annotations

import pytest

from tests.apiserver.options.running import config, rules, server


@pytest.mark.parametrize(
    ("flags", "rule"),
    [
        (("--etcd-servers=",), "ETCD-01"),
        (("--storage-backend=etcd2",), "ETCD-02"),
        (("--storage-backend=consul",), "ETCD-02"),
        (("--etcd-servers-overrides=/events",), "ETCD-03"),
        (("--etcd-servers-overrides=events#http://a",), "ETCD-03"),
        (("--etcd-servers-overrides=/events#http://a;",), "ETCD-03"),
        (("--encryption-provider-config-automatic-reload",), "ETCD-04"),
        (("--storage-media-type=application/cbor",), "ETCD-05"),
        (("--watch-cache-sizes=pods",), "ETCD-06"),
        (("--watch-cache-sizes=pods#-1",), "ETCD-06"),
        (("--watch-cache-sizes=pods#0x10",), "ETCD-06"),
        (("--etcd-certfile=/a.crt",), "ETCD-07"),
    ],
)
def test_refused(flags: tuple[str, ...], rule: str) -> None:
    assert rules(*flags) == {rule}


@pytest.mark.parametrize(
    "flags",
    [
        ("--storage-backend=",),
        ("--storage-backend=etcd3",),
        ("--watch-cache=false", "--watch-cache-sizes=garbage"),
        ("--etcd-servers-overrides=/events#http://a:1;http://b:2,apps/deployments#http://c:3",),
        ("--storage-media-type=",),
        ("--etcd-compaction-interval=0",),
    ],
)
def test_accepted(flags: tuple[str, ...]) -> None:
    assert rules(*flags) == set()


def test_etcd2_is_refused_by_name_and_unknown_ones_as_unknown() -> None:
    messages = []
    for backend in ("etcd2", "consul"):
        _, report = server(f"--storage-backend={backend}")
        (found,) = report.of("error")
        messages.append(found.message)
    assert "no longer" in messages[0]
    assert "consul" in messages[1]


def test_empty_server_of_an_override_passes_before_1_34() -> None:
    assert rules("--etcd-servers-overrides=/events#http://a:1;", version="1.33") == set()


def test_zero_timeout_means_two_seconds() -> None:
    assert config("--etcd-healthcheck-timeout=0")["etcd.healthcheckTimeout"] == "2s"


def test_watch_cache_sizes_lie_over_the_defaults() -> None:
    resolved, _ = server("--watch-cache-sizes=events#5,pods#0")
    assert resolved.options.etcd.watch_cache_sizes == {"events": 5, "events.events.k8s.io": 0, "pods": 0}
    factory = resolved.storage_factory
    assert factory is not None
    cached = {row.resource: not row.uncached_because for row in factory.rows() if not row.group}
    assert (cached["events"], cached["pods"], cached["secrets"]) == (True, False, True)


@pytest.mark.parametrize(
    ("servers", "rule"),
    [
        # What a client of a real etcd at 127.0.0.1:2379 could connect to, and what it never could.
        ("http://127.0.0.1:2379", None),
        ("127.0.0.1:2379", None),
        ("HTTP://127.0.0.1:2379/path?query=1#fragment", None),
        ("http://user@127.0.0.1:2379", None),
        ("unix:///run/etcd.sock", None),
        ("https://[2001:db8::1]:2379", None),
        ("http://127.0.0.1", "ETCD-90"),
        ("localhost", "ETCD-90"),
        ("http://", "ETCD-90"),
        (",", "ETCD-90"),
        ("http://127.0.0.1:99999", "ETCD-90"),
        ("http://127.0.0.1:port", "ETCD-90"),
        ("http:/127.0.0.1:2379", "ETCD-90"),
        ("//127.0.0.1:2379", "ETCD-90"),
        ("ftp://127.0.0.1:2379", "ETCD-90"),
        ("dns:///127.0.0.1:2379", "ETCD-90"),
        (" http://127.0.0.1:2379", "ETCD-90"),
        ("http://127.0.0.1:2379 ", "ETCD-90"),
        ("127.0.0.1:2379/path", "ETCD-90"),
        ("http://,http://127.0.0.1:2379", "ETCD-91"),
        ("ftp://127.0.0.1:2379,http://127.0.0.1:2379", "ETCD-91"),
    ],
)
def test_servers_that_can_be_dialled(servers: str, rule: str | None) -> None:
    assert endpoint_rules(f"--etcd-servers={servers}") == ({rule} if rule else set())


def test_servers_of_an_override_that_can_be_dialled() -> None:
    assert endpoint_rules("--etcd-servers-overrides=/events#http://a") == {"ETCD-90"}
    # Nothing is stored under this name, so that no store is made for it.
    assert endpoint_rules("--etcd-servers-overrides=/gadgets#http://a") == {"ETCD-91"}


def endpoint_rules(flag: str) -> set[str]:
    """The rules about endpoints that a flag breaks; an error with each ETCD-90, none with an ETCD-91."""
    _, report = server(flag)
    codes = {"KASC-ETCD-090": "ETCD-90", "KASC-ETCD-091": "ETCD-91"}
    found = {codes[each.code]: each.severity for each in report.diagnostics if each.code in codes}
    assert report.rejected == ("ETCD-90" in found)
    return set(found)
