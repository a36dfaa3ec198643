from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.upstream.go.net import parse_cidr
from tests.apiserver.options.running import config, rules


@pytest.mark.parametrize(
    ("flags", "broken"),
    [
        (("--service-cluster-ip-range=10.0.0.0/33",), {"NET-01"}),
        (("--service-cluster-ip-range=10.0.0.0",), {"NET-01"}),
        (("--service-cluster-ip-range=10.0.0.0/24, fd00::/112",), {"NET-01"}),
        (("--service-cluster-ip-range=10.0.0.0/30",), {"NET-02"}),
        (("--service-cluster-ip-range=10.0.0.0/24,fd00::/112,10.1.0.0/24",), {"NET-03"}),
        (("--service-cluster-ip-range=10.0.0.0/24,10.1.0.0/24",), {"NET-04"}),
        (("--service-cluster-ip-range=fd00::/112",), {"NET-06"}),
        (("--advertise-address=fd00::5",), {"NET-06"}),
        (("--kubernetes-service-node-port=-1",), {"NET-07"}),
        (("--kubernetes-service-node-port=80",), {"NET-08"}),
        (("--endpoint-reconciler-type=bogus",), {"NET-09"}),
        (("--apiserver-count=0",), {"NET-10"}),
        (("--coordinated-leadership-lease-duration=10s",), {"CLE-01"}),
        (("--coordinated-leadership-renew-deadline=2s",), {"CLE-02"}),
        (("--peer-ca-file=/a",), {"PEER-02"}),
        (("--emulated-version=1.35", "--peer-advertise-ip=10.0.0.1"), {"PEER-01"}),
    ],
)
def test_refused(flags: tuple[str, ...], broken: set[str]) -> None:
    assert rules(*flags) == broken


@pytest.mark.parametrize(
    "flags",
    [
        ("--service-cluster-ip-range=",),
        ("--service-cluster-ip-range=010.096.0.0/016",),
        ("--service-cluster-ip-range=fd00::/112,10.0.0.0/24", "--endpoint-reconciler-type=none"),
        ("--service-node-port-range= 30000+2767 ", "--kubernetes-service-node-port=32767"),
        ("--advertise-address=fd00::5", "--service-cluster-ip-range=fd00:10::/108,10.0.0.0/24"),
    ],
)
def test_accepted(flags: tuple[str, ...]) -> None:
    assert rules(*flags) == set()


def test_wide_ranges_need_two_gates() -> None:
    wide = "--service-cluster-ip-range=10.0.0.0/8"
    assert rules(wide) == set()
    assert rules(wide, version="1.33") == {"NET-05"}
    assert rules(wide, "--emulated-version=1.33") == {"NET-05"}


def test_the_servers_own_service_address() -> None:
    values = config("--service-cluster-ip-range=10.96.7.0/16,fd00::/112")
    assert values["services.apiServerServiceIP"] == "10.96.0.1"
    assert values["services.ipRanges"] == ["10.96.0.0/16", "fd00::/112"]
    assert values["services.nodePortRange"] == "30000-32767"


def test_informers_and_transports() -> None:
    values = config("--enable-aggregator-routing")
    assert values["informers.resync"] == "10m0s"
    assert values["apiExtensions.informers.resync"] == values["aggregator.informers.resync"] == "5m0s"
    assert values["proxyTransport.cached"] is True
    assert values["serviceResolver.type"] == "endpointSlices"
    assert config("--enable-aggregator-routing", version="1.33")["serviceResolver.type"] == "endpoints"


@given(st.text(max_size=40))
def test_any_text_is_a_range_or_none(text: str) -> None:
    network = parse_cidr(text)
    assert network is None or 0 <= network.host_bits <= 128


@given(st.ip_addresses(), st.integers(0, 128))
def test_ranges_are_those_of_ipaddress(address: object, prefix: int) -> None:
    try:
        wanted = str(ip_network(f"{address}/{prefix}", strict=False))
    except ValueError:
        wanted = "None"
    assert str(parse_cidr(f"{address}/{prefix}")) == wanted


@pytest.mark.parametrize(("prefix", "refused"), [(11, True), (12, False)])
def test_a_service_range_has_at_most_20_host_bits_without_those_gates(prefix: int, refused: bool) -> None:
    broken = rules(f"--service-cluster-ip-range=10.0.0.0/{prefix}", version="1.33")
    assert ("NET-05" in broken) is refused
