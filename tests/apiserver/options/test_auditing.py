"""Boundaries of the audit flags; verdicts were recorded from kube-apiserver 1.31 and 1.36."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.apiserver.config_files.running import KUBECONFIG, placed, started
from tests.apiserver.options.running import config, rules, server

LOG = ("--audit-log-path=-",)
WEBHOOK = ("--audit-webhook-config-file=/kubeconfig",)
POLICY = ("--audit-policy-file=/policy",)


@pytest.mark.parametrize("backend", ["log", "webhook"])
@pytest.mark.parametrize(
    ("flags", "broken"),
    [
        ("mode=batch batch-buffer-size=1 batch-max-size=1", set()),
        ("mode=batch batch-buffer-size=0", {"AUD-02"}),
        ("mode=batch batch-buffer-size=-1 batch-max-size=0", {"AUD-02", "AUD-03"}),
        ("mode=blocking batch-buffer-size=0 batch-max-size=0", set()),
        ("mode=blocking-strict batch-throttle-enable=true batch-throttle-qps=0", set()),
        ("mode=Batch", {"AUD-01"}),
        ("mode=", {"AUD-01"}),
        ("mode=batch batch-throttle-enable=false batch-throttle-qps=0 batch-throttle-burst=0", set()),
        ("mode=batch batch-throttle-enable=true batch-throttle-qps=0.5 batch-throttle-burst=0", {"AUD-04"}),
        ("mode=batch batch-throttle-enable=true batch-throttle-qps=-0 batch-throttle-burst=1", {"AUD-04"}),
        ("mode=batch batch-throttle-enable=true batch-throttle-qps=NaN batch-throttle-burst=1", set()),
        ("mode=batch batch-throttle-enable=true batch-throttle-qps=-Inf batch-throttle-burst=1", {"AUD-04"}),
        # Numbers of 32 bits
        ("mode=batch batch-throttle-enable=true batch-throttle-qps=7.1e-46 batch-throttle-burst=1", set()),
        ("mode=batch batch-throttle-enable=true batch-throttle-qps=7e-46 batch-throttle-burst=1", {"AUD-04"}),
        ("mode=batch batch-throttle-enable=true batch-throttle-qps=0x1p-150 batch-throttle-burst=1", {"AUD-04"}),
        ("mode=batch batch-throttle-enable=true batch-throttle-qps=x batch-throttle-burst=1", {"PARSE-06"}),
        ("mode=batch batch-buffer-size=x", {"PARSE-04"}),
        ("truncate-max-event-size=1 truncate-max-batch-size=1", set()),
        ("truncate-max-event-size=2 truncate-max-batch-size=1", {"AUD-06"}),
        ("truncate-max-event-size=0 truncate-max-batch-size=-1", {"AUD-05"}),
        ("truncate-max-event-size=x truncate-max-batch-size=1", {"PARSE-04"}),
        ("version=audit.k8s.io/v1beta1", {"AUD-07"}),
        ("version=", {"AUD-07"}),
        ("batch-max-wait=-1s", set()),
    ],
)
def test_one_backend(backend: str, flags: str, broken: set[str]) -> None:
    given = [f"--audit-{backend}-{flag}" for flag in flags.split()]
    on = LOG if backend == "log" else WEBHOOK
    assert rules(*on, *given) == broken
    # What belongs to a backend that is off does not count, as long as it can be read.
    assert rules(*given) == {rule for rule in broken if rule.startswith("PARSE")}


@pytest.mark.parametrize(
    ("version", "on", "off"),
    [("a/b/c", "AUD-12", "AUD-12"), ("//", "AUD-12", "AUD-12"), ("/", "AUD-07", ""), ("a/b", "AUD-07", "")],
)
def test_the_webhook_version_is_always_read(version: str, on: str, off: str) -> None:
    flag = f"--audit-webhook-version={version}"
    assert rules(*WEBHOOK, flag) == {on}
    assert rules(flag) == ({off} if off else set())
    assert rules(*LOG, f"--audit-log-version={version}") == {"AUD-07"}
    assert rules(f"--audit-log-version={version}") == set()


def test_every_mistake_of_a_backend_is_found() -> None:
    found = rules(
        *LOG, "--audit-log-mode=x", "--audit-log-format=x", "--audit-log-version=x", "--audit-log-maxage=-1",
        "--audit-log-truncate-max-event-size=0",
    )  # fmt: skip
    assert found == {"AUD-01", "AUD-05", "AUD-07", "AUD-08", "AUD-09"}


@pytest.mark.parametrize(("size", "broken"), [(2**45 - 12, set()), (2**45 - 11, {"AUD-13"}), (2**63 - 1, {"AUD-13"})])
def test_a_buffer_that_crashes_the_server(size: int, broken: set[str]) -> None:
    """Go's runtime panics with: makechan: size out of range. Without a policy there is no buffer."""
    flags = ("--audit-log-mode=batch", f"--audit-log-batch-buffer-size={size}")
    assert rules(*POLICY, *LOG, *flags) == broken
    assert rules(*LOG, *flags) == set()


