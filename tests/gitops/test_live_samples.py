"""samples/live: manifests that Kubernetes accepts, the permissions that kasc drift needs, and the job as it runs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import kubernetes_validate
import pytest
import yaml

from compiler.cluster import service_account
from tests.cli.running import SAMPLES
from tests.cluster.drift.replayed import Replayed, recorded
from tests.cluster.live.api_server import Fault, Reply, Server, status
from tests.cluster.live.certificates import Certificates, make_certificates
from tests.gitops.running import kustomized, needs_kustomize, programs, run
from tools.record.scratch import write_keys

LIVE = SAMPLES / "live"
MANIFESTS = [
    manifest for name in ("rbac.yaml", "cronjob.yaml") for manifest in yaml.safe_load_all((LIVE / name).read_text())
]
NAMES = ("v1.36-s-default", "v1.35-s-emulated-2", "v1.33-s-allalpha")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("pki"))


def of_kind(kind: str) -> dict[str, Any]:
    (manifest,) = (each for each in MANIFESTS if each["kind"] == kind)
    return dict(manifest)


POD = of_kind("CronJob")["spec"]["jobTemplate"]["spec"]["template"]["spec"]
(DRIFT,), (PUBLISH,) = POD["initContainers"], POD["containers"]
(RULE,) = of_kind("ClusterRole")["rules"]


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda manifest: manifest["kind"])
def test_the_manifests_are_valid(manifest: dict[str, Any]) -> None:
    kubernetes_validate.validate(manifest, "1.33", strict=True)


def test_the_parts_refer_to_one_another() -> None:
    account, role = of_kind("ServiceAccount")["metadata"], of_kind("ClusterRole")["metadata"]["name"]
    binding = of_kind("ClusterRoleBinding")
    assert binding["roleRef"]["name"] == role
    (subject,) = binding["subjects"]
    assert (subject["name"], subject["namespace"]) == (account["name"], account["namespace"])
    assert POD["serviceAccountName"] == account["name"]
    mounts = {mount["name"]: mount["mountPath"] for mount in DRIFT["volumeMounts"]}
    assert mounts["token"] == service_account.DIRECTORY
    assert "token" not in {mount["name"] for mount in PUBLISH["volumeMounts"]}


@needs_kustomize
def test_kustomize_builds_it() -> None:
    kinds = {manifest["kind"] for manifest in kustomized(LIVE)}
    assert kinds == {"Namespace", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "ConfigMap", "CronJob"}


class Asked:
    """A recorded server that notes the paths, without the sources named in `without`."""

    def __init__(self, name: str, folder: Path, *without: str) -> None:
        missing = {path: status(404, {"kind": "Status"}) for path in without}
        self.replayed = Replayed(recorded(name), folder, faults=missing)

    def __call__(self, target: str, headers: Any) -> Reply | Fault:
        return self.replayed(target, headers)


def kubeconfig(path: Path, server: Server, certificates: Certificates) -> Path:
    config = {
        "clusters": [{"name": "c", "cluster": {"server": server.url, "certificate-authority": str(certificates.ca)}}],
        "contexts": [{"name": "c", "context": {"cluster": "c"}}],
        "current-context": "c",
    }
    path.write_text(json.dumps(config))
    return path


def job(container: dict[str, Any], folder: Path) -> list[str]:
    """The command of a container, with its volumes in a folder."""
    words = [*container["command"], *container["args"]]
    return [word.replace("/declared", str(LIVE)).replace("/metrics/drift", f"{folder}/drift") for word in words]


def test_the_role_is_what_drift_requests(certificates: Certificates, tmp_path: Path) -> None:
    write_keys(tmp_path)
    asked: set[str] = set()
    variables = programs(tmp_path / "bin")
    for name, without in ((NAMES[0], ()), (NAMES[1], ("/metrics", "/version")), (NAMES[2], ())):
        answers = Asked(name, tmp_path, *without)
        with Server(answers, certificates) as server:
            answers.replayed.port = server.port
            config = kubeconfig(tmp_path / "config", server, certificates)
            ran = run(job(DRIFT, tmp_path), tmp_path, variables | {"KUBECONFIG": str(config)})
            assert ran.returncode == 0, ran.stderr
        asked.update(answers.replayed.asked)
    assert RULE["verbs"] == ["get"]
    assert set(RULE) == {"nonResourceURLs", "verbs"}
    allowed = RULE["nonResourceURLs"]
    assert [path for path in asked if not any(fnmatchcase(path, pattern) for pattern in allowed)] == []
    assert [pattern for pattern in allowed if not any(fnmatchcase(path, pattern) for path in asked)] == []


class Gateway(HTTPServer):
    """What a Pushgateway gets."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Put)
        self.puts: list[tuple[str, str]] = []


class _Put(BaseHTTPRequestHandler):
    server: Gateway

    def do_PUT(self) -> None:
        self.server.puts.append((self.path, self.rfile.read(int(self.headers["Content-Length"])).decode()))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("reachable", [True, False])
def test_the_job_publishes_its_result(reachable: bool, certificates: Certificates, tmp_path: Path) -> None:
    write_keys(tmp_path)
    answers = Asked(NAMES[0], tmp_path)
    server = Server(answers, certificates)
    config = kubeconfig(tmp_path / "config", server, certificates)
    if reachable:
        with server:
            ran = run(job(DRIFT, tmp_path), tmp_path, programs(tmp_path / "bin") | {"KUBECONFIG": str(config)})
    else:
        server.server_close()
        ran = run(job(DRIFT, tmp_path), tmp_path, programs(tmp_path / "bin") | {"KUBECONFIG": str(config)})
    assert ran.returncode == 0, ran.stderr
    assert ("refused the connection" in ran.stderr) is not reachable
    gateway = Gateway()
    thread = Thread(target=gateway.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    words = job(PUBLISH, tmp_path)
    words[-1] = words[-1].replace("pushgateway.monitoring.svc:9091", f"127.0.0.1:{gateway.server_port}")
    variables = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    sent = subprocess.run(words, env=variables, capture_output=True, text=True, check=False, timeout=60)
    gateway.shutdown()
    gateway.server_close()
    thread.join()
    assert sent.returncode == 0, sent.stderr
    ((path, body),) = gateway.puts
    assert path == "/metrics/job/kasc-drift"
    assert f'kasc_drift_compared{{server="prod"}} {int(reachable)}\n' in body
    assert ("kasc_drift_differences{" in body) is reachable
