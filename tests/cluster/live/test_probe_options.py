"""What kasc probe takes on the command line, and what it never shows."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from compiler.cluster import Credentials, context
from tests.artifacts.compiling import as_text, document
from tests.cli.running import kasc
from tests.cluster.live.api_server import RECORDED, Recorded, Server, status, text
from tests.cluster.live.certificates import Certificates

TOKEN = "a-token-that-nobody-may-see"


@pytest.fixture
def declared(tmp_path: Path) -> Path:
    path = tmp_path / "apiserver.json"
    path.write_text(as_text(document(authentication={"anonymousAuth": False})))
    return path


def test_a_token_comes_from_a_file_or_the_environment(
    declared: Path,
    certificates: Certificates,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    wrong = tmp_path / "wrong"
    wrong.write_text("another-token-that-nobody-may-see")
    answers = Recorded(token=TOKEN)
    with Server(answers, certificates) as server:
        words = ("probe", declared, "--server", server.url, "--cafile", certificates.ca, "--output", "json")

        def told(*more: Any) -> tuple[int, list[str]]:
            ran = kasc(capsys, *words, *more)
            assert "nobody-may-see" not in ran.out + ran.err
            (input_,) = json.loads(ran.out)["files"]
            return ran.code, [found["message"] for found in input_["diagnostics"]]

        assert told("--token-file", file) == (0, [])
        assert {shown for _, shown in answers.asked} == {f"Bearer {TOKEN}"}
        declared_off = "requires credentials (401), as declared: requests without credentials: they are disabled"
        assert told() == (2, [f"{server.url} {declared_off}"])
        monkeypatch.setenv("KASC_TOKEN", TOKEN)
        assert told() == (0, [])
        # The file goes before the environment.
        assert told("--token-file", wrong) == (2, [f"{server.url} rejected the credentials (401)"])


def test_a_server_that_sends_the_token_back_does_not_bring_it_out(
    declared: Path, certificates: Certificates, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KASC_TOKEN", TOKEN)
    forbidden = {**RECORDED["forbidden"], "message": f'User "{TOKEN}" cannot get path'}
    faults: dict[str, Any] = {"/healthz": status(403, forbidden), "/livez": text(418, TOKEN)}
    answers = Recorded(faults=faults, failing={"etcd": f"Bearer {TOKEN} is not liked"})
    with Server(answers, certificates) as server:
        for form in ("text", "json", "sarif", "github", "junit"):
            words = ("probe", declared, "--server", server.url, "--cafile", certificates.ca, "--output", form)
            ran = kasc(capsys, *words)
            assert ran.code == 2
            assert "is not liked" in ran.out
            assert TOKEN not in ran.out + ran.err


def test_what_a_server_says_cannot_move_the_cursor(
    declared: Path, certificates: Certificates, capsys: pytest.CaptureFixture[str]
) -> None:
    lists = {name: [*RECORDED[name], "evil\x1b[2J", "two words"] for name in ("healthz", "livez", "readyz")}
    version = {**RECORDED["version"], "gitVersion": "v1.36.0\x1b[2J"}
    answers = Recorded(lists, failing={"etcd": "\x1b]0;evil\x07", "evil\x1b[2J": "x"}, version=version)
    with Server(answers, certificates) as server:
        ran = kasc(capsys, "probe", declared, "--server", server.url, "--cafile", certificates.ca)
    assert ran.code == 1
    assert "evil" in ran.out
    assert "two words" in ran.out
    assert not set("\x1b\x07") & set(ran.out + ran.err)
    # A name that no path can hold is not asked for.
    assert not any("evil" in path or "two" in path for path, _ in answers.asked)


def encrypted(pair: Certificates, folder: Path) -> Path:
    path = folder / "encrypted.key"
    command = ["openssl", "ec", "-in", str(pair.client_key), "-aes256", "-passout", "pass:x", "-out", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    return path


def test_wrong_usage(
    declared: Path, certificates: Certificates, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {"empty": "", "blank": "a b", "lines": "a\r\nX-Evil: 1", "noise": "no certificate"}
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    gone, client, key = tmp_path / "gone", certificates.client, certificates.client_key
    url = "https://127.0.0.1:1"
    for words, message in (
        (("--server", "127.0.0.1:6443"), "is not the URL of a server"),
        (("--server", "ftp://a"), "is not the URL of a server"),
        (("--server", "https://"), "is not the URL of a server"),
        (("--server", "https://a:b"), "is not a valid URL"),
        (("--server", "https://[::1"), "is not a valid URL"),
        (("--server", "https://a/?x=1"), "has more than scheme, host, port and path"),
        (("--server", "https://a/ b"), "has more than scheme, host, port and path"),
        (("--server", "https://me:secret@a"), "the URL contains a user"),
        (("--server", url, "--token-file", gone), "gone: no such file"),
        (("--server", url, "--token-file", tmp_path), ": is a directory"),
        (("--server", url, "--token-file", tmp_path / "empty"), "is empty"),
        (("--server", url, "--token-file", tmp_path / "blank"), "is not a valid token"),
        (("--server", url, "--token-file", tmp_path / "lines"), "is not a valid token"),
        (("--server", url, "--token-file", tmp_path / "bytes"), "is not a valid token"),
        (("--server", "http://127.0.0.1:1", "--token-file", tmp_path / "noise2"), "not sent without TLS"),
        (("--server", "http://127.0.0.1:1", "--certfile", client), "not sent without TLS"),
        (("--server", url, "--keyfile", key), "--keyfile needs --certfile"),
        (("--server", url, "--certfile", gone, "--keyfile", key), "no such file"),
        (("--server", url, "--certfile", client, "--keyfile", gone), "no such file"),
        (("--server", url, "--certfile", client), "not a PEM certificate with its key"),
        (("--server", url, "--certfile", client, "--keyfile", certificates.server_key), "the key does not match"),
        (("--server", url, "--certfile", client, "--keyfile", encrypted(certificates, tmp_path)), "is encrypted"),
        (("--server", url, "--cafile", gone), "cannot read"),
        (("--server", url, "--cafile", tmp_path / "noise"), "contains no PEM certificates"),
        (("--server", url, "--cafile", certificates.ca, "--insecure"), "cannot be combined with --cafile"),
        (("--server", url, "--timeout", "0"), "invalid timeout"),
        (("--server", url, "--timeout", "-1"), "invalid timeout"),
        (("--server", url, "--timeout", "inf"), "invalid timeout"),
        (("--server", url, "--timeout", "nan"), "invalid timeout"),
        ((), "--server"),
    ):
        (tmp_path / "noise2").write_text(TOKEN)
        ran = kasc(capsys, "probe", declared, *words)
        assert (ran.code, ran.out) == (2, ""), words
        assert message in ran.err, words
        assert "secret" not in ran.err
        assert TOKEN not in ran.err


@pytest.mark.parametrize("path", ["", "/", "/k8s/clusters/c-1", "/k8s/clusters/c-1/"])
def test_a_path_before_all_others(
    path: str, declared: Path, certificates: Certificates, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded, prefix = Recorded(), path.rstrip("/")

    def answer(target: str, headers: Any) -> Any:
        assert target.startswith(f"{prefix}/")
        return recorded(target.removeprefix(prefix), headers)

    with Server(answer, certificates) as server:
        ran = kasc(capsys, "probe", declared, "--server", server.url + path, "--cafile", certificates.ca)
    assert ran.code == 0
    assert recorded.asked[0][0] == "/healthz?verbose"


def test_insecure_is_never_the_default() -> None:
    import ssl

    assert context(Credentials()).verify_mode is ssl.CERT_REQUIRED
    assert context(Credentials()).check_hostname is True
    assert context(Credentials(insecure=True)).verify_mode is ssl.CERT_NONE
