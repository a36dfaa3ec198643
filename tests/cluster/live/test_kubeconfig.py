"""Connections as a kubeconfig describes them, to a server with TLS that asks for credentials."""

from __future__ import annotations

import base64
import json
import os
import shlex
import shutil
import stat
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from compiler.cluster import service_account
from tests.cli.running import Ran, kasc, on_terminal
from tests.cluster.live.api_server import Recorded, Server, text
from tests.cluster.live.certificates import Certificates, make_certificates

TOKEN = "a-token-that-nobody-may-see"
Run = Callable[..., Ran]


@pytest.fixture
def run(declared: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*words: Any) -> Ran:
        ran = kasc(capsys, "probe", declared, *words)
        assert "nobody-may-see" not in ran.out + ran.err
        assert "PRIVATE KEY" not in ran.out + ran.err
        return ran

    return run


def kubeconfig(path: Path, cluster: dict[str, Any], user: dict[str, Any] | None = None) -> Path:
    """Write a kubeconfig with one context."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "prod", "cluster": cluster}],
        "users": [{"name": "admin", "user": user or {}}],
        "contexts": [{"name": "prod", "context": {"cluster": "prod", "user": "admin"}}],
        "current-context": "prod",
    }
    path.write_text(json.dumps(config, indent=1))
    return path


def data(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


def codes(ran: Ran) -> list[str]:
    (file,) = json.loads(ran.out)["files"]
    return [each["code"] for each in file["diagnostics"]]


def message(ran: Ran) -> str:
    (file,) = json.loads(ran.out)["files"]
    return "; ".join(each["message"] for each in file["diagnostics"])


@pytest.mark.parametrize("form", ["files", "data"])
def test_a_client_certificate(form: str, certificates: Certificates, tmp_path: Path, run: Run) -> None:
    with Server(Recorded(), certificates, certificates.ca) as server:
        if form == "files":
            # Relative to the directory of the kubeconfig.
            relative = {name: os.path.relpath(path, tmp_path) for name, path in certificates._asdict().items()}
            cluster = {"certificate-authority": relative["ca"]}
            user = {"client-certificate": relative["client"], "client-key": relative["client_key"]}
        else:
            cluster = {"certificate-authority-data": data(certificates.ca)}
            user = {
                "client-certificate-data": data(certificates.client),
                "client-key-data": data(certificates.client_key),
            }
        path = kubeconfig(tmp_path / "config", {"server": server.url, **cluster}, user)
        assert run("--kubeconfig", path).code == 0
        assert codes(run("--kubeconfig", kubeconfig(path, {"server": server.url, **cluster}), "--output", "json"))


def test_the_context_and_the_server_can_be_chosen(
    certificates: Certificates, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = Recorded(token=TOKEN)
    with Server(answers, certificates) as server:
        cluster = {"server": "https://127.0.0.1:1", "certificate-authority-data": data(certificates.ca)}
        path = kubeconfig(tmp_path / "config", cluster, {"token": TOKEN})
        assert run("--kubeconfig", path, "--server", server.url).code == 0
        assert run("--kubeconfig", path, "--context", "prod", "--server", server.url).code == 0
        monkeypatch.setenv("KUBECONFIG", f"{tmp_path}/missing:{path}:{path}")
        assert run("--context", "prod", "--server", server.url).code == 0
        asked = len(answers.asked)
        # The credentials of a kubeconfig that no option names are not sent to another server.
        assert run("--server", server.url, "--cafile", certificates.ca).code == 2
        assert {shown for _, shown in answers.asked[asked:]} == {""}
        kubeconfig(path, {**cluster, "server": server.url}, {"token": TOKEN})
        assert run().code == 0
        monkeypatch.delenv("KUBECONFIG")
        (tmp_path / ".kube").mkdir()
        path.rename(tmp_path / ".kube/config")
        assert run().code == 0
    assert {shown for _, shown in answers.asked[:asked]} == {f"Bearer {TOKEN}"}


def test_a_token_file_goes_before_the_token(certificates: Certificates, tmp_path: Path, run: Run) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    answers = Recorded(token=TOKEN)
    with Server(answers, certificates) as server:
        cluster = {"server": server.url, "certificate-authority": str(certificates.ca)}
        path = kubeconfig(tmp_path / "config", cluster, {"tokenFile": "token", "token": "old-nobody-may-see"})
        assert run("--kubeconfig", path).code == 0


def test_tls_server_name(certificates: Certificates, tmp_path: Path, run: Run) -> None:
    with Server(Recorded(), certificates) as server:
        cluster = {"server": f"https://localhost:{server.port}", "certificate-authority": str(certificates.ca)}
        path = kubeconfig(tmp_path / "config", cluster)
        ran = run("--kubeconfig", path)
        assert ran.code == 2
        assert "has a certificate that is not valid for localhost" in ran.out
        assert run("--kubeconfig", kubeconfig(path, {**cluster, "tls-server-name": "127.0.0.1"})).code == 0
        ran = run("--kubeconfig", kubeconfig(path, {**cluster, "tls-server-name": "elsewhere"}))
        assert "not valid for elsewhere" in ran.out
        # As in kubectl, it belongs to the server that --server replaces.
        assert run("--kubeconfig", path, "--server", server.url).code == 0


@pytest.mark.parametrize("name", [".a", "a\0b", "\ud800", "x" * 300, "ü" * 100, "a..b", "*", " ", "a\r\nb"])
def test_hostile_server_names(name: str, certificates: Certificates, tmp_path: Path, run: Run) -> None:
    with Server(Recorded(), certificates) as server:
        cluster = {"server": server.url, "certificate-authority": str(certificates.ca), "tls-server-name": name}
        ran = run("--kubeconfig", kubeconfig(tmp_path / "config", cluster), "--output", "json")
    assert ran.code == 2
    assert codes(ran)


@pytest.mark.parametrize(
    "user",
    [
        {"as": "\ud800"},
        {"as": "a", "as-user-extra": {"\ud800": ["x"]}},
        {"exec": {"command": "\ud800", "args": ["\ud800"], "apiVersion": "client.authentication.k8s.io/v1beta1"}},
        {"exec": {"command": "sh", "args": ["\ud800"], "apiVersion": "client.authentication.k8s.io/v1beta1"}},
        {"tokenFile": "\ud800"},
        {"tokenFile": "a\0b"},
        {"client-certificate": "a\0b", "client-key": "\ud800"},
    ],
)
def test_hostile_strings(user: dict[str, Any], tmp_path: Path, run: Run) -> None:
    path = kubeconfig(tmp_path / "config", {"server": "https://127.0.0.1:1"}, user)
    for words in ((), ("--allow-exec",)):
        ran = run("--kubeconfig", path, *words, "--output", "json")
        assert ran.code == 2
        assert codes(ran)


def test_unverified_connections_are_reported(certificates: Certificates, tmp_path: Path, run: Run) -> None:
    with Server(Recorded(), certificates) as server:
        path = kubeconfig(tmp_path / "config", {"server": server.url, "insecure-skip-tls-verify": True})
        ran = run("--kubeconfig", path, "--output", "json")
    assert (ran.code, codes(ran)) == (0, ["KASC-CONNECT-006"])


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
def test_impersonation_is_that_of_kubectl(certificates: Certificates, tmp_path: Path, run: Run) -> None:
    headers: list[list[tuple[str, str]]] = []
    recorded = Recorded()

    def answer(target: str, received: Any) -> Any:
        found = [(name.lower(), value) for name, value in received.items() if name.startswith("Impersonate")]
        headers.append(sorted(found))
        return recorded(target, received)

    user = {
        "token": TOKEN,  # without any credentials, kubectl asks for a user and a password
        "as": "jane",
        "as-uid": "17",
        "as-groups": ["ops", "dév"],
        "as-user-extra": {"scopes": ["a", "b"], "example.com/x%y": ["c"]},
    }
    with Server(answer, certificates) as server:
        cluster = {"server": server.url, "certificate-authority": str(certificates.ca)}
        path = kubeconfig(tmp_path / "config", cluster, user)
        assert run("--kubeconfig", path).code == 0
        words = ["kubectl", "--kubeconfig", str(path), "get", "--raw", "/livez"]
        subprocess.run(words, check=True, capture_output=True, timeout=60)
    assert ("impersonate-group", "dév".encode().decode("latin-1")) in headers[0]
    assert headers[0] == headers[-1]


def test_impersonated_names_are_safe(tmp_path: Path, run: Run) -> None:
    path = kubeconfig(tmp_path / "config", {"server": "https://127.0.0.1:1"}, {"as": "a\r\nX-Evil: 1"})
    ran = run("--kubeconfig", path)
    assert ran.code == 2
    assert "users[0].user.as contains control characters" in ran.out


PLUGIN = """#!/bin/sh
echo "$KUBERNETES_EXEC_INFO" > "$0.info"
env > "$0.env"
"""


def plugin(folder: Path, output: str, script: str = PLUGIN) -> dict[str, Any]:
    """Write a plugin that prints something; return the field `exec` for it."""
    path = folder / "plugin"
    path.write_text(f"{script}printf %s {shlex.quote(output)}\n")
    path.chmod(stat.S_IRWXU)
    return {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "./plugin",
        "args": ["get-token", "--cluster", "a b"],
        "env": [{"name": "PROFILE", "value": "env-nobody-may-see"}],
        "interactiveMode": "Never",
    }


def credential(version: str = "v1", **status: Any) -> str:
    return json.dumps(
        {"apiVersion": f"client.authentication.k8s.io/{version}", "kind": "ExecCredential", "status": status}
    )


def test_an_exec_plugin_needs_permission(
    certificates: Certificates, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_by = plugin(tmp_path, credential(token=TOKEN))
    monkeypatch.setenv("KASC_TOKEN", "own-nobody-may-see")
    with Server(Recorded(token=TOKEN), certificates) as server:
        extension = {"name": "client.authentication.k8s.io/exec", "extension": {"audience": "x"}}
        cluster = {
            "server": server.url,
            "certificate-authority": str(certificates.ca),
            "extensions": [extension],
            "tls-server-name": "127.0.0.1",
        }
        path = kubeconfig(tmp_path / "config", cluster, {"exec": run_by | {"provideClusterInfo": True}})
        ran = run("--kubeconfig", path, "--output", "json")
        assert (ran.code, codes(ran)) == (2, ["KASC-CONNECT-003"])
        assert f"{tmp_path}/plugin get-token --cluster 'a b' (with PROFILE in its environment)" in message(ran)
        assert not (tmp_path / "plugin.info").exists()
        assert run("--kubeconfig", path, "--allow-exec").code == 0
        assert json.loads((tmp_path / "plugin.info").read_text()) == {
            "kind": "ExecCredential",
            "apiVersion": "client.authentication.k8s.io/v1",
            "spec": {
                "interactive": False,
                "cluster": {
                    "server": server.url,
                    "tls-server-name": "127.0.0.1",
                    "certificate-authority-data": data(certificates.ca),
                    "config": {"audience": "x"},
                },
            },
        }
        environment = (tmp_path / "plugin.env").read_text()
        assert "PROFILE=env-nobody-may-see" in environment
        assert "own-nobody-may-see" not in environment
        # A plugin is not needed for a user with a token, as in client-go.
        user = {"token": TOKEN, "exec": run_by | {"command": "missing"}}
        assert run("--kubeconfig", kubeconfig(path, cluster, user)).code == 0


def test_an_exec_plugin_can_return_a_certificate(certificates: Certificates, tmp_path: Path, run: Run) -> None:
    pair = {
        "clientCertificateData": certificates.client.read_text(),
        "clientKeyData": certificates.client_key.read_text(),
    }
    with Server(Recorded(), certificates, certificates.ca) as server:
        cluster = {"server": server.url, "certificate-authority": str(certificates.ca)}
        user = {"exec": plugin(tmp_path, credential(**pair, expirationTimestamp="2999-01-01T00:00:00Z"))}
        assert run("--kubeconfig", kubeconfig(tmp_path / "config", cluster, user), "--allow-exec").code == 0


def test_an_exec_plugin_is_run_again_when_its_credentials_expire(
    certificates: Certificates, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from compiler.cluster import apiserver

    answers = Recorded(token=TOKEN)
    with Server(answers, certificates) as server:
        cluster = {"server": server.url, "certificate-authority": str(certificates.ca)}
        user = {"exec": plugin(tmp_path, credential(token=TOKEN, expirationTimestamp="2990-01-01T00:00:00Z"))}
        path = kubeconfig(tmp_path / "config", cluster, user)
        with (tmp_path / "plugin").open("a") as script:
            script.write('\necho run >> "$0.runs"\n')
        assert run("--kubeconfig", path, "--allow-exec").code == 0
        assert (tmp_path / "plugin.runs").read_text() == "run\n"
        monkeypatch.setattr(apiserver, "now", lambda: 1e11)
        assert run("--kubeconfig", path, "--allow-exec").code == 0
        assert (tmp_path / "plugin.runs").read_text().count("run") > 2


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("", "does not print an ExecCredential"),
        ("{", "does not print an ExecCredential"),
        ("\x01\x02", "does not print an ExecCredential"),
        (f"token: {TOKEN}", "does not print an ExecCredential"),
        (credential("v1beta1", token=TOKEN), 'of "client.authentication.k8s.io/v1beta1", not client.authent'),
        (credential(), "returns neither a token nor a client certificate"),
        (credential(token=""), "returns neither a token nor a client certificate"),
        (credential(clientKeyData=TOKEN), "returns a client certificate or key without the other"),
        (credential(token=f"{TOKEN}\nX-Evil: 1"), "returns a token with whitespace"),
        (credential(token=TOKEN, expirationTimestamp="2001-01-01T00:00:00Z"), "expired at 2001-01-01"),
        (credential(token=TOKEN, expirationTimestamp="soon"), "invalid expirationTimestamp"),
        (credential(token=TOKEN, expirationTimestamp="2999-01-01T00:00:00"), "invalid expirationTimestamp"),
        (f"{TOKEN}\n" * 60_000, "prints more than an ExecCredential"),
    ],
)
def test_what_a_plugin_prints_is_not_trusted(output: str, expected: str, tmp_path: Path, run: Run) -> None:
    (tmp_path / "output").write_text(output)
    user = {"exec": plugin(tmp_path, "", f"#!/bin/sh\ncat {tmp_path}/output\n")}
    path = kubeconfig(tmp_path / "config", {"server": "https://127.0.0.1:1"}, user)
    ran = run("--kubeconfig", path, "--allow-exec", "--output", "json")
    assert (ran.code, codes(ran)) == (2, ["KASC-CONNECT-004"])
    assert expected in message(ran)


def test_a_certificate_of_a_plugin_that_is_not_valid(tmp_path: Path, run: Run) -> None:
    user = {"exec": plugin(tmp_path, credential(clientCertificateData="x", clientKeyData=TOKEN))}
    path = kubeconfig(tmp_path / "config", {"server": "https://127.0.0.1:1"}, user)
    ran = run("--kubeconfig", path, "--allow-exec")
    assert (ran.code, ran.err) == (2, "kasc: invalid client certificate: not a PEM certificate with its key\n")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"command": "missing-nobody", "installHint": "see\nus"}, '"missing-nobody" is not an executable program'),
        ({"command": "./config"}, "is not an executable program"),
        ({"interactiveMode": "Always"}, "has to be run in a terminal"),
        ({"env": [{"name": "A=B", "value": "x"}]}, "cannot be run: invalid argument or variable"),
        ({"args": ["a\0b"]}, "cannot be run: invalid argument or variable"),
        ({"args": ["x" * 200_000]}, "cannot be run: argument list too long"),
    ],
)
def test_a_plugin_that_cannot_be_run(change: dict[str, Any], expected: str, tmp_path: Path, run: Run) -> None:
    user = {"exec": plugin(tmp_path, credential(token=TOKEN)) | change}
    path = kubeconfig(tmp_path / "config", {"server": "https://127.0.0.1:1"}, user)
    ran = run("--kubeconfig", path, "--allow-exec", "--output", "json")
    assert (ran.code, codes(ran)) == (2, ["KASC-CONNECT-004"])
    assert expected in message(ran)


def test_a_plugin_may_ask_the_user_on_a_terminal(certificates: Certificates, tmp_path: Path, declared: Path) -> None:
    script = f"{PLUGIN}test -t 0 && echo 'open a browser' >&2\n"
    user = {"exec": plugin(tmp_path, credential(token=TOKEN), script) | {"interactiveMode": "Always"}}
    with Server(Recorded(token=TOKEN), certificates) as server:
        cluster = {"server": server.url, "certificate-authority": str(certificates.ca)}
        path = kubeconfig(tmp_path / "config", cluster, user)
        code, shown = on_terminal("probe", declared, "--kubeconfig", path, "--allow-exec")
    assert code == 0
    assert "open a browser" in shown
    assert TOKEN not in shown
    assert json.loads((tmp_path / "plugin.info").read_text())["spec"] == {"interactive": True}


def is_dead(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc here")
def test_a_plugin_that_does_not_exit_is_killed_with_its_children(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from compiler.cluster import exec_plugin

    monkeypatch.setattr(exec_plugin, "_SECONDS", 0.5)
    script = '#!/bin/sh\n(sleep 30; echo late > "$0.late") &\necho $! > "$0.pid"\necho waiting >&2\nwait\n'
    path = kubeconfig(tmp_path / "c", {"server": "https://127.0.0.1:1"}, {"exec": plugin(tmp_path, "", script)})
    ran = run("--kubeconfig", path, "--allow-exec")
    assert ran.code == 2
    assert "did not exit within 0.5s" in ran.out
    child = int((tmp_path / "plugin.pid").read_text())
    for _ in range(500):
        if is_dead(child):
            return
        time.sleep(0.01)
    raise AssertionError("the child of the plugin is alive")


def test_a_plugin_that_closes_its_output_and_does_not_exit(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from compiler.cluster import exec_plugin

    monkeypatch.setattr(exec_plugin, "_SECONDS", 0.5)
    script = f"#!/bin/sh\necho '{credential(token=TOKEN)}'\nexec sleep 30 >&- 2>&-\n"
    path = kubeconfig(tmp_path / "c", {"server": "https://127.0.0.1:1"}, {"exec": plugin(tmp_path, "", script)})
    ran = run("--kubeconfig", path, "--allow-exec", "--output", "json")
    assert (ran.code, codes(ran)) == (2, ["KASC-CONNECT-004"])
    assert "did not exit within 0.5s" in message(ran)


def test_a_plugin_that_is_killed(tmp_path: Path, run: Run) -> None:
    script = "#!/bin/sh\nkill -9 $$\n"
    path = kubeconfig(tmp_path / "c", {"server": "https://127.0.0.1:1"}, {"exec": plugin(tmp_path, "", script)})
    assert "was killed by signal 9" in run("--kubeconfig", path, "--allow-exec").out


def test_a_failing_plugin_may_explain_itself(tmp_path: Path, run: Run) -> None:
    script = f"#!/bin/sh\necho first >&2\necho 'login expired\033[2J token={TOKEN}' >&2\nexit 7\n"
    path = kubeconfig(tmp_path / "c", {"server": "https://127.0.0.1:1"}, {"exec": plugin(tmp_path, "", script)})
    ran = run("--kubeconfig", path, "--allow-exec")
    assert ran.code == 2
    assert "failed with exit code 7: " in ran.out
    assert "login expired\\u001b[2J token=***" in ran.out


def test_what_an_exec_plugin_would_run_is_shown_safely(tmp_path: Path, run: Run) -> None:
    run_by = plugin(tmp_path, "") | {
        "command": "/bin/e\nvil",
        "args": ["--token", TOKEN, "\x1b[2J::error::x", "--password=nobody-may-see"],
        "env": [{"name": "A\nB", "value": TOKEN}],
    }
    path = kubeconfig(tmp_path / "config", {"server": "https://127.0.0.1:1"}, {"exec": run_by})
    for form in ("text", "json", "github", "sarif", "junit"):
        ran = run("--kubeconfig", path, "--output", form)
        assert ran.code == 2
        assert not set("\x1b") & set(ran.out + ran.err)
    assert "(with A\\u000aB in its environment)" in run("--kubeconfig", path).out


@pytest.mark.parametrize(
    ("cluster", "user", "expected"),
    [
        ({}, {"username": "admin", "password": TOKEN}, "since 1.19"),
        ({}, {"auth-provider": {"name": "gcp"}}, 'the auth provider "gcp" is not supported'),
        ({}, {"auth-provider": {"name": "oidc", "config": {"refresh-token": TOKEN}}}, "is not supported"),
        ({"server": "http://127.0.0.1:1"}, {"token": TOKEN}, "credentials are not sent without TLS"),
        ({"server": "127.0.0.1:1"}, {"token": TOKEN}, "credentials are not sent without TLS"),
        ({"server": "https://me:nobody-may-see@127.0.0.1:1"}, {}, "the URL contains a user"),
        ({"server": "ftp://127.0.0.1:1"}, {}, "is not the URL of a server"),
        ({"server": ""}, {}, "the cluster has no server"),
        ({"proxy-url": "http://me:nobody-may-see@p:1"}, {}, "is only accessible through the proxy"),
        ({"proxy-url": "ftp://p"}, {}, "supported scheme"),
        ({}, {"token": f"{TOKEN}\n"}, "users[0].user.token is not a valid token"),
        ({}, {"tokenFile": "missing"}, "missing"),
        ({}, {"tokenFile": "pipe"}, 'pipe" cannot be read'),
        ({}, {"client-certificate": "missing", "client-key": "missing"}, "missing"),
        ({}, {"client-certificate-data": "AAAA"}, "the client certificate has no key"),
        ({}, {"client-certificate-data": "AAAA", "client-key-data": "AAAA"}, "contains no certificate"),
        ({"certificate-authority": "missing"}, {}, "missing"),
        ({"certificate-authority-data": "AAAA"}, {}, "contains no certificate"),
        ({"certificate-authority-data": "nobody-may-see!"}, {}, "is not valid base64"),
        ({}, {"token": 17}, "users[0].user.token is not a string"),
    ],
)
def test_what_a_kubeconfig_may_not_say(
    cluster: dict[str, Any], user: dict[str, Any], expected: str, tmp_path: Path, run: Run
) -> None:
    os.mkfifo(tmp_path / "pipe")
    path = kubeconfig(tmp_path / "config", {"server": "https://127.0.0.1:1", **cluster}, user)
    ran = run("--kubeconfig", path, "--output", "json")
    assert ran.code == 2
    assert expected in message(ran)
    assert all(code.startswith("KASC-CONNECT") for code in codes(ran))
    (file,) = json.loads(ran.out)["files"]
    assert all(each["file"] == str(path) and each["line"] > 0 for each in file["diagnostics"])


def test_names_that_do_not_exist(tmp_path: Path, run: Run) -> None:
    path = kubeconfig(tmp_path / "config", {"server": "https://127.0.0.1:1"})
    assert '"prdo" is not defined in the kubeconfig' in (ran := run("--kubeconfig", path, "--context", "prdo")).out
    assert "did you mean prod?" in ran.out
    assert "--fix" not in ran.out
    whole = path.read_text()
    for old, new, expected in (
        ('"current-context": "prod"', '"current-context": "dev"', 'the current context "dev" is not defined'),
        ('"current-context": "prod"', '"current-context": ""', "no current context"),
        ('"user": "admin"', '"user": "root"', 'the user "root" is not defined'),
        ('"cluster": "prod"', '"cluster": "dev"', 'the cluster "dev" is not defined'),
    ):
        assert old in whole
        path.write_text(whole.replace(old, new))
        assert expected in run("--kubeconfig", path).out


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\xff\xfe", "KASC-DOC-003"),
        (b"clusters: [", "KASC-DOC-004"),
        (b"a: &a [x]\n" + b"".join(b"%c: &%c [*%c, *%c]\n" % (n + 1, n + 1, n, n) for n in range(97, 121)), "KASC-DOC"),
        (b"[" * 10_000, "KASC-DOC"),
        (b"users: [{user: {exec: {args: [nobody-may-see\n", "KASC-DOC-004"),
        (b"users: [{user: {token: *unknown}}]\n", "KASC-CONNECT-001"),
        (b"users: [{user: {token: !tag x}}]\ncurrent-context: [a]\n", "KASC-CONNECT-001"),
        (b"x" * (9 * 1024 * 1024), "KASC-DOC-002"),
        (b"- a\n", "KASC-CONNECT-001"),
        (b"clusters: {}\n", "KASC-CONNECT-001"),
        (b"clusters: [1]\n", "KASC-CONNECT-001"),
        (b"kind: Pod\n", "KASC-CONNECT-001"),
        (b"apiVersion: v2\nkind: Config\n", "KASC-CONNECT-001"),
        (b"users: [{name: a}, {name: a}]\n", "KASC-CONNECT-001"),
        (b"", "KASC-CONNECT-001"),
    ],
)
def test_hostile_kubeconfigs(content: bytes, expected: str, tmp_path: Path, run: Run) -> None:
    path = tmp_path / "config"
    path.write_bytes(content)
    ran = run("--kubeconfig", path, "--output", "json")
    assert ran.code == 2
    assert all(code.startswith(expected) for code in codes(ran))
    assert codes(ran)
    assert " | " not in run("--kubeconfig", path).out


def test_kubeconfigs_that_are_not_files(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    for name in ("pipe", "loop", "missing", "."):
        assert "KASC-DOC-001" in run("--kubeconfig", tmp_path / name).out
    assert "KASC-DOC-001" in run("--kubeconfig", "/dev/zero").out
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path}/loop")
    assert "KASC-DOC-001" in run().out
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path}/missing")
    assert f"no file in KUBECONFIG exists: {tmp_path}/missing" in run().err
    assert run("--kubeconfig", "a\0b").code == 2


def test_options_that_a_kubeconfig_replaces(tmp_path: Path, run: Run, certificates: Certificates) -> None:
    path = kubeconfig(tmp_path / "config", {"server": "https://127.0.0.1:1"})
    for words in (("--cafile", certificates.ca), ("--insecure",), ("--token-file", "x"), ("--certfile", "x")):
        ran = run("--kubeconfig", path, *words)
        assert (ran.code, ran.out) == (2, "")
        assert f"{words[0]} cannot be combined with a kubeconfig" in ran.err


def test_the_service_account_of_a_pod(
    certificates: Certificates, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted = tmp_path / "serviceaccount"
    mounted.mkdir()
    monkeypatch.setattr(service_account, "DIRECTORY", str(mounted))
    (mounted / "ca.crt").write_bytes(certificates.ca.read_bytes())
    (mounted / "token").write_text(TOKEN)
    with Server(Recorded(token=TOKEN), certificates) as server:
        assert "no server: pass --server URL" in run().err
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
        monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(server.port))
        assert run().code == 0
        # It is used only if nothing else is given.
        assert "requires credentials (401)" in run("--server", server.url, "--cafile", certificates.ca).out
        monkeypatch.setenv("KUBECONFIG", str(kubeconfig(tmp_path / "config", {"server": "https://127.0.0.1:1"})))
        assert "refused the connection" in run().out
        monkeypatch.delenv("KUBECONFIG")
        (mounted / "token").write_text("a b")
        assert "the service account token is empty, or" in run().out
        (mounted / "ca.crt").unlink()
        assert "ca.crt: no such file" in run().out


def test_no_key_is_left_behind(
    certificates: Certificates, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    open_before = len(os.listdir("/proc/self/fd"))
    user = {"client-certificate-data": data(certificates.client), "client-key-data": data(certificates.client_key)}
    other = make_certificates(tmp_path, "other")
    for key in (certificates.client_key, other.client_key):
        user["client-key-data"] = data(key)
        path = kubeconfig(tmp_path / "config", {"server": "https://127.0.0.1:1"}, user)
        assert run("--kubeconfig", path).code == 2
    assert not os.listdir(temporary)
    assert len(os.listdir("/proc/self/fd")) == open_before


def test_a_server_that_sends_an_expired_token_back(
    certificates: Certificates, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from compiler.cluster import apiserver

    monkeypatch.setattr(apiserver, "now", lambda: 1e11)
    expired = "expired-nobody-may-see"
    answers = Recorded(faults={}, failing={"etcd": f"Bearer {expired} is not liked"})
    first = credential(token=expired, expirationTimestamp="2990-01-01T00:00:00Z")
    script = f"#!/bin/sh\ntest -e $0.ran || {{ touch $0.ran; echo {shlex.quote(first)}; exit; }}\n"
    with Server(answers, certificates) as server:
        cluster = {"server": server.url, "certificate-authority": str(certificates.ca)}
        path = kubeconfig(tmp_path / "c", cluster, {"exec": plugin(tmp_path, credential(token=TOKEN), script)})
        assert "Bearer *** is not liked" in run("--kubeconfig", path, "--allow-exec").out


def test_a_server_that_sends_the_token_back(certificates: Certificates, tmp_path: Path, run: Run) -> None:
    answers = Recorded(faults={"/healthz": text(418, TOKEN)}, failing={"etcd": f"Bearer {TOKEN} is not liked"})
    with Server(answers, certificates) as server:
        cluster = {"server": server.url, "certificate-authority": str(certificates.ca)}
        user = {"exec": plugin(tmp_path, credential(token=TOKEN))}
        path = kubeconfig(tmp_path / "config", cluster, user)
        for form in ("text", "json"):
            assert "is not liked" in run("--kubeconfig", path, "--allow-exec", "--output", form).out
