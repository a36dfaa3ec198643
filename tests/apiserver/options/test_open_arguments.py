"""Arguments that may be any flags: nothing is missing, and all else is judged."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.diagnostics import Report
from compiler.review.examine import Settings, examine
from compiler.review.policies import ShippedPolicy
from tests.inputs.pods.writing import findings, pod

ETCD = "--etcd-servers=https://192.0.2.9:2379"


def report(folder: Path, text: str, policy: str | None = None) -> Report:
    path = folder / "a.flags"
    path.write_text(text + "\n")
    return examine(str(path), Settings("flags", "1.36", policies=(ShippedPolicy("cis"),) if policy else ())).report


def codes(folder: Path, text: str) -> list[str]:
    return [found.code.removeprefix("KASC-") for found in report(folder, text).diagnostics]


@pytest.mark.parametrize("word", ["$KUBE_API_ARGS", '"$@"', "${ARGS}", "$(cat /etc/args)", "`cat args`", "--$NAME=x"])
def test_nothing_is_missing(word: str, tmp_path: Path) -> None:
    assert codes(tmp_path, f"{ETCD} {word}") == ["INPUT-005"]
    assert report(tmp_path, f"{ETCD} {word}").outcome == "accept"
    assert "SA-001" in codes(tmp_path, ETCD)


@pytest.mark.parametrize(
    "flags",
    [
        "--etcd-certfile=/a",
        "--authorization-mode=RBAC,Webhook",
        "--authorization-mode=RBAC,ABAC",
        "--tls-cert-file=/a",
        "--oidc-client-id=a",
        "--encryption-provider-config-automatic-reload",
        "--audit-log-path=/a",
        "--audit-policy-file=/a",
        "--emulation-forward-compatible",
        "--log-text-split-stream",
        "--service-cluster-ip-range=fd00::/112",
    ],
)
def test_what_goes_with_a_flag_may_be_in_the_word(flags: str, tmp_path: Path) -> None:
    assert codes(tmp_path, f"{ETCD} $ARGS {flags}") == ["INPUT-005"]


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        ("--secure-port=0", "SERV-001"),
        ("--no-such-flag=1", "PARSE-001"),
        ("--v=x", "PARSE-018"),
        ("--feature-gates=NoSuchGate=true", "FG-001"),
        ("--etcd-certfile=/a --etcd-keyfile=/b --storage-backend=etcd2", "ETCD-002"),
    ],
)
def test_what_is_wrong_itself_stays_wrong(flags: str, code: str, tmp_path: Path) -> None:
    assert codes(tmp_path, f"$ARGS {flags}") == ["INPUT-005", code] or code in codes(tmp_path, f"$ARGS {flags}")
    assert report(tmp_path, f"$ARGS {flags}").rejected


def test_a_word_behind_it_may_be_a_value_of_it(tmp_path: Path) -> None:
    assert codes(tmp_path, f"{ETCD} $FLAG value") == ["INPUT-005"]
    assert "PARSE-002" in codes(tmp_path, f"{ETCD} $FLAG value other")


def test_controls_of_a_policy_are_undetermined(tmp_path: Path) -> None:
    judged = report(tmp_path, f"{ETCD} --profiling=false --token-auth-file=/a $ARGS", "cis").policies[0]
    status = {one.id: one.status for one in judged.controls}
    assert (status["1.2.15"], status["1.2.2"]) == ("pass", "fail")
    assert {status[f"1.2.{number}"] for number in (1, 3, 4, 5, 8, 10, 13, 16, 17, 21, 22, 24, 27, 29)} == {"manual"}


def test_a_variable_of_a_pod_is_one_argument_and_may_be_any(tmp_path: Path) -> None:
    source = [{"name": "EXTRA", "valueFrom": {"configMapKeyRef": {"name": "a", "key": "b"}}}]
    command = ("kube-apiserver", ETCD, "$(EXTRA)")
    assert findings(tmp_path, pod(command=command, env=source), "SA", "RISK", "INPUT", "PARSE") == [
        "INPUT-005 $(EXTRA) may contain any flags: missing ones are not reported, and predictions lack them"
    ]
    # Without a variable of that name the kubelet leaves the text as it is, and the server refuses it.
    assert [each.split()[0] for each in findings(tmp_path, pod("$(EXTRA)"), "PARSE")] == ["PARSE-002"]
