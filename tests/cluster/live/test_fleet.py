"""kasc drift with --contexts: many servers, some of them without a response, and metrics that promtool accepts."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.cli.running import ROOT, Ran, kasc
from tests.cluster.drift.replayed import Replayed, files, flags, recorded, values
from tests.cluster.live.api_server import Server, status
from tests.cluster.live.certificates import Certificates
from tools.record.scratch import expand, write_files

SCHEMA = Draft202012Validator(json.loads((ROOT / "schemas/report.schema.json").read_text()))
NAME, TOKEN = "v1.36-s-default", "a-token-that-nobody-may-see"
Drift = Callable[..., Ran]


@pytest.fixture(scope="module")
def server(folder: Path, certificates: Certificates) -> Iterator[Server]:
    answers = Replayed(recorded(NAME), folder, token=TOKEN)
    with Server(answers, certificates) as running:
        answers.port = running.port
        yield running


@pytest.fixture
def fleet(folder: Path, server: Server, certificates: Certificates, tmp_path: Path) -> Path:
    """Three declarations of the server: one as it runs, one that differs, one whose server does not exist."""
    live = recorded(NAME)
    write_files(files(live), values(folder, 0))
    for name, more in {"same": [], "differs": ["--request-timeout=47s"], "gone": []}.items():
        words = [expand(flag, values(folder, server.port)) for flag in (*flags(live, server.port), *more)]
        container = {"name": "kube-apiserver", "image": "kube-apiserver:v1.36.0", "command": ["kube-apiserver", *words]}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {"containers": [container]}}
        path = tmp_path / "servers" / f"{name}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(pod, indent=1))
    urls = {"one": server.url, "nobody": "https://127.0.0.1:1"}
    clusters = [
        {"name": name, "cluster": {"server": url, "certificate-authority": str(certificates.ca)}}
        for name, url in urls.items()
    ]
    config = {
        "clusters": clusters,
        "users": [{"name": "u", "user": {"token": TOKEN}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": "u"}} for name in urls],
    }
    (tmp_path / "kubeconfig").write_text(json.dumps(config))
    contexts(tmp_path, same="one", differs="one", gone="nobody")
    return tmp_path


def contexts(fleet: Path, **names: Any) -> None:
    (fleet / "contexts.yaml").write_text("".join(f"{name}: {context}\n" for name, context in names.items()))


@pytest.fixture
def drift(fleet: Path, capsys: pytest.CaptureFixture[str]) -> Drift:
    def run(*words: Any) -> Ran:
        given = [fleet / "servers"] if not any(isinstance(word, Path) for word in words) else []
        options = ("--kubeconfig", fleet / "kubeconfig", "--host-address", "192.0.2.2", "--files-root", "/")
        ran = kasc(capsys, "drift", *given, *words, "--contexts", fleet / "contexts.yaml", *options)
        assert TOKEN not in ran.out + ran.err
        return ran

    return run


def reported(ran: Ran) -> dict[str, dict[str, Any]]:
    data = json.loads(ran.out)
    assert [error.message for error in SCHEMA.iter_errors(data)] == []
    return {Path(file["path"]).stem: file for file in data["files"]}


def codes(file: dict[str, Any]) -> list[str]:
    return [each["code"] for each in file["diagnostics"]]


def test_a_summary_of_all_servers(drift: Drift) -> None:
    ran = drift()
    assert ran.code == 2
    lines = [line.split() for line in ran.out.splitlines()]
    start = lines.index(["SERVER", "CONTEXT", "VERSION", "RESULT", "NOT", "COMPARED"])
    differs, gone, same = lines[start + 1 : start + 4]
    assert differs[:2] == ["differs", "one"]
    assert differs[3:] == ["1", "difference", "(1", "behaviour)", "-"]
    assert gone[:3] == ["gone", "nobody", "-"]
    assert "refused the connection" in " ".join(gone)
    assert same[:2] == ["same", "one"]
    assert same[3:] == ["no", "drift", "-"]
    assert ran.out.endswith("3 servers: 1 with drift, 1 not or not completely compared\n")
    assert "flag  request-timeout  47s       1m0s  behaviour" in ran.out


def test_results_are_kept_when_a_server_cannot_be_reached(drift: Drift) -> None:
    ran = drift("--output", "json")
    files = reported(ran)
    assert ran.code == 2
    assert list(files) == ["differs", "gone", "same"]
    assert [each["name"] for each in files["differs"]["drift"]] == ["request-timeout"]
    assert files["same"]["drift"] == []
    assert codes(files["gone"]) == ["KASC-PROBE-006"]
    assert "drift" not in files["gone"]
    assert {name: file["context"] for name, file in files.items()} == {
        "differs": "one",
        "gone": "nobody",
        "same": "one",
    }


def test_the_exit_code_is_3_if_any_server_drifts(drift: Drift, fleet: Path) -> None:
    both = (fleet / "servers/same.json", fleet / "servers/differs.json")
    contexts(fleet, same="one", differs="one")
    assert drift(*both).code == 3
    assert drift(both[0]).code == 0


def test_documents_without_contexts_and_contexts_without_documents(drift: Drift, fleet: Path) -> None:
    contexts(fleet, same="one", elsewhere="one")
    ran = drift(fleet / "servers/same.json", fleet / "servers/differs.json", "--output", "json")
    files = reported(ran)
    assert ran.code == 2
    assert codes(files["differs"]) == ["KASC-CONNECT-008"]
    (note,) = files["contexts"]["diagnostics"]
    assert (note["code"], note["severity"], note["line"], note["column"]) == ("KASC-CONNECT-009", "note", 2, 1)
    # The rest of a fleet need not be among the inputs.
    assert drift(fleet / "servers/same.json").code == 0


def test_two_documents_with_one_name(drift: Drift, fleet: Path) -> None:
    shutil.copy(fleet / "servers/same.json", fleet / "servers/twice.json")
    files = reported(drift("--output", "json"))
    assert codes(files["twice"]) == ["KASC-CONNECT-008"]
    assert "same.json declares a server with the name" in files["twice"]["diagnostics"][0]["message"]


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("[]\n", "KASC-CONNECT-007", (1, 1)),
        ("same: {context: one}\n", "KASC-CONNECT-007", (1, 7)),
        ("same: 1\n", "KASC-CONNECT-007", (1, 7)),
        ("same: ''\n", "KASC-CONNECT-007", (1, 7)),
        ("same: one\nsame: two\n", "KASC-DOC-005", (2, 1)),
        ("a: [\n", "", None),
        ("a: *b\n", "", None),
        ("\0", "", None),
    ],
)
def test_invalid_contexts(text: str, code: str, place: tuple[int, int] | None, drift: Drift, fleet: Path) -> None:
    (fleet / "contexts.yaml").write_text(text)
    ran = drift("--output", "json")
    (file,) = reported(ran).values()
    assert ran.code == 2
    found = file["diagnostics"][0]
    if place is not None:
        assert (found["code"], found["line"], found["column"]) == (code, *place)
    assert found["file"] == str(fleet / "contexts.yaml")


def test_an_unknown_context(drift: Drift, fleet: Path) -> None:
    contexts(fleet, same="oen")
    ran = drift(fleet / "servers/same.json", "--output", "json")
    file = reported(ran)["same"]
    assert ran.code == 2
    assert codes(file) == ["KASC-CONNECT-001"]
    assert "one" in file["diagnostics"][0]["hint"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--server", "https://127.0.0.1:1"), "--contexts cannot be combined with --server"),
        (("--live", "x"), "--contexts cannot be combined with --live"),
        (("--context", "one"), "--contexts cannot be combined with --context"),
        (("--insecure",), "--insecure cannot be combined with a kubeconfig"),
    ],
)
def test_options_about_one_server(words: tuple[str, ...], message: str, drift: Drift) -> None:
    ran = drift(*words)
    assert ran.code == 2
    assert message in ran.err


def test_several_inputs_need_contexts(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = kasc(capsys, "drift", "a", "b", "--server", "https://127.0.0.1:1")
    assert ran.code == 2
    assert "--contexts FILE" in ran.err


def test_every_other_format(drift: Drift) -> None:
    for form in ("sarif", "junit", "github", "markdown"):
        ran = drift("--output", form)
        assert ran.code == 2
        assert "request-timeout" in ran.out
        assert "refused the connection" in ran.out


def series(text: str) -> dict[str, float]:
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in text.splitlines() if line[0] != "#"}


def test_metrics(drift: Drift, fleet: Path) -> None:
    ran = drift("--output", "prometheus")
    assert ran.code == 2
    assert "refused the connection" in ran.err
    found = series(ran.out)
    assert found['kasc_drift_differences{server="differs",kind="flag",severity="behaviour"}'] == 1
    assert {found[f'kasc_drift_compared{{server="{name}"}}'] for name in ("differs", "same")} == {1}
    assert found['kasc_drift_compared{server="gone"}'] == 0
    assert not any("differences" in name and "gone" in name for name in found)
    assert sum(value for name, value in found.items() if name.startswith("kasc_drift_differences")) == 1
    out = fleet / "drift.prom"
    written = drift("--output", "prometheus", "-o", out, fleet / "servers")
    assert (written.code, written.out) == (2, "")
    assert series(out.read_text()).keys() == found.keys()
    assert [path for path in fleet.iterdir() if path.name.startswith((".", "drift.prom"))] == [out]


def test_the_number_of_series_does_not_depend_on_the_result(drift: Drift, fleet: Path) -> None:
    counts = {}
    for name in ("same", "differs"):
        contexts(fleet, **{name: "one"})
        counts[name] = len(series(drift(fleet / f"servers/{name}.json", "--output", "prometheus").out))
    assert counts["same"] == counts["differs"] < 60


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
@pytest.mark.parametrize("name", ["same", 'a"b\\c\nd', "ü\u2028", "x" * 200])
def test_promtool_accepts_the_metrics(name: str, fleet: Path, drift: Drift) -> None:
    pod = json.loads((fleet / "servers/same.json").read_text())
    pod["metadata"]["name"] = name
    (fleet / "servers/same.json").write_text(json.dumps(pod))
    text = drift("--output", "prometheus").out
    assert text.count("kasc_drift_compared{") == 3
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, capture_output=True, check=False)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


def test_a_server_that_forbids_a_page(folder: Path, certificates: Certificates, drift: Drift, fleet: Path) -> None:
    answers = Replayed(recorded(NAME), folder, faults={"/flagz": status(403, {"kind": "Status"})})
    with Server(answers, certificates) as server:
        config = json.loads((fleet / "kubeconfig").read_text())
        config["clusters"][0]["cluster"]["server"] = server.url
        (fleet / "kubeconfig").write_text(json.dumps(config))
        contexts(fleet, same="one")
        ran = drift(fleet / "servers/same.json")
    assert ran.code == 0
    assert ran.out.splitlines()[-2].endswith("no drift  flag, plugin")
