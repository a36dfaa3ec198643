"""How the server ends, and who has to wait for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from compiler.artifacts.health import definitions
from compiler.artifacts.pod import static_pod
from compiler.review.examine import Settings, examine
from tests.apiserver.options.running import NEEDED, server
from tests.artifacts.compiling import as_text, document, resolve

DELAY, GRACE = "--shutdown-delay-duration", "--shutdown-watch-termination-grace-period"
Event = tuple[str, str]


@pytest.mark.parametrize(
    ("flags", "timeline", "total", "period"),
    [
        (
            (),
            [("0s", "shutdownInitiated"), ("0s", "notAcceptingNewRequests"), ("1m0s", "requestsDrained")],
            "1m0s",
            65,
        ),
        (
            (f"{DELAY}=70s", "--shutdown-send-retry-after"),
            [
                ("0s", "shutdownInitiated"),
                ("1m10s", "notAcceptingNewRequests"),
                ("2m10s", "requestsDrained"),
                ("2m10s", "listenerCloses"),
            ],
            "2m12s",
            137,
        ),
        (
            (f"{DELAY}=5s", f"{GRACE}=20s", "--request-timeout=10s"),
            [
                ("0s", "shutdownInitiated"),
                ("5s", "notAcceptingNewRequests"),
                ("15s", "requestsDrained"),
                ("25s", "watchesDrained"),
            ],
            "25s",
            30,
        ),
        (
            (f"{GRACE}=10s",),
            [
                ("0s", "shutdownInitiated"),
                ("0s", "notAcceptingNewRequests"),
                ("10s", "watchesDrained"),
                ("1m0s", "requestsDrained"),
            ],
            "1m0s",
            65,
        ),
    ],
)
def test_timeline(flags: tuple[str, ...], timeline: list[Event], total: str, period: int) -> None:
    resolved, _ = server(*flags)
    drain = definitions(resolved)["drain"]
    found = [(event["at"], event["event"]) for event in drain["timeline"]]
    assert found == [*timeline, (total, "ended")]
    assert (drain["total"], drain["terminationGracePeriodSeconds"]) == (total, period)


def test_new_requests_are_refused_in_one_of_two_ways() -> None:
    for flags, words in (((), "connections are refused"), (("--shutdown-send-retry-after",), "429 with Retry-After")):
        resolved, _ = server(*flags)
        events = {event["event"]: event["what"] for event in definitions(resolved)["drain"]["timeline"]}
        assert words in events["notAcceptingNewRequests"]


def test_the_pod_waits_long_enough_unless_the_document_says_otherwise(tmp_path: Path) -> None:
    def period(**sections: dict[str, Any]) -> int | None:
        spec = static_pod(resolve(document(**sections), tmp_path))["spec"]
        found: int | None = spec.get("terminationGracePeriodSeconds")
        return found

    assert period() == 65
    assert period(generic={"shutdownDelayDuration": "2m", "requestTimeout": "30s"}) == 155
    assert period(generic={"requestTimeout": "20s"}) is None
    assert period(deployment={"terminationGracePeriodSeconds": 600}) == 600


def found_in(path: Path, read_as: str = "document") -> list[tuple[str, str, int]]:
    """Code, path and line of what is said of the end of the server."""
    report = examine(str(path), Settings(read_as)).report
    assert not report.rejected
    return [
        (found.code, found.path, found.location.line if found.location else 0)
        for found in report.diagnostics
        if "DRAIN" in found.code
    ]


def in_document(folder: Path, delay: str, **deployment: Any) -> list[str]:
    path = folder / "a.yaml"
    path.write_text(as_text(document(generic={"shutdownDelayDuration": delay}, deployment=deployment)))
    return [code for code, _, _ in found_in(path)]


@pytest.mark.parametrize(
    ("delay", "deployment", "codes"),
    [
        ("0s", {}, []),
        ("0s", {"terminationGracePeriodSeconds": 60}, []),
        ("0s", {"terminationGracePeriodSeconds": 59}, ["KASC-DRAIN-001"]),
        ("1m", {"terminationGracePeriodSeconds": 119}, ["KASC-DRAIN-001"]),
        ("500ms", {"terminationGracePeriodSeconds": 60}, ["KASC-DRAIN-001"]),
        ("0s", {"loadBalancer": {}}, ["KASC-DRAIN-002"]),
        ("9s", {"loadBalancer": {}}, ["KASC-DRAIN-002"]),
        ("10s", {"loadBalancer": {}}, []),
        ("30s", {"loadBalancer": {"intervalSeconds": 10, "unhealthyThreshold": 3}}, []),
        ("29s", {"loadBalancer": {"intervalSeconds": 10, "unhealthyThreshold": 3}}, ["KASC-DRAIN-002"]),
        (
            "1s",
            {"terminationGracePeriodSeconds": 1, "loadBalancer": {"intervalSeconds": 2}},
            ["KASC-DRAIN-001", "KASC-DRAIN-002"],
        ),
    ],
)
def test_warnings(delay: str, deployment: dict[str, Any], codes: list[str], tmp_path: Path) -> None:
    assert in_document(tmp_path, delay, **deployment) == codes


def test_warnings_stand_where_the_value_does(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    lines = [f"{key}: {json.dumps(value)}" for key, value in document().items()]
    lines += ["deployment:", "  terminationGracePeriodSeconds: 5", "  loadBalancer: {intervalSeconds: 60}"]
    path.write_text("\n".join(lines))
    assert found_in(path) == [
        ("KASC-DRAIN-001", "deployment.terminationGracePeriodSeconds", len(lines) - 1),
        ("KASC-DRAIN-002", "deployment.loadBalancer", len(lines)),
    ]


@pytest.mark.parametrize(
    ("flags", "spec", "warned"),
    [
        # Nobody said anything about the end: what every Pod of kubeadm has.
        ([], {}, False),
        ([f"{DELAY}=10s"], {}, True),
        ([f"{DELAY}=10s", "--request-timeout=20s"], {}, False),
        ([f"{DELAY}=10s"], {"terminationGracePeriodSeconds": 70}, False),
        ([], {"terminationGracePeriodSeconds": 40}, True),
    ],
)
def test_a_pod(flags: list[str], spec: dict[str, Any], warned: bool, tmp_path: Path) -> None:
    words = ["kube-apiserver", *(f"{name}={value}" for name, value in NEEDED.items()), *flags]
    container = {"name": "a", "image": "registry.k8s.io/kube-apiserver:v1.36.0", "command": words}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [container], **spec}}
    path = tmp_path / "pod.json"
    path.write_text(json.dumps(pod, indent=1))
    assert [code for code, _, _ in found_in(path, "pod")] == (["KASC-DRAIN-001"] if warned else [])


@pytest.mark.parametrize("value", [0, 301, "5s", True])
def test_times_of_a_load_balancer_have_bounds(value: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(as_text(document(deployment={"loadBalancer": {"intervalSeconds": value}})))
    report = examine(str(path)).report
    assert [error.path for error in report.of("error")] == ["deployment.loadBalancer.intervalSeconds"]
    assert not any("DRAIN" in found.code for found in report.diagnostics)
