"""kasc drift against a TLS server that replays a recorded one, hostile servers, and files about a server."""

from __future__ import annotations

import io
import json
import resource
import time
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.cli.running import ROOT, SAMPLES, Ran, kasc
from tests.cluster.drift.replayed import Replayed, files, flags, recorded, values
from tests.cluster.live.api_server import Fault, Server, status, text
from tests.cluster.live.certificates import Certificates
from tests.cluster.live.test_probe_hostile import CHUNKED, endless
from tests.truth.recorded import write_pod
from tools.record.scratch import expand

SCHEMA = Draft202012Validator(json.loads((ROOT / "schemas/report.schema.json").read_text()))
TOKEN = 'Token.that-nobody"may\\see'
NAMES = ("v1.36-s-default", "v1.35-s-emulated-2", "v1.33-s-allalpha")


def pod(name: str, folder: Path, port: int, *more: str) -> Path:
    live = recorded(name)
    return write_pod(folder, live["version"], [*flags(live, port), *more], files(live))


def replayed(name: str, folder: Path, certificates: Certificates | None, **settings: Any) -> Server:
    answers = Replayed(recorded(name), folder, **settings)
    server = Server(answers, certificates)
    answers.port = server.port
    return server


def drift(capsys: pytest.CaptureFixture[str], declared: Path, *more: Any) -> Ran:
    address = ("--host-address", "192.0.2.2", "--files-root", "/")
    return kasc(capsys, "drift", declared, *address, *more)


def report(ran: Ran) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(ran.out)
    assert [error.message for error in SCHEMA.iter_errors(data)] == []
    (file,) = data["files"]
    return dict(file)


