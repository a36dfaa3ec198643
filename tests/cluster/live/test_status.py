"""kasc status against a recorded server over TLS and a real etcd; either of them may not respond."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.cli.running import ROOT, Ran, kasc
from tests.cluster.drift.replayed import Replayed, files, flags, recorded
from tests.cluster.live.api_server import Reply, Server, text
from tests.cluster.live.certificates import Certificates
from tests.cluster.live.etcd_server import EtcdServer
from tests.cluster.verify.test_verify import protobuf
from tests.truth.recorded import write_pod

pytest.importorskip("etcd3")

SCHEMA = Draft202012Validator(json.loads((ROOT / "schemas/report.schema.json").read_text()))
NAME, TOKEN = "v1.36-s-default", "a-token-that-nobody-may-see"
NOBODY = "127.0.0.1:1"


class Whole(Replayed):
    """A recorded server with single checks; `failing` is a check that does not pass."""

    failing = ""

    def answer(self, path: str, accept: str) -> Reply:
        name, _, check = path.strip("/").partition("/")
        if name not in ("healthz", "livez", "readyz"):
            return super().answer(path, accept)
        if check:
            return text(500, "internal server error: it does not\n") if check == self.failing else text(200, "ok")
        lines = [
            f"[-]{check} failed: reason withheld" if check == self.failing else f"[+]{check} ok"
            for check in self.live[name]
        ]
        bad = self.failing in self.live[name]
        return text(500 if bad else 200, "\n".join([*lines, f"{name} check {'failed' if bad else 'passed'}", ""]))


@pytest.fixture(scope="module")
def etcd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EtcdServer]:
    with EtcdServer(tmp_path_factory.mktemp("etcd")) as server:
        server.load([("/registry/pods/a/p", protobuf("v1", "Pod"))])
        yield server


Status = Callable[..., Ran]


@pytest.fixture
def server(folder: Path, certificates: Certificates) -> Iterator[Server]:
    answers = Whole(recorded(NAME), folder, token=TOKEN)
    with Server(answers, certificates) as running:
        answers.port = running.port
        yield running


@pytest.fixture
def status(
    folder: Path,
    server: Server,
    etcd: EtcdServer,
    certificates: Certificates,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> Status:
    live = recorded(NAME)
    (tmp_path / "token").write_text(TOKEN)

    def run(*words: Any, more: tuple[str, ...] = (), url: str = server.url, etcd_url: str = etcd.url) -> Ran:
        pod = write_pod(folder, live["version"], [*flags(live, server.port), *more], files(live))
        address = ("--host-address", "192.0.2.2", "--files-root", "/", "--etcd", etcd_url, "--server", url)
        ran = kasc(
            capsys, "status", pod, *address, "--cafile", certificates.ca, "--token-file", tmp_path / "token", *words
        )
        assert TOKEN not in ran.out + ran.err
        return ran

    return run


def report(ran: Ran) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(ran.out)
    assert [error.message for error in SCHEMA.iter_errors(data)] == []
    return data


def answers(ran: Ran) -> list[bool | None]:
    return list(report(ran)["status"].values())


def test_all_is_as_declared(status: Status, server: Server, etcd: EtcdServer) -> None:
    ran = status()
    assert ran.code == 0
    healthy, declared, stored = ran.out.splitlines()[:3]
    assert healthy.startswith("healthy             yes  ")
    assert healthy.endswith(" checks pass")
    assert declared == "as declared         yes  no drift"
    assert stored == "stored as declared  yes  1 key"
    whole = report(status("--output", "json"))
    assert whole["status"] == {"healthy": True, "asDeclared": True, "storedAsDeclared": True}
    (file,) = whole["files"]
    assert (file["drift"], file["diagnostics"]) == ([], [])
    assert whole["probe"]["server"] == file["live"]["name"] == server.url
    assert [each["etcd"] for each in whole["verify"]] == [etcd.url]


def test_a_failing_check(status: Status, server: Server) -> None:
    server.answer.failing = "etcd"  # type: ignore[attr-defined]
    ran = status("--output", "json")
    assert (ran.code, answers(ran)) == (1, [False, True, True])
    assert "1 of " in (shown := status()).out
    assert "checks fail: etcd\n" in shown.out


def test_drift(status: Status) -> None:
    ran = status("--output", "json", more=("--request-timeout=47s",))
    assert (ran.code, answers(ran)) == (3, [True, False, True])
    (found,) = report(ran)["files"][0]["diagnostics"]
    assert found["code"] == "KASC-DRIFT-001"
    assert "no   1 difference (1 behaviour)\n" in status(more=("--request-timeout=47s",)).out


def test_objects_that_are_stored_otherwise(status: Status) -> None:
    ran = status("--output", "json", more=("--storage-media-type=application/json",))
    assert (ran.code, answers(ran)) == (3, [True, False, False])
    assert "no   1 difference in 1 key\n" in status(more=("--storage-media-type=application/json",)).out


def test_a_server_without_a_response(status: Status) -> None:
    ran = status("--output", "json", url=f"https://{NOBODY}")
    assert (ran.code, answers(ran)) == (2, [None, None, True])
    (found,) = report(ran)["files"][0]["diagnostics"]
    assert "refused the connection" in found["message"]
    assert status(url=f"https://{NOBODY}").out.count("unknown") == 2


def test_an_etcd_without_a_response(status: Status) -> None:
    ran = status("--output", "json", etcd_url=f"http://{NOBODY}")
    assert (ran.code, answers(ran)) == (2, [True, True, None])
    assert [each["code"] for each in report(ran)["files"][0]["diagnostics"]] == ["KASC-VERIFY-008"]


def test_a_kubeconfig_that_is_not_valid(
    status: Status, etcd: EtcdServer, tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config").write_text("contexts: []\ncurrent-context: none\n")
    options = ("--kubeconfig", tmp_path / "config", "--etcd", etcd.url, "--output", "json")
    ran = kasc(capsys, "status", folder / "pod.json", *options)
    assert (ran.code, answers(ran)) == (2, [None, None, True])


def test_what_the_server_forbids(status: Status, server: Server) -> None:
    server.answer.token = "another"  # type: ignore[attr-defined]
    ran = status("--output", "json")
    assert (ran.code, answers(ran)) == (2, [None, None, True])
    assert any("401" in each["message"] for each in report(ran)["files"][0]["diagnostics"])


def test_options_are_checked_before_anything_is_asked(status: Status, server: Server) -> None:
    ran = status(etcd_url="pods=")
    assert ran.code == 2
    assert "invalid --etcd" in ran.err
    assert server.answer.asked == []  # type: ignore[attr-defined]
