"""Campaigns over the responses of API servers and etcd."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from random import Random
from typing import Any

from compiler.apiserver.startup import Resolved
from compiler.apiserver.storage.layout import Layout
from compiler.artifacts.storage import manifest
from compiler.cluster import Deadline, Mask, apiserver, etcd_messages, health_list
from compiler.cluster import apiserver as answers
from compiler.cluster.apiserver import Answer
from compiler.cluster.etcd import Etcd
from compiler.cluster.etcd_messages import EtcdError
from compiler.cluster.http_connection import CLOSED_ERRORS, MAX_BODY, Connection, ServerError, read
from compiler.cluster.probe_asking import Prober
from compiler.cluster.probe_report import compare
from compiler.cluster.probe_report import data as probe_data
from compiler.cluster.probe_report import diagnostics as probe_diagnostics
from compiler.cluster.probe_report import table as probe_table
from compiler.cluster.verify_report import of_members, of_problem, of_scan
from compiler.cluster.verify_scan import Scan, ScanResult
from compiler.diagnostics import Report
from compiler.review.examine import examine
from compiler.upstream.etcd import describe
from tests.cluster.live.api_server import ENDPOINTS, RECORDED
from tests.cluster.live.scripted_etcd import field, page, status
from tools.fuzz import seeds
from tools.fuzz.campaigns import Campaign, check_reports, signature


class ClusterTargets:
    """Campaigns over the responses of API servers and etcd, compared with a resolved server."""

    def __init__(self, directory: Path) -> None:
        path = directory / "base.yaml"
        path.write_text(json.dumps(seeds.BASE))
        resolved = examine(str(path)).resolved
        assert resolved is not None
        self.resolved: Resolved = resolved
        factory = resolved.storage_factory
        assert factory is not None
        self.manifest, self.factory = manifest(resolved), factory
        self.campaigns = [
            Campaign("answers of API servers", 60, self._lists, self._probed),
            Campaign("HTTP", 40, self._responses, self._received),
            Campaign("messages of etcd", 80, self._messages, self._parsed),
            Campaign("scans of etcd", 20, self._pages, self._scanned),
            Campaign("values in etcd", 60, self._values, self._described),
        ]

    def _lists(self) -> list[bytes]:
        lists = [
            "\n".join([*(f"[+]{check} ok" for check in RECORDED[name]), f"{name} check passed", ""])
            for name in ENDPOINTS
        ]
        lists += [
            text.replace("[+]etcd ok", "[-]etcd failed: reason withheld").replace("passed", "failed") for text in lists
        ]
        others = [
            "internal server error: x\n",
            "ok",
            json.dumps(RECORDED["forbidden"]),
            json.dumps(RECORDED["version"]),
        ]
        return [text.encode() for text in (*lists, *others)]

    def _probed(self, data: bytes, random: Random) -> frozenset[str]:
        body = data.decode(errors="replace")
        endpoint = random.choice(ENDPOINTS)
        hide = Mask("a-token")
        parsed = health_list.parse(body, endpoint)
        health_list.reason_of(body)
        answers.user_of(body, hide)
        answers.version_of(body)
        if random.random() < 0.02:
            self._probed_completely(body, random)
        return (
            frozenset()
            if parsed is None
            else frozenset((f"complete={parsed.complete}", f"checks={len(parsed.checks) % 50}"))
        )

    def _probed_completely(self, body: str, random: Random) -> None:
        prober = Prober(_Echo(body, random), self.resolved)  # type: ignore[arg-type]
        result = prober.everything()
        differences = compare(result, self.resolved)
        report = Report("input.yaml")
        report.extend(probe_diagnostics(result, differences, self.resolved))
        probe_table(result, differences, self.resolved)
        json.dumps(probe_data(result, differences, self.resolved))
        check_reports(report, random)

    def _responses(self) -> list[bytes]:
        body = b"[+]ping ok\n[+]etcd ok\nlivez check passed\n"
        chunks = b"5\r\n[+]pi\r\n6;x=y\r\nng ok\n\r\n0\r\nX-Trailer: 1\r\n\r\n"
        return [
            b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body),
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%s" % chunks,
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 302 Found\r\nLocation: https://a/b\r\nConnection: close\r\n\r\n",
            b"HTTP/1.1 204 No Content\r\n\r\n",
        ]

    def _received(self, data: bytes, random: Random) -> frozenset[str]:
        """Read a response; every error is one that the client reports."""
        response = Connection.response_class(_Socket(data), method="GET")  # type: ignore[arg-type]
        try:
            response.begin()
            body = read(response)
            response.getheader("Location")
            assert len(body) <= MAX_BODY
            return frozenset((f"status={response.status // 100}",))
        except ServerError as error:
            return frozenset((str(error)[:20],))
        except (HTTPException, ValueError, OSError) as error:
            assert isinstance(error, CLOSED_ERRORS) or isinstance(apiserver._of_request(error), ServerError)
            return frozenset((type(error).__name__,))
        finally:
            response.close()

    def _pages(self) -> list[bytes]:
        pods = [(b"/registry/pods/a/p%d" % number, b"k8s\0\n\x09\n\x02v1\x12\x03Pod\x12\x00") for number in range(5)]
        return [page(*pods), page(*pods, more=True), page((b"/registry/stable.example.com/widgets/a", b"{}")), page()]

    def _messages(self) -> list[bytes]:
        alarm = field(2, field(1, 5) + field(2, 1))
        return [*self._pages(), status(), alarm, field(1, field(3, 7)) + field(2, b"token")]

    def _parsed(self, data: bytes, random: Random) -> frozenset[str]:
        outcomes = set()
        parsers: tuple[Callable[[bytes], Any], ...] = (
            lambda data: etcd_messages.parse_range(data, 1000),
            etcd_messages.parse_status,
            etcd_messages.parse_alarms,
            etcd_messages.parse_token,
        )
        for number, parse in enumerate(parsers):
            try:
                parse(data)
                outcomes.add(f"parsed by {number}")
            except ValueError as error:
                outcomes.add(f"{number}: {str(error)[:30]}" if not isinstance(error, UnicodeError) else "unicode")
        return frozenset(outcomes)

    def _scanned(self, data: bytes, random: Random) -> frozenset[str]:
        etcd = _ScriptedEtcd(data)
        health = etcd.health()
        result = ScanResult(etcd.url)
        try:
            Scan(Layout(self.manifest, self.factory), 2, random.random() < 0.5).run(etcd, result)
        except EtcdError as error:
            result.problem, result.hint = str(error), error.hint
        result.mask(etcd.mask)
        report = Report("input.yaml")
        report.extend(
            [*of_members([health]), *of_scan(result, frozenset()), *([of_problem(result)] if result.problem else [])]
        )
        if random.random() < 0.02:
            check_reports(report, random)
        return signature(report) | frozenset((result.problem[-30:], f"keys={result.keys % 10}"))

    def _values(self) -> list[bytes]:
        return [
            b"k8s\0\n\x09\n\x02v1\x12\x03Pod\x12\x00",
            b'{"kind":"Pod","apiVersion":"v1"}',
            b'{"metadata":{},"apiVersion":"a/v1","kind":"B"}',
            b"k8s:enc:aescbc:v1:key1:xxxx",
            b"k8s:enc:kms:v2:vault:\0\1",
            b"apiVersion: v1\nkind: Pod\n",
            b"\xd9\xd9\xf7\xa1",
        ]

    def _described(self, data: bytes, random: Random) -> frozenset[str]:
        value = describe(data)
        assert all(len(part) <= 600 for part in value)
        return frozenset(f"{name}={bool(part)}" for name, part in zip(value._fields, value, strict=True)) | {
            value.media_type
        }


class _Echo:
    """An API server with the same response for every request."""

    url = "https://127.0.0.1:6443"
    authenticated = True

    def __init__(self, body: str, random: Random) -> None:
        self.body = body
        self.random = random
        self.deadline = Deadline(60)
        self.hide = Mask("a-token")

    def get(self, path: str) -> Answer:
        name = path.strip("/").partition("?")[0]
        body = re.sub("(?:livez|readyz|healthz) check", f"{name} check", self.body)
        return Answer(
            self.random.choice((200, 200, 500, 500, 403, 302, 401, 503)), self.hide(body), 0.1, self.body[:200]
        )


class _Socket:
    """A connection with received bytes."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(io.BytesIO(self.data))


class _ScriptedEtcd(Etcd):
    """An etcd server with the same response for every request."""

    def __init__(self, data: bytes) -> None:
        self.url, self.timeout, self.deadline, self.mask = (
            "http://127.0.0.1:2379",
            1.0,
            Deadline(60),
            Mask("a-password"),
        )
        self._metadata = ()
        self._call_errors = ()
        self._range = lambda *_, **__: data

    def _method(self, name: str) -> Any:
        return self._range