def with_token(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(TOKEN)
    return path


@pytest.mark.parametrize("name", NAMES)
def test_a_server_as_declared(
    name: str, folder: Path, certificates: Certificates, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with replayed(name, folder, certificates, token=TOKEN) as server:
        options = ("--server", server.url, "--cafile", certificates.ca, "--token-file", with_token(tmp_path))
        ran = drift(capsys, pod(name, folder, server.port), *options, "--output", "json")
        shown = drift(capsys, pod(name, folder, server.port), *options)
    file = report(ran)
    assert (ran.code, file["drift"], file["diagnostics"]) == (0, [], [])
    assert file["live"] == {"name": server.url, "version": file["live"]["version"], "complete": True}
    assert shown.code == 0
    assert f"{server.url} runs Kubernetes {file['live']['version']}: no drift" in shown.out


def test_a_difference(folder: Path, certificates: Certificates, capsys: pytest.CaptureFixture[str]) -> None:
    with replayed(NAMES[0], folder, certificates) as server:
        declared = pod(NAMES[0], folder, server.port, "--request-timeout=47s")
        options = ("--server", server.url, "--cafile", certificates.ca)
        ran = drift(capsys, declared, *options, "--output", "json")
        shown = drift(capsys, declared, *options)
        github = drift(capsys, declared, *options, "--output", "github")
    file = report(ran)
    assert ran.code == shown.code == github.code == 3
    (entry,) = file["drift"]
    assert entry == {
        "kind": "flag",
        "name": "request-timeout",
        "declared": "47s",
        "live": "1m0s",
        "severity": "behaviour",
        "source": "/flagz (v1beta1)",
    }
    (found,) = file["diagnostics"]
    assert (found["code"], found["flag"]) == ("KASC-DRIFT-001", "request-timeout")
    assert found["message"] == f"--request-timeout: 1m0s on {server.url}, declared as 47s"
    assert "request-timeout" in declared.read_text().splitlines()[found["line"] - 1]
    assert "1 difference, reported by /flagz (v1beta1)\n" in shown.out
    assert "flag  request-timeout  47s       1m0s  behaviour\n" in shown.out
    assert "KASC-DRIFT-001" in github.out


@pytest.mark.parametrize("code", [401, 403, 404, 500])
def test_a_server_that_reports_nothing(
    code: int, folder: Path, certificates: Certificates, capsys: pytest.CaptureFixture[str]
) -> None:
    with Server(lambda *_: status(code, {"kind": "Status", "code": code}), certificates) as server:
        declared = pod(NAMES[0], folder, server.port)
        options = ("--server", server.url, "--cafile", certificates.ca)
        ran = drift(capsys, declared, *options, "--output", "json")
        shown = drift(capsys, declared, *options)
    assert ran.code == shown.code == 2
    file = report(ran)
    assert file["drift"] == []
    assert [found["code"] for found in file["diagnostics"]] == ["KASC-PROBE-006"]
    assert f"({code})" in shown.out or f"returned {code}" in shown.out
    assert "no drift" not in shown.out
    assert {each["kind"] for each in file["notCompared"]} == {
        *("version", "flag", "feature-gate", "plugin", "api", "storage-version", "health-check")
    }


def test_a_server_that_cannot_be_reached(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = drift(capsys, pod(NAMES[0], folder, 1), "--server", "https://127.0.0.1:1", "--output", "json")
    assert ran.code == 2
    (found,) = report(ran)["diagnostics"]
    assert found["message"] == "https://127.0.0.1:1 refused the connection"


FLOODS: dict[str, tuple[str, Fault]] = {
    "metrics without end": ("/metrics", endless(CHUNKED, b"10\r\n" + b"kubernetes_featu\r\n")),
    "metrics of one line": ("/metrics", endless("X: y", b"kubernetes_feature_enabled{" * 1000)),
    "gates without end": ("/metrics", endless("X: y", b'kubernetes_feature_enabled{name="A"} 1\n' * 1000)),
    "a page without end": ("/flagz", endless("X: y", b"goaway-chance=0\n" * 1000)),
    "groups without end": ("/apis", endless("X: y", b'{"groups":[' + b'{"name":"a"},' * 1000)),
}


@pytest.mark.parametrize("name", FLOODS)
def test_responses_without_end(name: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, fault = FLOODS[name]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    with replayed(NAMES[0], folder, None, faults={path: fault}) as server:
        ran = drift(capsys, pod(NAMES[0], folder, server.port), "--server", server.url, "--output", "json")
    assert time.process_time() - started < 6
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024
    file = report(ran)
    assert file["drift"] == []
    assert any(each["reason"].startswith(f"{path}: the server ") for each in file["notCompared"])
    assert len(ran.out) < 200_000


def test_many_metrics_are_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The metrics of a large cluster are larger than any other response, and only some lines of them are kept."""
    live = recorded(NAMES[0])
    own = Replayed(live, folder).answer("/metrics", "")[2]
    noise = b'apiserver_request_total{verb="LIST",resource="pods"} 12345\n' * 100_000
    with replayed(NAMES[0], folder, None, faults={"/metrics": text(200, (noise + own + noise).decode())}) as server:
        ran = drift(capsys, pod(NAMES[0], folder, server.port), "--server", server.url, "--output", "json")
    assert (ran.code, report(ran)["drift"]) == (0, [])


def test_one_deadline_for_everything(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    faults: dict[str, Fault] = {"/apis/apps/v1": lambda _: time.sleep(5)}
    started = time.monotonic()
    with replayed(NAMES[0], folder, None, faults=faults) as server:
        declared = pod(NAMES[0], folder, server.port, "--request-timeout=47s")
        ran = drift(
            capsys, declared, "--server", server.url, "--timeout", "2", "--request-timeout", "2", "--output", "json"
        )
    assert time.monotonic() - started < 5
    assert ran.code == 2
    file = report(ran)
    assert file["live"]["complete"] is False
    assert [each["name"] for each in file["drift"]] == ["request-timeout"]
    late = {each["name"] for each in file["notCompared"] if "did not answer" in each["reason"]}
    assert {"apps/v1", "livez", "readyz"} <= late


def test_redirects_are_not_followed(
    folder: Path, certificates: Certificates, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stolen: list[Any] = []

    def thief(target: str, headers: Any) -> Any:
        stolen.append(headers.get("Authorization"))
        return text(200, "ok")

    with Server(thief, certificates) as other:
        reply = (302, {"Location": f"{other.url}/?{TOKEN}"}, b"")
        faults = dict.fromkeys(("/flagz", "/metrics", "/version", "/apis", "/livez"), reply)
        with replayed(NAMES[0], folder, certificates, token=TOKEN, faults=faults) as server:
            options = ("--server", server.url, "--cafile", certificates.ca, "--token-file", with_token(tmp_path))
            ran = drift(capsys, pod(NAMES[0], folder, server.port), *options, "--output", "json")
    assert stolen == []
    assert TOKEN not in ran.out + ran.err
    assert any("returned 302" in each["reason"] for each in report(ran)["notCompared"])


def test_a_server_that_sends_the_token_back(
    folder: Path, certificates: Certificates, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    live = recorded(NAMES[0])
    page = {name: expand(value, values(folder, 0)) for name, value in live["flagz"].items()}
    page |= {
        "external-hostname": TOKEN,
        "request-timeout": f"{TOKEN}s",
        TOKEN: "1",
        "cors-allowed-origins": f"[{TOKEN}]",
    }
    escaped = json.dumps({"kind": "Flagz", "apiVersion": "config.k8s.io/v1beta1", "metadata": {}, "flags": page})
    escaped = escaped.replace("that", "\\u0074hat")
    faults = {
        "/flagz": text(200, escaped),
        "/version": status(200, {"gitVersion": f"v1.36.0+{TOKEN}", "major": "1", "minor": "36"}),
        "/metrics": status(403, {"message": f'User "{TOKEN}" cannot'}),
        "/livez": text(200, f"[+]{TOKEN} ok\nlivez check passed\n"),
        "/apis": status(200, {"groups": [{"name": TOKEN.lower(), "versions": []}, {"name": "token", "versions": []}]}),
    }
    with replayed(NAMES[0], folder, certificates, token=TOKEN, faults=faults) as server:
        options = ("--server", server.url, "--cafile", certificates.ca, "--token-file", with_token(tmp_path))
        for form in ("json", "text", "github"):
            ran = drift(capsys, pod(NAMES[0], folder, server.port), *options, "--output", form)
            assert ran.code in (2, 3)
            for part in (TOKEN, TOKEN.lower(), "nobody", json.dumps(TOKEN)[1:-1]):
                assert part not in ran.out + ran.err


def test_files_that_a_server_names_are_not_read(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = folder / "secret.yaml"
    secret.write_text("never read")
    live = json.loads(json.dumps(recorded(NAMES[0])))
    live["flagz"]["encryption-provider-config"] = str(secret)
    opened: list[str] = []
    server = Server(Replayed(live, folder))
    with server:
        declared = pod(NAMES[0], folder, server.port)
        monkeypatch.setattr("builtins.open", _recorded_open(opened))
        ran = drift(capsys, declared, "--server", server.url, "--output", "json")
    assert str(secret) not in opened
    assert ("flag", "encryption-provider-config") in {(each["kind"], each["name"]) for each in report(ran)["drift"]}


def _recorded_open(opened: list[str]) -> Any:
    plain = open

    def tracked(path: Any, *more: Any, **settings: Any) -> Any:
        opened.append(str(path))
        return plain(path, *more, **settings)

    return tracked


@pytest.mark.parametrize("form", ["pod", "cmdline", "ps", "unit", "flagz", "flagz.json", "flags"])
def test_files_about_a_server(form: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    live, port = recorded(NAMES[0]), 6443
    words = ["kube-apiserver", *(expand(flag, values(folder, port)) for flag in flags(live, port))]
    page = {name: expand(value, values(folder, port)) for name, value in live["flagz"].items()}
    page["secure-port"] = str(port)
    pages = {"kind": "Flagz", "apiVersion": "config.k8s.io/v1beta1", "metadata": {"name": "apiserver"}, "flags": page}
    texts = {
        "pod": pod(NAMES[0], folder, port).read_text(),
        "cmdline": "\0".join([*words, ""]),
        "ps": f"USER PID COMMAND\nroot 1 /bin/sh\nroot 1894 /usr/bin/{' '.join(words)}\n",
        "unit": f"[Unit]\nDescription=kube-apiserver\n[Service]\nExecStart=/usr/bin/{' '.join(words)}\n",
        "flagz": expand(live["flagzText"], values(folder, port)),
        "flagz.json": json.dumps(pages),
        "flags": "\n".join(words[1:]),
    }
    path = tmp_path / ("kube-apiserver.service" if form == "unit" else "live")
    path.write_text(texts[form])
    same = drift(capsys, pod(NAMES[0], folder, port), "--live", path, "--output", "json")
    assert (same.code, report(same)["drift"]) == (0, [])
    changed = drift(capsys, pod(NAMES[0], folder, port, "--event-ttl=3h"), "--live", path, "--output", "json")
    assert changed.code == 3
    (entry,) = report(changed)["drift"]
    assert (entry["name"], entry["declared"], entry["live"], entry["source"]) == (
        "event-ttl",
        "3h0m0s",
        "1h0m0s",
        str(path),
    )
    missing = {each["kind"] for each in report(same)["notCompared"]}
    assert {"storage-version", "health-check"} <= missing


def test_the_file_of_a_distribution(capsys: pytest.CaptureFixture[str]) -> None:
    kubeadm = SAMPLES / "dialects/kind.yaml"
    same = kasc(capsys, "drift", kubeadm, "--live", kubeadm, "--output", "json")
    assert (same.code, report(same)["drift"]) == (0, [])
    names = {each["name"] for each in report(same)["notCompared"] if each["kind"] == "flag"}
    assert "advertise-address" in names
    other = kasc(capsys, "drift", kubeadm, "--live", SAMPLES / "minimal.yaml", "--output", "json")
    assert other.code == 3


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--live", "/nonexistent/file"], "cannot read /nonexistent/file: no such file"),
        (["--live", "x", "--server", "https://a"], "--live cannot be combined with --server"),
        (["--live", "-"], "INPUT and --live cannot both be standard input"),
    ],
)
def test_usage(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran = kasc(capsys, "drift", "-" if words[-1] == "-" else SAMPLES / "minimal.yaml", *words)
    assert ran.code == 2
    assert message in ran.out + ran.err


def test_an_input_that_does_not_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.flags"
    path.write_text("kube-apiserver\n--etcd-servers=http://127.0.0.1:2379\n--request-timeout=x\n")
    ran = kasc(capsys, "drift", path, "--live", SAMPLES / "minimal.yaml")
    assert ran.code == 1
    assert "KASC-PARSE" in ran.out


def test_versions_and_contents_of_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head = "apiVersion: kasc/v1\nkind: APIServer\nextends: minimal.yaml\nkubernetesVersion: '1.36'\n"
    (tmp_path / "minimal.yaml").write_bytes((SAMPLES / "minimal.yaml").read_bytes())
    policy = "auditing:\n  auditLogPath: /a.log\n  auditPolicyFile:\n    content:\n"
    policy += "      {apiVersion: audit.k8s.io/v1, kind: Policy, rules: [{level: LEVEL}]}\n"
    one, other = tmp_path / "one.yaml", tmp_path / "other.yaml"
    one.write_text(head + policy.replace("LEVEL", "Metadata"))
    other.write_text(head + policy.replace("LEVEL", "Request") + "generic: {emulatedVersion: ['1.35']}\n")
    assert kasc(capsys, "drift", one, "--live", one).code == 0
    found = report(kasc(capsys, "drift", one, "--live", other, "--output", "json"))["drift"]
    versions = [each for each in found if each["kind"] == "version"]
    assert [(each["name"], each["declared"], each["live"]) for each in versions] == [
        ("emulated-version", "1.36", "1.35")
    ]
    (policies,) = [each for each in found if each["name"] == "audit-policy-file"]
    assert policies["declared"][0] == policies["live"][0]
    assert policies["declared"][1] != policies["live"][1]


@pytest.mark.parametrize("separator", ["\0", "\n"])
def test_a_command_line_on_standard_input(
    separator: str, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    live = recorded(NAMES[0])
    words = ["kube-apiserver", *(expand(flag, values(folder, 6443)) for flag in flags(live, 6443)), ""]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(separator.join(words).encode())))
    ran = drift(capsys, pod(NAMES[0], folder, 6443, "--event-ttl=3h"), "--live", "-", "--output", "json")
    assert ran.code == 3
    assert [each["name"] for each in report(ran)["drift"]] == ["event-ttl"]
