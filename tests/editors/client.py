"""A small client of the Language Server Protocol, and the two servers that editors have for YAML and TOML."""

from __future__ import annotations

import contextlib
import json
import queue
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import IO, Any

HERE = Path(__file__).parent
TOOLS = Path(sys.prefix) / "editors"
"""Where `make editors` installs the servers, beside Python's packages."""
PATIENCE = 60
"""Seconds after which a server that says nothing fails the test; none takes more than a few."""


def command(form: str) -> list[str] | None:
    """The words that start the server of a form, `yaml` or `toml`; None where it is not installed."""
    node = shutil.which("node")
    modules = TOOLS / "node_modules"
    program = modules / ("@taplo/lsp" if form == "toml" else "yaml-language-server/bin/yaml-language-server")
    if node is None or not program.exists():
        return None
    return [node, str(HERE / "taplo.cjs"), str(TOOLS)] if form == "toml" else [node, str(program), "--stdio"]


_PUBLISHED = {"yaml": 1, "toml": 3}
"""How often a server publishes what it finds in a document that is opened: that of TOML first what concerns its
grammar, then what its keys, last its schema.
"""


class Server:
    """A language server at work on a folder; `settings` are those of the editor, nested."""

    def __init__(self, form: str, root: Path, settings: dict[str, Any]) -> None:
        words = command(form)
        assert words is not None
        self.form = form
        self.root = root
        self.settings = settings
        self.published: dict[str, list[list[dict[str, Any]]]] = {}
        self._process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=root
        )
        self._incoming: queue.Queue[dict[str, Any]] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._last = 0
        folder = {"uri": root.as_uri(), "name": root.name}
        markdown = {"completionItem": {"documentationFormat": ["markdown"], "snippetSupport": True}}
        self.request(
            "initialize",
            {
                "processId": None,
                "rootUri": root.as_uri(),
                "workspaceFolders": [folder],
                "capabilities": {
                    "workspace": {"configuration": True, "workspaceFolders": True},
                    "textDocument": {"completion": markdown, "hover": {"contentFormat": ["markdown"]}},
                },
            },
        )
        self._send({"method": "initialized", "params": {}})
        self._send({"method": "workspace/didChangeConfiguration", "params": {"settings": settings}})

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            if stream is self._process.stdin:
                with contextlib.suppress(OSError):
                    stream.close()
                self._process.kill()
                self._process.wait()
                self._reader.join()
            stream.close()

    def open(self, name: str, text: str) -> str:
        """The address of a document that is open now; it need not be on the disk."""
        uri = (self.root / name).as_uri()
        document = {"uri": uri, "languageId": self.form, "version": 1, "text": text}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        return uri

    def diagnostics(self, uri: str) -> list[dict[str, Any]]:
        """What is marked in an open document, once all of it is known."""
        while len(found := self.published.get(uri, [])) < _PUBLISHED[self.form]:
            self._handle(self._receive())
        return found[-1]

    def hover(self, uri: str, line: int, column: int) -> str:
        """The text that is shown of a place; empty where there is none."""
        answer = self.request("textDocument/hover", _place(uri, line, column))
        return answer["contents"]["value"] if answer else ""

    def completions(self, uri: str, line: int, column: int) -> dict[str, str]:
        """What is offered at a place: label -> documentation."""
        answer = self.request("textDocument/completion", _place(uri, line, column))
        items = answer["items"] if isinstance(answer, dict) else answer or []
        return {item["label"]: _text(item.get("documentation")) for item in items}

    def request(self, method: str, parameters: dict[str, Any]) -> Any:
        """The result of a request."""
        self._last += 1
        self._send({"id": self._last, "method": method, "params": parameters})
        while True:
            message = self._receive()
            if message.get("id") == self._last and "method" not in message:
                assert "error" not in message, message
                return message.get("result")
            self._handle(message)

    def _handle(self, message: dict[str, Any]) -> None:
        if message.get("method") == "textDocument/publishDiagnostics":
            found = message["params"]
            self.published.setdefault(found["uri"], []).append(found["diagnostics"])
        elif "id" in message and "method" in message:
            result = None
            if message["method"] == "workspace/configuration":
                result = [self.settings.get(item.get("section")) for item in message["params"]["items"]]
            self._send({"id": message["id"], "result": result})

    def _send(self, message: dict[str, Any]) -> None:
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        stream = self._process.stdin
        assert stream is not None
        stream.write(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))
        stream.flush()

    def _receive(self) -> dict[str, Any]:
        return self._incoming.get(timeout=PATIENCE)

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        with contextlib.suppress(ValueError):
            while message := _message(stream):
                self._incoming.put(message)


def _message(stream: IO[bytes]) -> dict[str, Any] | None:
    """The next message; None at the end."""
    length = 0
    while (line := stream.readline().strip()) or not length:
        if not line:
            return None
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    loaded: dict[str, Any] = json.loads(stream.read(length))
    return loaded


def _place(uri: str, line: int, column: int) -> dict[str, Any]:
    return {"textDocument": {"uri": uri}, "position": {"line": line, "character": column}}


def _text(documentation: Any) -> str:
    return documentation["value"] if isinstance(documentation, dict) else documentation or ""
