"""Drift of recorded servers: none from their own configuration, and a changed flag exactly."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from compiler.apiserver.startup import Resolved
from compiler.cluster.drift.asking import ask
from compiler.cluster.drift.comparing import compare
from compiler.cluster.drift.observed import Observed
from tests.cluster.drift.replayed import InProcess, Replayed, files, flags, recorded
from tests.recordings import names
from tests.truth.recorded import examined

NAMES = names("live")
PORT = 16443
CHANGES = {
    "goaway-chance": ("0.0123", 0.0123, 0.0),
    "max-requests-inflight": ("377", 377, 400),
    "request-timeout": ("47s", "47s", "1m0s"),
    "watch-cache": ("false", False, True),
    "event-ttl": ("3h", "3h0m0s", "1h0m0s"),
    "kubelet-timeout": ("13s", "13s", "5s"),
    "audit-log-maxsize": ("55", 55, None),
    "profiling": ("false", False, True),
    "cors-allowed-origins": ("//a.example$", ["//a.example$"], None),
    "default-watch-cache-size": ("7", 7, 100),
}

Declare = Callable[..., Resolved]


@pytest.fixture
def declare(folder: Path) -> Declare:
    def declared(live: dict[str, Any], *more: str) -> Resolved:
        resolved = examined(folder, live["version"], [*flags(live, PORT), *more], files(live)).resolved
        assert resolved is not None
        return resolved

    return declared


@cache
def observed(name: str, folder: Path) -> Observed:
    return ask(InProcess(Replayed(recorded(name), folder, port=PORT)), "192.0.2.2")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NAMES)
def test_a_server_does_not_drift_from_its_own_configuration(name: str, folder: Path, declare: Declare) -> None:
    live = recorded(name)
    found = compare(declare(live), observed(name, folder))
    assert found.differences == ()
    # What only the build of these recordings has, and nothing else.
    unnamed = {(each.kind, each.name) for each in found.not_compared if each.name != "*" and each.kind != "file"}
    assert unnamed <= {
        *(("flag", flag) for flag in ("openshift-config", "send-retry-after-while-not-ready-once", "secure-port")),
        *(("flag", flag) for flag in ("log-json-info-buffer-size", "log-json-split-stream")),
        *(("feature-gate", gate) for gate in FOREIGN_GATES),
        *(("health-check", check) for check in FOREIGN_CHECKS),
        ("version", "min-compatibility-version"),
    }


FOREIGN_GATES = (
    *("MinimumKubeletVersion", "RouteExternalCertificate", "SELinuxMountGAReadiness"),
    "StoragePerformantSecurityPolicy",
)
FOREIGN_CHECKS = ("poststarthook/apiservice-wait-for-first-sync", "etcd", "etcd-readiness")


@pytest.mark.parametrize("name", NAMES)
def test_a_changed_flag_is_the_only_difference(name: str, folder: Path, declare: Declare) -> None:
    live = recorded(name)
    unset = [flag for flag in CHANGES if not any(each.startswith(f"--{flag}=") for each in live["flags"])]
    flag = random.Random(name).choice(unset)
    text, declared, actual = CHANGES[flag]
    found = compare(declare(live, f"--{flag}={text}"), observed(name, folder))
    assert [(each.kind, each.name, each.declared) for each in found.differences] == [("flag", flag, declared)]
    assert found.differences[0].source.startswith("/flagz (")
    if actual is not None:
        assert found.differences[0].live == actual
