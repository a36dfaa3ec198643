from __future__ import annotations

import pytest

from tests.apiserver.options.running import config, rules, server


@pytest.mark.parametrize(
    ("flag", "rule"),
    [
        ("--livez-grace-period=-1s", "GEN-01"),
        ("--max-requests-inflight=-1", "GEN-02"),
        ("--max-mutating-requests-inflight=-1", "GEN-03"),
        ("--request-timeout=-1ns", "GEN-04"),
        ("--goaway-chance=0.021", "GEN-05"),
        ("--goaway-chance=-0.1", "GEN-05"),
        ("--min-request-timeout=-1", "GEN-06"),
        ("--storage-initialization-timeout=-1s", "GEN-07"),
        ("--shutdown-delay-duration=-1s", "GEN-08"),
        ("--shutdown-watch-termination-grace-period=-1s", "GEN-09"),
        ("--strict-transport-security-directives=maxage=1", "GEN-10"),
        ("--strict-transport-security-directives=max-age=1=2", "GEN-10"),
        ("--cors-allowed-origins=.*", "GEN-11"),
        ("--cors-allowed-origins=^a", "GEN-11"),
        ("--cors-allowed-origins=//a(:|$)(?=b)", "GEN-11"),
        ("--cors-allowed-origins=^(a$", "GEN-11"),
        ("--emulated-version=1.32", "VER-05"),
        ("--emulated-version=1.37", "VER-05"),
        ("--emulated-version=abc", "VER-01"),
        ("--emulated-version=1.35.2", "VER-02"),
        ("--emulated-version=1.35,kube=1.35", "VER-03"),
        ("--emulated-version=etcd=1.35", "VER-04"),
        ("--min-compatibility-version=1.32", "VER-06"),
        ("--emulation-forward-compatible", "VER-07"),
        ("--runtime-config-emulation-forward-compatible", "VER-08"),
    ],
)
def test_refused(flag: str, rule: str) -> None:
    assert rules(flag) == {rule}


@pytest.mark.parametrize(
    "flags",
    [
        ("--goaway-chance=0.02",),
        ("--goaway-chance=NaN",),
        ("--strict-transport-security-directives=max-age=abc,includeSubDomains,preload",),
        ("--cors-allowed-origins=//example\\.com(:|$)",),
        (r"--cors-allowed-origins=^\pL+$",),
        ("--emulated-version=v1.33", "--emulation-forward-compatible"),
        ("--emulated-version=kube=1.35.0",),
        ("--request-timeout=0",),
    ],
)
def test_accepted(flags: tuple[str, ...]) -> None:
    assert rules(*flags) == set()


def test_only_its_own_version_can_be_emulated_by_1_31() -> None:
    assert rules("--emulated-version=1.30", version="1.31") == {"VER-90"}
    assert rules("--emulated-version=1.31", version="1.31") == set()


@pytest.mark.parametrize(
    ("flags", "address"),
    [
        ((), "192.0.2.2"),
        (("--advertise-address=0.0.0.0",), "192.0.2.2"),
        (("--bind-address=10.0.0.9",), "10.0.0.9"),
        (("--bind-address=127.0.0.1",), "192.0.2.2"),
        (("--bind-address=10.0.0.9", "--advertise-address=10.0.0.8"), "10.0.0.8"),
    ],
)
def test_advertised_address(flags: tuple[str, ...], address: str) -> None:
    values = config(*flags)
    assert values["generic.publicAddress"] == address
    assert values["generic.externalAddress"] == f"{address}:6443"


@pytest.mark.parametrize(
    ("bind", "address", "advertised"),
    [("::", "192.0.2.2", None), ("::", "2001:db8::2", "2001:db8::2"), ("0.0.0.0", "192.0.2.2", "192.0.2.2")],
)
def test_the_advertised_address_is_of_the_family_of_the_bind_address(
    bind: str, address: str, advertised: str | None
) -> None:
    resolved, _ = server(f"--bind-address={bind}", "--service-cluster-ip-range=fd00::/112", address=address)
    assert resolved.config.settings()["generic.publicAddress"] == advertised


def test_finding_points_at_the_element() -> None:
    _, report = server("--cors-allowed-origins=^a$,b")
    (found,) = report.of("error")
    assert found.location is not None
    assert (found.location.column, found.location.end_column) == (28, 29)


@pytest.mark.parametrize(
    ("flag", "rule"),
    [
        ("--feature-gates=NoSuchGate=true", "FG-01"),
        ("--feature-gates=APIServerTracing=false", "FG-02"),
        ("--feature-gates=AtomicFIFO=false", "FG-04"),
        ("--feature-gates=AllAlpha", "FG-05"),
        ("--feature-gates=AllAlpha=yes", "FG-06"),
        ("--feature-gates=AllAlpha=false,kube:AllBeta=true", "FG-07"),
        ("--feature-gates=etcd:AllAlpha=false", "FG-08"),
    ],
)
def test_gates_refused(flag: str, rule: str) -> None:
    assert rules(flag) == {rule}


def test_gate_newer_than_the_emulated_version() -> None:
    assert rules("--emulated-version=1.35", "--feature-gates=ShardedListAndWatch=false") == {"FG-03"}


def test_gate_that_left_says_when() -> None:
    _, report = server("--feature-gates=APIListChunking=true")
    (found,) = report.of("error")
    assert "1.33" in found.message
    assert "1.29" in found.hint


def test_lock_follows_the_emulated_version() -> None:
    assert rules("--emulated-version=1.33", "--feature-gates=APIServerTracing=false") == set()


@pytest.mark.parametrize(
    ("version", "flag", "broken"),
    [
        ("1.32", "--feature-gates=AuthorizeWithSelectors=false", {"FG-91"}),
        ("1.31", "--feature-gates=AuthorizeWithSelectors=false", set()),
        ("1.31", "--feature-gates=AuthorizeNodeWithSelectors=true", {"FG-91"}),
        ("1.31", "--feature-gates=ServiceAccountTokenNodeBindingValidation=false", {"FG-90"}),
    ],
)
def test_pairs_of_gates_before_1_35(version: str, flag: str, broken: set[str]) -> None:
    assert rules(flag, version=version) == broken
