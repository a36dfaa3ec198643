"""A kube-apiserver that is started with given flags and asked over HTTPS."""

from __future__ import annotations

import http.client
import json
import re
import ssl
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from tools.record.help_text import go_unquoted
from tools.record.processes import Process, free_port, run
from tools.record.scratch import TOKEN, expand, write_files, write_keys

_REQUEST_SECONDS = 30.0
_FAILED = re.compile(r'"command failed" err="((?:[^"\\]|\\.)*)"')
_ERROR = re.compile(r"^(?:Error|panic|fatal error): .*|^F\d{4} .*$", re.MULTILINE)


class Answer:
    """An HTTP response: status and text."""

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        self.text = text

    def json(self) -> Any:
        """Return the parsed body; None if it is not JSON."""
        try:
            return json.loads(self.text)
        except ValueError:
            return None


class KubeAPIServer:
    """A server in its own scratch directory; a context manager that stops it.

    `flags` are all of its flags, with `$T`, `$E` and `$P`; without --secure-port it gets a free port.
    """

    def __init__(
        self, program: str, directory: Path, etcd_port: int, flags: list[str], files: Mapping[str, Any]
    ) -> None:
        directory.mkdir(parents=True)
        write_keys(directory)
        self.values = {"T": str(directory), "E": str(etcd_port), "P": str(free_port())}
        write_files(files, self.values)
        own = [expand(flag, self.values) for flag in flags]
        ports = [flag.partition("=")[2] for flag in own if flag.startswith("--secure-port=")]
        self.port = int(ports[-1]) if ports and ports[-1].isdigit() else int(self.values["P"])
        self.command = [program, *own, *([] if ports else [f"--secure-port={self.port}"])]
        self.process = Process(self.command, directory / "kube-apiserver.log")
        self._tls = ssl.create_default_context()
        self._tls.check_hostname = False
        self._tls.verify_mode = ssl.CERT_NONE

    def __enter__(self) -> KubeAPIServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.stop()

    def wait(self, path: str, seconds: float, ready: bool = True) -> bool:
        """Return whether the server answered at `path` (with 200 if `ready`) before it exited or time ran out."""
        deadline = time.monotonic() + seconds
        while self.process.exit_code is None and time.monotonic() < deadline:
            try:
                if self.get(path).status == 200 or not ready:
                    return True
            except OSError:
                pass
            time.sleep(0.1)
        return False

    def get(self, path: str, accept: str = "*/*", anonymous: bool = False) -> Answer:
        """Return the answer to a GET. Raises OSError if there is none."""
        return self._request("GET", path, None, {"Accept": accept}, anonymous)

    def post(self, path: str, body: Any) -> Answer:
        """Return the answer to a POST of a JSON object. Raises OSError if there is none."""
        return self._request("POST", path, json.dumps(body), {"Content-Type": "application/json"}, False)

    def error(self) -> str:
        """Return the line of the output that says why the server exited; "" if none does."""
        return error_of(self.process.output())

    def cmdline(self) -> list[str]:
        """Return the command line as the kernel has it, with `$T`, `$E` and `$P` again."""
        words = Path(f"/proc/{self.process.pid}/cmdline").read_text(errors="replace").split("\0")[:-1]
        return [Path(words[0]).name, *map(self.restored, words[1:])]

    def restored(self, text: str) -> str:
        """Put `$T`, `$E` and `$P` back into a text."""
        text = text.replace(self.values["T"], "$T")
        for name in ("E", "P"):
            text = re.sub(rf"(?<!\d){self.values[name]}(?!\d)", f"${name}", text)
        return text

    def _request(self, method: str, path: str, body: str | None, headers: dict[str, str], anonymous: bool) -> Answer:
        if not anonymous:
            headers = {**headers, "Authorization": f"Bearer {TOKEN}"}
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=_REQUEST_SECONDS, context=self._tls)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return Answer(response.status, response.read().decode(errors="replace"))
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error
        finally:
            connection.close()


def ask(program: str, arguments: list[str], directory: Path, seconds: float) -> str:
    """Return what the binary prints for arguments with which it does not serve. Raises TimeoutError if it does."""
    directory.mkdir(parents=True, exist_ok=True)
    code, output = run([program, *arguments], seconds, directory / "output")
    if code is None:
        raise TimeoutError(f"{program} {' '.join(arguments)} did not exit within {seconds:g} s")
    return output


def error_of(output: str) -> str:
    """Return the reason for the exit in an output (component-base: cli.Run): the error, a panic or the last line."""
    failed = [go_unquoted(text) for text in _FAILED.findall(output)]
    lines = [match.group() for match in _ERROR.finditer(output)]
    return (failed or lines[:1] or output.strip().splitlines()[-1:] or [""])[-1]
