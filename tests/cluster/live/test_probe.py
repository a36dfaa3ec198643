"""kasc probe against a TLS server that replays what real servers answered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.artifacts.compiling import as_text, document
from tests.cli.running import ROOT, Ran, kasc
from tests.cluster.live.api_server import ENDPOINTS, RECORDED, Recorded, Server
from tests.cluster.live.certificates import Certificates
from tests.recordings import document as recording
from tests.truth.recorded import write_pod
from tests.versions import RECORDED_VERSIONS
from tools.record.scratch import case_flags, write_keys

# One run of every version, and those of 1.36 whose lists are unlike others.
SCENARIOS = [
    "kms1",
    "kms2-reload",
    "override-events",
    "no-apf",
    "proxy-client",
    "cle",
    "always-allow",
    "emulated-2",
    "scheduling-off",
]
RUNS = [f"v{version}-default" for version in RECORDED_VERSIONS]
RUNS += [f"v1.36-{name}" for name in SCENARIOS]
HOOK = "poststarthook/"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("probe")
    write_keys(made)
    return made


def probe(
    capsys: pytest.CaptureFixture[str], input_: Path, server: Server, certificates: Certificates, *more: Any
) -> Ran:
    return kasc(capsys, "probe", input_, "--server", server.url, "--cafile", certificates.ca, *more)


SCHEMA = Draft202012Validator(json.loads((ROOT / "schemas/report.schema.json").read_text()))


def report(ran: Ran) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ran.out)
    assert [error.message for error in SCHEMA.iter_errors(found)] == []
    return found


def findings(ran: Ran) -> list[tuple[str, str]]:
    (file,) = report(ran)["files"]
    return [(each["code"].removeprefix("KASC-PROBE-"), each["message"]) for each in file["diagnostics"]]


@pytest.mark.parametrize("name", RUNS)
def test_a_server_that_runs_as_recorded_is_as_declared(
    name: str, folder: Path, certificates: Certificates, capsys: pytest.CaptureFixture[str]
) -> None:
    run = recording("runs", f"{name}.json")
    pod = write_pod(folder, run["kubernetesMinor"], case_flags(run["flags"]), run["files"])
    lists = {endpoint: run[endpoint] for endpoint in ENDPOINTS}
    with Server(Recorded(lists, version=None), certificates) as server:
        mapped = ("--files-root", "/", "--host-address", "192.0.2.2")
        ran = probe(capsys, pod, server, certificates, "--output", "json", *mapped)
    assert findings(ran) == []
    assert ran.code == 0
    found = report(ran)["probe"]
    assert found["healthy"] is found["asDeclared"] is True
    assert {row["name"] for row in found["checks"]} == {name for names in lists.values() for name in names}
    assert all(set(row["states"].values()) == {"ok"} for row in found["checks"])
    assert all(row["milliseconds"] is not None for row in found["checks"])


def test_the_table_shows_states_and_times(
    declared: Path, certificates: Certificates, capsys: pytest.CaptureFixture[str]
) -> None:
    with Server(Recorded(), certificates) as server:
        ran = probe(capsys, declared, server, certificates)
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0] == f"{server.url} runs Kubernetes v1.36.0"
    assert [line.split(",")[0] for line in lines[1:4]] == [
        f"{name:8} {len(RECORDED[name])} checks pass" for name in ENDPOINTS
    ]
    rows = {line.split()[0]: line.split()[1:] for line in lines[6:] if line}
    assert rows["ping"][:3] == ["ok", "ok", "ok"]
    assert rows["etcd-readiness"][:3] == ["-", "-", "ok"]
    assert rows["ping"][3].isdecimal()
    assert rows["ping"][4] == "ms"


def test_what_fails_is_explained_for_this_configuration(
    declared: Path, certificates: Certificates, capsys: pytest.CaptureFixture[str]
) -> None:
    with Server(Recorded(failing=RECORDED["reasons"]), certificates) as server:
        text = probe(capsys, declared, server, certificates)
        ran = probe(capsys, declared, server, certificates, "--output", "json")
    assert (text.code, ran.code) == (1, 1)
    (etcd, shutdown) = findings(ran)
    assert etcd[0] == shutdown[0] == "001"
    assert etcd[1].startswith(
        "etcd fails in healthz, livez and readyz: etcd does not respond to a read within the timeout"
    )
    assert 'it connects to "http://127.0.0.1:2379"' in etcd[1]
    assert RECORDED["reasons"]["etcd"] in etcd[1]
    assert shutdown[1].startswith("shutdown fails in readyz: the server received a termination signal")
    found = report(ran)["probe"]
    assert (found["healthy"], found["asDeclared"]) == (False, True)
    assert [end["failing"] for end in found["endpoints"]] == [["etcd"], ["etcd"], ["etcd", "shutdown"]]
    assert [end["status"] for end in found["endpoints"]] == [500, 500, 500]
    (row,) = (row for row in found["checks"] if row["name"] == "etcd")
    assert row["states"] == dict.fromkeys(ENDPOINTS, "fails")
    assert row["means"] in etcd[1]
    assert row["do"]
    (line,) = (line for line in text.out.splitlines() if line.startswith("etcd "))
    assert line.split()[1:4] == ["fails"] * 3
    assert "etcd does not respond" in line
    assert "hint: check the etcd members" in text.out


def test_what_differs_is_told_with_what_it_hangs_on(
    declared: Path, certificates: Certificates, capsys: pytest.CaptureFixture[str]
) -> None:
    def changed(names: list[str]) -> list[str]:
        kept = [name for name in names if name not in (f"{HOOK}rbac/bootstrap-roles", f"{HOOK}crd-informer-synced")]
        return [*kept, f"{HOOK}max-in-flight-filter", f"{HOOK}gv-deletion-workers", "api-example", "etcd-override-3"]

    lists = {name: changed(RECORDED[name]) for name in ENDPOINTS}
    with Server(Recorded(lists), certificates) as server:
        ran = probe(capsys, declared, server, certificates, "--output", "json")
        text = probe(capsys, declared, server, certificates)
    assert (ran.code, text.code) == (3, 3)
    everywhere = "healthz, livez and readyz"
    assert findings(ran) == [
        ("002", f"{everywhere} do not include {HOOK}crd-informer-synced; every server of this version has it"),
        (
            "002",
            f"{everywhere} do not include {HOOK}rbac/bootstrap-roles; the configuration enables it: RBAC is one of the "
            "authorizers and rbac.authorization.k8s.io is served",
        ),
        (
            "003",
            f"{everywhere} unexpectedly include {HOOK}max-in-flight-filter, which Kubernetes 1.31 and later has if "
            "--enable-priority-and-fairness=false",
        ),
        (
            "003",
            f"{everywhere} unexpectedly include {HOOK}gv-deletion-workers, which Kubernetes 1.35 to 1.35 has if "
            "--peer-ca-file with the gate UnknownVersionInteroperabilityProxy",
        ),
        ("003", f"{everywhere} unexpectedly include api-example, which no known version of kube-apiserver has"),
        (
            "003",
            f"{everywhere} unexpectedly include etcd-override-3, which Kubernetes 1.34 and later has if "
            "--etcd-servers-overrides; N counts the distinct sets of servers",
        ),
    ]
    states = {row["name"]: set(row["states"].values()) for row in report(ran)["probe"]["checks"]}
    assert states["api-example"] == {"unexpected"}
    assert states[f"{HOOK}crd-informer-synced"] == {"missing"}
    assert "unexpected" in text.out
    assert "missing" in text.out


def test_unhealthy_goes_before_different(
    declared: Path, certificates: Certificates, capsys: pytest.CaptureFixture[str]
) -> None:
    lists = {name: [*RECORDED[name], "api-example"] for name in ENDPOINTS}
    with Server(Recorded(lists, failing={"api-example": "it hurts"}), certificates) as server:
        ran = probe(capsys, declared, server, certificates, "--output", "json")
    assert ran.code == 1
    assert [code for code, _ in findings(ran)] == ["001", "003"]
    assert "kasc does not know this check" in findings(ran)[0][1]


def test_another_order_is_a_difference(
    declared: Path, certificates: Certificates, capsys: pytest.CaptureFixture[str]
) -> None:
    lists = {name: list(RECORDED[name]) for name in ENDPOINTS}
    lists["livez"].reverse()
    with Server(Recorded(lists), certificates) as server:
        ran = probe(capsys, declared, server, certificates, "--output", "json")
    assert (ran.code, findings(ran)) == (3, [("004", "the checks of livez are not in the declared order")])


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"minor": "35", "gitVersion": "v1.35.2"}, "runs Kubernetes v1.35.2, not 1.36"),
        ({"minor": "35+", "gitVersion": "v1.35.2-eks-1234"}, "runs Kubernetes v1.35.2-eks-1234, not 1.36"),
        ({"emulationMinor": "35"}, "emulates Kubernetes 1.35, not 1.36"),
        ({"gitVersion": "v1.36.4+k3s1"}, ""),
        ({"emulationMajor": "", "emulationMinor": ""}, ""),
    ],
)
def test_version(
    told: dict[str, str],
    message: str,
    declared: Path,
    certificates: Certificates,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Server(Recorded(version={**RECORDED["version"], **told}), certificates) as server:
        ran = probe(capsys, declared, server, certificates, "--output", "json")
    assert findings(ran) == ([("005", f"{server.url} {message}")] if message else [])
    assert ran.code == (3 if message else 0)


def test_checks_that_nobody_may_ask_alone_are_a_note(
    declared: Path, certificates: Certificates, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = Recorded(singles=False, failing=RECORDED["reasons"])
    with Server(answers, certificates) as server:
        failing = probe(capsys, declared, server, certificates, "--output", "json")
        answers.failing = {}
        answers.asked.clear()
        ran = probe(capsys, declared, server, certificates, "--output", "json")
    assert [code for code, _ in findings(failing)] == ["001", "001", "007"]
    ((code, message),) = findings(ran)
    assert code == "007"
    assert 'forbids "system:anonymous" to read it (403)' in message
    assert ran.code == 0
    # The first refusal tells enough.
    assert len(answers.asked) == 5


def test_an_input_with_errors_is_not_probed(
    tmp_path: Path, certificates: Certificates, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.json"
    path.write_text(as_text(document(etcd={"storageBackend": "etcd2"})))
    answers = Recorded()
    with Server(answers, certificates) as server:
        ran = probe(capsys, path, server, certificates)
        gone = probe(capsys, tmp_path / "gone.yaml", server, certificates)
    assert (ran.code, gone.code, answers.asked) == (1, 2, [])
    assert "KASC-ETCD-002" in ran.out


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github", "junit"])
def test_every_form_of_report(
    form: str, declared: Path, certificates: Certificates, capsys: pytest.CaptureFixture[str]
) -> None:
    with Server(Recorded(failing=RECORDED["reasons"]), certificates) as server:
        ran = probe(capsys, declared, server, certificates, "--output", form)
    assert ran.code == 1
    assert "PROBE-001" in ran.out


def test_watching_ends_once_the_server_is_ready(
    declared: Path, certificates: Certificates, capsys: pytest.CaptureFixture[str]
) -> None:
    def heal(answers: Recorded) -> None:
        if len(answers.asked) == 5:
            answers.faults = {}
        if len(answers.asked) == 10:
            answers.failing = {}

    faults = {"/readyz": (503, {}, b"no endpoints")}
    answers = Recorded(failing=RECORDED["reasons"], answered=heal, faults=faults)
    with Server(answers, certificates) as server:
        ran = probe(capsys, declared, server, certificates, "--watch", "--output", "json")
    assert (ran.code, ran.err) == (0, "")
    assert [path for path, _ in answers.asked[:10]] == ["/readyz?verbose"] * 10
    assert answers.asked[10][0] == "/healthz?verbose"


def test_watching_has_an_end(declared: Path, certificates: Certificates, capsys: pytest.CaptureFixture[str]) -> None:
    answers = Recorded(failing=RECORDED["reasons"])
    with Server(answers, certificates) as server:
        ran = probe(capsys, declared, server, certificates, "--watch", "--timeout", "3", "--output", "json")
    assert ran.code == 1
    assert [code for code, _ in findings(ran)] == ["001", "001"]
    assert len([path for path, _ in answers.asked if path == "/readyz?verbose"]) > 2


def test_the_progress_line_is_for_terminals(
    declared: Path,
    certificates: Certificates,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with Server(Recorded(failing=RECORDED["reasons"]), certificates) as server:
        ran = probe(capsys, declared, server, certificates, "--watch", "--timeout", "0.2")
    assert f"s {server.url}: 2 of {len(RECORDED['readyz'])} fail: etcd, shutdown" in ran.err
    assert ran.err.endswith("\r\x1b[K")
