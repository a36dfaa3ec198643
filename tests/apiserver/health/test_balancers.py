"""Settings of load balancers; HAProxy and NGINX themselves read theirs, where they are at hand."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from compiler.artifacts.health import definitions
from compiler.artifacts.probes import server_of
from tests.artifacts.compiling import document, resolve
from tests.cluster.live.certificates import make_certificates

DENIED = {"authentication": {"anonymousAuth": False}}
ADVERTISED = {"generic": {"advertiseAddress": "10.0.0.1"}}


def made(folder: Path, **sections: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = definitions(resolve(document(**sections), folder))["loadBalancers"]
    return found


def test_all_ask_for_readyz(tmp_path: Path) -> None:
    found = made(tmp_path, secureServing={"securePort": 8443})
    assert (found["path"], found["port"]) == ("/readyz", 8443)
    assert "    http-check send meth GET uri /readyz" in found["haproxy"]
    assert found["haproxy"][-1] == "    server test 192.0.2.2:8443"
    assert (found["awsNLB"]["HealthCheckProtocol"], found["awsNLB"]["HealthCheckPath"]) == ("HTTPS", "/readyz")
    assert found["gcp"]["httpsHealthCheck"] == {"port": 8443, "requestPath": "/readyz"}


def test_without_an_answer_only_the_port_is_looked_at_or_a_certificate_is_shown(tmp_path: Path) -> None:
    found = made(tmp_path, **DENIED)
    assert found["path"] is None
    assert any(" crt /etc/kubernetes/pki/healthcheck-client.pem " in line for line in found["haproxy"])
    assert found["awsNLB"]["HealthCheckProtocol"] == "TCP"
    assert "HealthCheckPath" not in found["awsNLB"]
    assert found["gcp"]["tcpHealthCheck"] == {"port": 6443}


@pytest.mark.parametrize(
    ("given", "seconds", "aws", "gcp"),
    [
        # interval, timeout, unhealthy, healthy
        ({}, 10, (5, 3, 2, 2), (5, 3, 2, 2)),
        ({"intervalSeconds": 10, "unhealthyThreshold": 3, "healthyThreshold": 4}, 30, (10, 3, 3, 4), (10, 3, 3, 4)),
        # What a provider does not take is moved to its bounds.
        ({"intervalSeconds": 1, "unhealthyThreshold": 1}, 1, (5, 2, 2, 2), (1, 1, 1, 2)),
        ({"intervalSeconds": 5, "timeoutSeconds": 9}, 10, (5, 9, 2, 2), (5, 5, 2, 2)),
    ],
)
def test_times(given: dict[str, int], seconds: int, aws: tuple[int, ...], gcp: tuple[int, ...], tmp_path: Path) -> None:
    found = made(tmp_path, deployment={"loadBalancer": given})
    assert found["takenOutAfterSeconds"] == seconds
    names = ("Interval", "Timeout")
    counts = ("Unhealthy", "Healthy")
    assert (
        *(found["awsNLB"][f"HealthCheck{name}Seconds"] for name in names),
        *(found["awsNLB"][f"{name}ThresholdCount"] for name in counts),
    ) == aws
    fields = ("checkIntervalSec", "timeoutSec", "unhealthyThreshold", "healthyThreshold")
    assert tuple(found["gcp"][field] for field in fields) == gcp


def tool(name: str) -> str:
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if path is None:
        pytest.skip(f"no {name} here")
    return path


@pytest.mark.parametrize("sections", [{}, DENIED])
def test_haproxy_takes_its_lines(sections: dict[str, Any], tmp_path: Path) -> None:
    program = tool("haproxy")
    certificates = make_certificates(tmp_path)
    both = tmp_path / "healthcheck-client.pem"
    both.write_text(certificates.client.read_text() + certificates.client_key.read_text())
    lines = "\n".join(made(tmp_path, **sections)["haproxy"]).replace("/etc/kubernetes/pki/", f"{tmp_path}/")
    config = tmp_path / "haproxy.cfg"
    times = "    timeout connect 2s\n    timeout client 2s\n    timeout server 2s\n"
    front = "frontend all\n    mode tcp\n    bind 127.0.0.1:16443\n    default_backend kube-apiserver\n"
    config.write_text(f"defaults\n{times}{front}{lines}\n")
    ran = subprocess.run([program, "-c", "-f", str(config)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def nginx(folder: Path, body: str) -> None:
    """Let nginx read a configuration."""
    program = tool("nginx")
    modules = Path("/usr/lib/nginx/modules/ngx_stream_module.so")
    load = f"load_module {modules};\n" if modules.exists() else ""
    config = folder / "nginx.conf"
    config.write_text(f"{load}pid {folder}/pid;\nerror_log {folder}/log;\nevents {{}}\n{body}\n")
    command = [program, "-t", "-q", "-c", str(config), "-p", str(folder), "-e", f"{folder}/log"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if 'unknown directive "stream"' in ran.stderr:
        pytest.skip("this nginx has no module stream")
    assert ran.returncode == 0, ran.stderr


def test_nginx_takes_its_lines(tmp_path: Path) -> None:
    nginx(tmp_path, "\n".join(["stream {", *made(tmp_path)["nginx"], "}"]))


@pytest.mark.parametrize("bind", ["0.0.0.0", "::"])
def test_nginx_takes_the_lines_of_the_local_proxy(bind: str, tmp_path: Path) -> None:
    make_certificates(tmp_path)
    (tmp_path / "healthcheck-client.crt").write_text((tmp_path / "ca-client.crt").read_text())
    (tmp_path / "healthcheck-client.key").write_text((tmp_path / "ca-client.key").read_text())
    sections: dict[str, dict[str, Any]] = {**DENIED, "secureServing": {"bindAddress": bind}, **ADVERTISED}
    ways = definitions(resolve(document(**sections), tmp_path))["alternatives"]
    (lines,) = (way["nginx"] for way in ways if way["name"] == "proxy")
    text = "\n".join(lines).replace("/etc/kubernetes/pki/", f"{tmp_path}/")
    nginx(tmp_path, f"http {{ access_log off;\n{text}\n}}")


@pytest.mark.parametrize(
    "folder_name", ["/etc/x; include /etc/shadow; #", "/etc/a b", '/etc/"q"', "/etc/$host", "/etc/{x"]
)
def test_paths_that_need_quotes_are_left_out_with_the_reason(folder_name: str, tmp_path: Path) -> None:
    sections = {"authentication": {"anonymousAuth": False, "clientCAFile": f"{folder_name}/ca.crt"}}
    found = definitions(resolve(document(**sections), tmp_path))
    (lines,) = (way["nginx"] for way in found["alternatives"] if way["name"] == "proxy")
    for made_lines in (lines, found["loadBalancers"]["haproxy"]):
        (line,) = made_lines
        assert line.startswith("# not generated: a path contains characters other than ")
        assert folder_name not in line


def test_names_that_no_configuration_file_takes_are_made_plain() -> None:
    assert server_of(Facts, "a b;\n}", "") == "a-b---:6443"  # type: ignore[arg-type]


class Facts:
    port = 6443
