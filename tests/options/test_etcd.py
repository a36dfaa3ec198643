from __future__ import annotations

import pytest

from tests.options.running import config, rules, server


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
        ("--etcd-servers-overrides=/events#http://a;http://b,apps/deployments#http://c",),
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
    assert rules("--etcd-servers-overrides=/events#http://a;", version="1.33") == set()


def test_zero_timeout_means_two_seconds() -> None:
    assert config("--etcd-healthcheck-timeout=0")["etcd.healthcheckTimeout"] == "2s"


def test_watch_cache_sizes_lie_over_the_defaults() -> None:
    resolved, _ = server("--watch-cache-sizes=events#5,pods#0")
    assert resolved.options.etcd.watch_cache_sizes == {"events": 5, "events.events.k8s.io": 0, "pods": 0}
    factory = resolved.config.storage_factory
    assert factory is not None
    cached = {row.resource: row.watch_cache for row in factory.rows() if not row.group}
    assert (cached["events"], cached["pods"], cached["secrets"]) == (True, False, True)
