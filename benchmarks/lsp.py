"""Measure how fast `kasc lsp` answers a change of a document of 300 lines, and other requests about it.

usage: python benchmarks/lsp.py [--rounds N]

A change is answered when its diagnostics arrive. Each figure is a median, over the pipe that an editor uses. This only
prints figures; on a busy machine, compare the ratio to the time that examining the same document takes.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from compiler.inputs.source import Files
from compiler.review.examine import examine

ROOT = Path(__file__).resolve().parent.parent
LINES = 300
RULE = """\
      - level: Metadata
        verbs: [get, list]
        resources:
        - {{group: "", resources: [configmaps]}}
        namespaces: [team-{number}]
"""


def document() -> str:
    """Return a document of 300 lines: that of the samples, with a longer audit policy."""
    text = (ROOT / "samples/apiserver.yaml").read_text()
    head, level, tail = text.partition("      - level: Metadata\n")
    number = 0
    while head.count("\n") + tail.count("\n") + 1 < LINES - RULE.count("\n"):
        head += RULE.format(number=number)
        number += 1
    return head + level + tail


class Client:
    """An editor with one document."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        command = [sys.executable, "-c", "from compiler.cli import program; program()", "lsp"]
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.last = 0
        self.request("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
        self.send("initialized", {})

    def send(self, method: str, params: dict[str, Any], **more: Any) -> None:
        stream: Any = self.process.stdin
        data = json.dumps({"jsonrpc": "2.0", "method": method, "params": params, **more}).encode()
        stream.write(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))
        stream.flush()

    def receive(self) -> dict[str, Any]:
        stream: Any = self.process.stdout
        length = 0
        while line := stream.readline().strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        message: dict[str, Any] = json.loads(stream.read(length))
        return message

    def request(self, method: str, params: dict[str, Any]) -> Any:
        """Return the result of a request."""
        self.last += 1
        self.send(method, params, id=self.last)
        while True:
            message = self.receive()
            if message.get("id") == self.last and "method" not in message:
                return message["result"]

    def open(self, text: str) -> None:
        document = {"uri": self.uri, "languageId": "yaml", "version": 0, "text": text}
        self.send("textDocument/didOpen", {"textDocument": document})
        self.diagnostics()

    def change(self, text: str, version: int) -> None:
        identifier = {"uri": self.uri, "version": version}
        self.send("textDocument/didChange", {"textDocument": identifier, "contentChanges": [{"text": text}]})

    def diagnostics(self) -> list[Any]:
        while True:
            message = self.receive()
            if message.get("method") == "textDocument/publishDiagnostics":
                diagnostics: list[Any] = message["params"]["diagnostics"]
                return diagnostics

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def milliseconds(function: Any, rounds: int) -> float:
    """Return the median time of a function, which gets the number of the round; the first rounds only warm up."""
    times = []
    for number in range(rounds + 3):
        start = time.perf_counter()
        function(number)
        times.append(1000 * (time.perf_counter() - start))
    return median(times[3:])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=30, help="changes and requests of each kind")
    options = parser.parse_args()
    text = document()
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "apiserver.yaml")
        checking = milliseconds(lambda _: examine(str(path), files=Files({str(path): text})), options.rounds)
        client = Client(path.as_uri())
        client.open(text)
        wrong = text.replace("etcdServers:", "etcdServrs:", 1)

        def change(number: int) -> None:
            # Every second text has a mistake, so that the diagnostics of each change differ.
            client.change(wrong if number % 2 == 0 else text, number + 1)
            client.diagnostics()

        line = text.split("\n").index("etcd:") + 1
        place = {"textDocument": {"uri": client.uri}, "position": {"line": line, "character": 4}}
        times = {
            "examine": checking,
            "change": milliseconds(change, options.rounds),
            "completion": milliseconds(lambda _: client.request("textDocument/completion", place), options.rounds),
            "hover": milliseconds(lambda _: client.request("textDocument/hover", place), options.rounds),
        }
        client.close()
    for name, value in times.items():
        print(f"{name:12} {value:7.1f} ms")
    print(f"change / examine: {times['change'] / times['examine']:.2f}")
    print(f"a change of {text.count(chr(10))} lines: {times['change']:.0f} ms, of 100 ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