@pytest.mark.parametrize(
    ("path", "refused"),
    [
        ("-", False),
        ("", False),
        ("/var/log/audit.log", False),
        ("audit.log", False),
        ("/var/log/audit/", True),
        ("/var/log/.", True),
        ("..", True),
        ("/", True),
        (f"/var/{'a' * 255}", False),
        (f"/var/{'a' * 256}", True),
        (f"/var/{'a' * 256}/audit.log", True),
        (f"/var/{'é' * 128}", True),
    ],
)
def test_paths_that_no_host_can_open(path: str, refused: bool) -> None:
    assert rules(f"--audit-log-path={path}") == ({"AUD-10"} if refused else set())


@pytest.mark.parametrize(
    ("path", "refused"),
    [
        ("/f/new/folder/audit.log", False),
        ("/f/file", False),
        ("/f/folder", True),
        ("/f/file/audit.log", True),
        ("/f/file/below/audit.log", True),
        ("/other/file/audit.log", False),
    ],
)
def test_paths_on_a_host_that_is_known(tmp_path: Path, path: str, refused: bool) -> None:
    _, report = started(tmp_path, {"file": "", "folder/x": ""}, f"--audit-log-path={path}")
    assert [found.rule for found in report.of("error")] == (["AUD-10"] if refused else [])


def test_the_webhook_is_read_where_there_is_a_policy(tmp_path: Path) -> None:
    policy = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n"
    files: dict[str, str | bytes] = {"policy": policy, "good": KUBECONFIG, "bad": KUBECONFIG.replace("server", "x")}
    for name, expected in (("good", []), ("bad", ["AUD-11"]), ("none", ["AUD-11"]), ("", [])):
        flags = (f"--audit-webhook-config-file=/f/{name}" if name else "--audit-webhook-config-file=",)
        _, report = started(tmp_path, files, "--audit-policy-file=/f/policy", *flags)
        assert [found.rule for found in report.of("error")][:1] == expected
        _, report = started(tmp_path, files, *flags)
        assert list(report.of("error")) == []


def test_findings_stand_at_their_flag() -> None:
    _, report = server(*LOG, "--audit-log-format=text", "--audit-log-maxsize=-5")
    assert [placed(found) for found in report.of("error")] == ["AUD-08  8:20", "AUD-09  9:21"]


def backends(*flags: str, version: str = "1.36") -> list[dict[str, Any]]:
    found: Any = config(*POLICY, *flags, version=version)["audit.backends"]
    return list(found)


def test_backends_of_the_resolved_config() -> None:
    log, webhook = backends(
        "--audit-webhook-config-file=/kubeconfig", "--audit-webhook-truncate-enabled", "--audit-log-path=/a.log"
    )
    assert log == {
        "type": "log",
        "path": "/a.log",
        "format": "json",
        "rotates": True,
        "maxage": 366,
        "maxbackup": 100,
        "maxsize": 100,
        "compress": False,
        "mode": "blocking",
        "version": "audit.k8s.io/v1",
        "batch": None,
        "truncate": None,
    }
    assert webhook == {
        "type": "webhook",
        "configFile": "/kubeconfig",
        "initialBackoff": "10s",
        "dialer": "direct",
        "mode": "batch",
        "version": "audit.k8s.io/v1",
        "batch": {
            "bufferSize": 10000,
            "maxSize": 400,
            "maxWait": "30s",
            "throttleQPS": 10.0,
            "throttleBurst": 15,
        },
        "truncate": {"maxEventSize": 102400, "maxBatchSize": 10485760},
    }


def test_rotation_by_version() -> None:
    """Before 1.36 a size of 0 meant the library's default; since then the file only grows."""
    for version, flags, rotates in (
        ("1.36", ("--audit-log-maxsize=0",), False),
        ("1.36", (), True),
        ("1.35", ("--audit-log-maxsize=0",), True),
        ("1.35", (), True),
    ):
        (log,) = backends("--audit-log-path=/a.log", *flags, version=version)
        assert log["rotates"] is rotates
    (log,) = backends("--audit-log-path=-")
    assert log["rotates"] is False


def test_the_later_of_two_backoff_flags_counts() -> None:
    one, two = "--audit-webhook-initial-backoff=1s", "--audit-webhook-batch-initial-backoff=2s"
    assert backends(*WEBHOOK, one, two)[0]["initialBackoff"] == "2s"
    assert backends(*WEBHOOK, two, one)[0]["initialBackoff"] == "1s"
