"""What is fuzzed: a campaign has seeds, and runs one input through what reads it in kasc.

A run returns what it showed, as a set of words: an input that shows something new is kept and changed further. It
raises nothing but what the reader declares; what must hold of the outcome is asserted.
"""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Callable, Iterable
from http.client import HTTPException
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from xml.etree import ElementTree

import yaml

from compiler.apiserver.startup import Resolved
from compiler.apiserver.storage.layout import Layout
from compiler.artifacts import EVERY, artifact_of, render
from compiler.artifacts.storage import manifest
from compiler.bounds import MAX_FINDINGS, MAX_TEXT
from compiler.cli.arguments import UsageError
from compiler.cli.configuration import read_configuration
from compiler.cli.reporters import write_report
from compiler.cluster import Deadline, Mask, apiserver, etcd_messages
from compiler.cluster import apiserver as answers
from compiler.cluster.apiserver import Answer
from compiler.cluster.etcd import Etcd, configure_libraries
from compiler.cluster.etcd_messages import EtcdError
from compiler.cluster.http_connection import ServerError
from compiler.cluster.probe_asking import Prober
from compiler.cluster.probe_report import compare
from compiler.cluster.probe_report import data as probe_data
from compiler.cluster.probe_report import diagnostics as probe_diagnostics
from compiler.cluster.probe_report import table as probe_table
from compiler.cluster.verify_report import of_members, of_problem, of_scan
from compiler.cluster.verify_scan import Scan, ScanResult
from compiler.diagnostics import SEVERITIES, Report
from compiler.fleet.cache import Cache, Entry, packed, unpacked
from compiler.fleet.fingerprints import digest
from compiler.fleet.outputs import LIST, Outputs, OutputsError
from compiler.inputs import Host
from compiler.review.examine import Examined, Settings, examine
from compiler.review.fixes import Fixer
from compiler.upstream.etcd import describe
from tests.apiserver.config_files.der_bytes import certificate, pem
from tests.apiserver.config_files.pairs import pair
from tests.cluster.live.api_server import ENDPOINTS, RECORDED
from tests.cluster.live.scripted_etcd import field, page, status
from tools.fuzz import seeds

MOST_FINDINGS = len(SEVERITIES) * (MAX_FINDINGS + 1)
"""No input has more of them: the list of each severity ends, and says how many more there are."""
_REPORTS = ("text", "json", "sarif", "junit", "github")
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f]")

configure_libraries()


class Campaign(NamedTuple):
    """`share` is its part of all executions; `run` gets the bytes, and a source of chance."""

    name: str
    share: float
    seeds: Callable[[], Iterable[bytes]]
    run: Callable[[bytes, Random], frozenset[str]]


class Targets:
    """The campaigns, whose inputs are written below a directory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.campaigns = [
            Campaign("documents", 10, seeds.documents, self._input("input.yaml")),
            Campaign("documents in TOML", 4, seeds.toml_documents, self._input("input.toml")),
            Campaign("flags, scripts, units", 5, seeds.flags, self._input("input.txt", "argv", "flags")),
            Campaign("Pods and tools", 4, seeds.pods, self._input("input.yaml", "pod")),
            Campaign("structured files", 10, seeds.structured, self._input("input.yaml", "config-file")),
            Campaign("structured files of documents", 4, seeds.structured, self._beside),
            Campaign("files of the server", 6, self._server_files, self._server_file),
            Campaign("suppressions", 2, self._suppressed, self._input("input.yaml")),
            Campaign("fixes", 1, seeds.documents, self._fixed),
            Campaign("artifacts and reports", 1, seeds.documents, self._compiled),
            Campaign("answers of API servers", 60, self._lists, self._probed),
            Campaign("HTTP", 40, self._responses, self._received),
            Campaign("messages of etcd", 80, self._messages, self._parsed),
            Campaign("scans of etcd", 20, self._pages, self._scanned),
            Campaign("values in etcd", 60, self._values, self._described),
            Campaign("cache entries", 20, self._entries, self._cached),
            Campaign("configurations", 15, self._configurations, self._configured),
            Campaign("lists of outputs", 8, self._lists_of_outputs, self._listed),
        ]
        self.cache = Cache(str(folder / "cache"), [])
        self.place = Path(self.cache._place("input.yaml"))
        self.place.parent.mkdir(parents=True, exist_ok=True)
        (folder / "out").mkdir(exist_ok=True)
        resolved = examine(self._write("base.yaml", json.dumps(seeds.BASE).encode())).resolved
        assert resolved is not None
        self.resolved: Resolved = resolved
        factory = resolved.storage_factory
        assert factory is not None
        self.manifest, self.factory = manifest(resolved), factory

    def _write(self, name: str, data: bytes) -> str:
        path = self.folder / name
        path.write_bytes(data)
        return str(path)

    # Inputs

    def _input(self, name: str, *forced: str) -> Callable[[bytes, Random], frozenset[str]]:
        """Check a file as detected, and now and then as a kind that it is said to be."""

        def run(data: bytes, random: Random) -> frozenset[str]:
            kind = random.choice((None, None, *forced))
            version = random.choice((None, None, None, "1.31", "1.37"))
            examined = examine(self._write(name, data), Settings(kind, version, Host("192.0.2.2")))
            if random.random() < 0.02:
                _reported(examined.report, random)
            return shows(examined.report)

        return run

    def _beside(self, data: bytes, random: Random) -> frozenset[str]:
        """A structured file that a document names as its source, for every flag that takes one."""
        self._write("beside.yaml", data)
        examined = examine(self._write("input.json", random.choice(_CARRIERS)))
        return shows(examined.report)

    def _server_files(self) -> list[bytes]:
        """The first line says in which place a file is."""
        made = pair("fuzz")
        spec = {"user": "a", "readonly": True}
        policy = json.dumps({"apiVersion": "abac.authorization.kubernetes.io/v1beta1", "kind": "Policy", "spec": spec})
        policies = f"{policy}\n" * 3
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "x",
            "clusters": [{"name": "c", "cluster": {"server": "https://a:1", "certificate-authority": "/f/ca"}}],
            "users": [
                {
                    "name": "u",
                    "user": {
                        "exec": {
                            "apiVersion": "client.authentication.k8s.io/v1",
                            "command": "x",
                            "interactiveMode": "Never",
                        }
                    },
                }
            ],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        }
        contents = [
            *(made.certificate, made.key, pem("CERTIFICATE", certificate()), f"{made.certificate}{made.key}"),
            *('token,user,uid,"a,b"\n' * 3, policies, yaml.safe_dump(config), json.dumps(config)),
        ]
        der = certificate()
        return [f"{name}\n{text}".encode() for name in _PLACES for text in contents] + [b"ca\n" + der]

    def _server_file(self, data: bytes, random: Random) -> frozenset[str]:
        name, _, content = data.partition(b"\n")
        place = name.decode(errors="replace") if name.decode(errors="replace") in _PLACES else random.choice(_PLACES)
        root = self.folder / "root/f"
        root.mkdir(parents=True, exist_ok=True)
        path = root / place
        path.write_bytes(content)
        try:
            examined = examine(
                self._write("input.json", _WITH_FILES), Settings(host=Host(root=str(self.folder / "root")))
            )
        finally:
            path.unlink()
        return shows(examined.report)

    def _suppressed(self) -> list[bytes]:
        """Documents with findings, and comments that suppress some."""
        comments = ("# kasc: ignore KASC-RISK-013: why", "#kasc:ignore KASC-RISK KASC-ETCD-001,x:y", "# kasc: ignore")
        return [
            b"\n".join(f"{line}  {comment}".encode() for line in document.decode().split("\n"))
            for document in seeds.sample_documents()
            for comment in comments
        ]

    def _fixed(self, data: bytes, random: Random) -> frozenset[str]:
        path = self._write("input.yaml", data)
        fixer = Fixer(Settings(), lambda _: True)
        fixer.fix(path)
        for file in fixer.files.values():
            self._write("input.yaml", file.after.encode(errors="surrogatepass"))
            return shows(examine(path).report) | {"fixed"}
        return frozenset()

    def _compiled(self, data: bytes, random: Random) -> frozenset[str]:
        examined = examine(self._write("input.yaml", data), Settings(policy="cis"))
        self._check_artifacts(examined, random)
        _reported(examined.report, random)
        return shows(examined.report) | {examined.report.outcome}

    def _check_artifacts(self, examined: Examined, random: Random) -> None:
        """Artifacts of what is accepted parse again, and have no control characters."""
        form = random.choice(("yaml", "json"))
        files = render(examined.resolved, examined.report, EVERY, form, random.random() < 0.3)
        for name, text in (files or {}).items():
            assert artifact_of(name), name
            assert not _CONTROLS.search(text), name
            if name.endswith(".json"):
                json.loads(text)
            elif name.endswith(".yaml"):
                [*yaml.load_all(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))]

    # Servers

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
        found = answers.parse(body, endpoint)
        answers.reason_of(body)
        answers.user_of(body, hide)
        answers.version_of(body)
        if random.random() < 0.02:
            self._probed_whole(body, random)
        return (
            frozenset()
            if found is None
            else frozenset((f"complete={found.complete}", f"checks={len(found.checks) % 50}"))
        )

    def _probed_whole(self, body: str, random: Random) -> None:
        prober = Prober(_Echo(body, random), self.resolved, named=True)  # type: ignore[arg-type]
        seen = prober.everything()
        differences = compare(seen, self.resolved)
        report = Report("input.yaml")
        report.extend(probe_diagnostics(seen, differences, self.resolved))
        probe_table(seen, differences, self.resolved)
        json.dumps(probe_data(seen, differences, self.resolved))
        _reported(report, random)

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
        """The bytes of a response; what goes wrong has words."""
        response = apiserver._Response(_Socket(data), method="GET")  # type: ignore[arg-type]
        try:
            response.begin()
            body = apiserver._read(response)
            response.getheader("Location")
            assert len(body) <= apiserver.LARGEST_ANSWER
            return frozenset((f"status={response.status // 100}",))
        except ServerError as error:
            return frozenset((str(error)[:20],))
        except (HTTPException, ValueError, OSError) as error:
            assert isinstance(error, apiserver._GONE) or isinstance(apiserver._of_request(error), ServerError)
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
        shown = set()
        parsers: tuple[Callable[[bytes], Any], ...] = (
            lambda data: etcd_messages.parse_range(data, 1000),
            etcd_messages.parse_status,
            etcd_messages.parse_alarms,
            etcd_messages.parse_token,
        )
        for number, parse in enumerate(parsers):
            try:
                parse(data)
                shown.add(f"parsed by {number}")
            except ValueError as error:
                shown.add(f"{number}: {str(error)[:30]}" if not isinstance(error, UnicodeError) else "unicode")
        return frozenset(shown)

    def _scanned(self, data: bytes, random: Random) -> frozenset[str]:
        etcd = _ScriptedEtcd(data)
        health = etcd.health()
        found = ScanResult(etcd.url)
        try:
            Scan(Layout(self.manifest, self.factory), 2, random.random() < 0.5).run(etcd, found)
        except EtcdError as error:
            found.problem, found.hint = str(error), error.hint
        found.mask(etcd.mask)
        report = Report("input.yaml")
        report.extend(
            [*of_members([health]), *of_scan(found, frozenset()), *([of_problem(found)] if found.problem else [])]
        )
        if random.random() < 0.02:
            _reported(report, random)
        return shows(report) | frozenset((found.problem[-30:], f"keys={found.keys % 10}"))

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
        found = describe(data)
        assert all(len(part) <= 600 for part in found)
        return frozenset(f"{name}={bool(part)}" for name, part in zip(found._fields, found, strict=True)) | {
            found.media_type
        }

    # Files of kasc's own

    def _entries(self) -> list[bytes]:
        found = []
        for document in seeds.documents()[:40]:
            path = self._write("input.yaml", document)
            report = examine(path, Settings(policy="cis")).report
            files = [("kube-apiserver.flags", 10, digest(b"x")), ("files/a.yaml", 3, digest(b"y"))]
            found.append(
                json.dumps(Entry({path: digest(document)}, packed(report), "a", files, [[1, 2, 3, 4]] * 2)).encode()
            )
        return found

    def _cached(self, data: bytes, random: Random) -> frozenset[str]:
        self.place.write_bytes(digest(data).encode() + b"\n" + data)
        entry = self.cache.find("input.yaml")
        if entry is None:
            return frozenset()
        report = unpacked("input.yaml", entry.report)
        for place in entry.signs:
            os.path.lexists(place)
        for name, _, _ in entry.files or ():
            assert artifact_of(name)
            os.path.lexists(self.folder / "out" / name)
        if random.random() < 0.2:
            _reported(report, random)
        return frozenset(("taken", f"files={entry.files is not None}", f"name={entry.name is not None}"))

    def _configurations(self) -> list[bytes]:
        own = 'output = "json"\nquiet = true\nselect = ["KASC-ETCD"]\nignore = ["KASC-RISK-013"]\npolicy = "cis"\n'
        return [
            own.encode(),
            f"[project]\nname = 'x'\n[tool.kasc]\n{own}".encode(),
            b'tool = {kasc = {output = "text"}}\n',
        ]

    def _configured(self, data: bytes, random: Random) -> frozenset[str]:
        text = data.decode(errors="surrogateescape")
        try:
            found = read_configuration(random.choice((".kasc.toml", "pyproject.toml")), text)
        except UsageError as error:
            return frozenset((re.sub('"[^"]*"|[0-9]+', "", str(error))[-30:],))
        return frozenset(found)

    def _lists_of_outputs(self) -> list[bytes]:
        rows = '"a": ["../a.yaml", ["kube-apiserver.flags", "files/x.yaml"]],\n"b": ["../b.yaml", []]'
        return [f'{{"schemaVersion": 1, "outputs": {{\n{rows}\n}}}}\n'.encode()]

    def _listed(self, data: bytes, random: Random) -> frozenset[str]:
        out = self.folder / "out"
        (out / LIST).write_bytes(data)
        try:
            outputs = Outputs(str(out))
        except OutputsError:
            return frozenset(("damaged",))
        outputs.find_orphans([], [str(self.folder)])
        left = [*outputs.prune()]
        return frozenset(("listed", f"outputs={len(outputs.before)}", f"orphans={len(left)}"))


_PLACES = ("ca", "crt", "key", "sa.pub", "sa.key", "tokens", "abac", "kubeconfig")
_WITH_FILES = json.dumps(
    {
        **seeds.BASE,
        "etcd": {
            "etcdServers": ["https://10.0.0.11:2379"],
            "etcdCAFile": "/f/ca",
            "etcdCertFile": "/f/crt",
            "etcdKeyFile": "/f/key",
        },
        "secureServing": {"tlsCertFile": "/f/crt", "tlsPrivateKeyFile": "/f/key"},
        "authentication": {
            **seeds.BASE["authentication"],
            "clientCAFile": "/f/ca",
            "tokenAuthFile": "/f/tokens",
            "serviceAccountKeyFile": ["/f/sa.pub"],
            "authenticationTokenWebhookConfigFile": "/f/kubeconfig",
        },
        "authorization": {
            "authorizationMode": ["Node", "RBAC", "ABAC", "Webhook"],
            "authorizationPolicyFile": "/f/abac",
            "authorizationWebhookConfigFile": "/f/kubeconfig",
        },
        "misc": {**seeds.BASE["misc"], "serviceAccountSigningKeyFile": "/f/sa.key"},
    }
).encode()


def _carrier(group: str, flag: str, **more: Any) -> bytes:
    """A document one of whose flags takes the structured file next to it."""
    own = {**seeds.BASE.get(group, {}), flag: {"path": "/etc/x.yaml", "source": "beside.yaml"}, **more}
    return json.dumps({**seeds.BASE, group: {key: value for key, value in own.items() if value is not None}}).encode()


_CARRIERS = (
    _carrier("auditing", "auditPolicyFile", auditLogPath="-"),
    _carrier("auditing", "auditWebhookConfigFile"),
    _carrier("etcd", "encryptionProviderConfig"),
    _carrier("authentication", "authenticationConfig"),
    _carrier("authorization", "authorizationConfig", authorizationMode=None),
    _carrier("admission", "admissionControlConfigFile"),
    _carrier("egressSelector", "egressSelectorConfigFile"),
    _carrier("traces", "tracingConfigFile"),
)


def shows(report: Report) -> frozenset[str]:
    """What a report shows: its codes; and the bounds that every report keeps."""
    found = report.diagnostics
    assert len(found) <= MOST_FINDINGS, f"{len(found)} findings"
    for each in found:
        assert each.message
        assert max(map(len, (each.message, each.hint, each.path))) <= MAX_TEXT, each.code
    return frozenset(each.code for each in found) | {report.read_as, report.outcome}


def _reported(report: Report, random: Random) -> None:
    """Every form of report can be written, and those for programs parse."""
    form = random.choice(_REPORTS)
    stream = io.StringIO()
    write_report(form, [report], stream)
    text = stream.getvalue()
    if form in ("json", "sarif"):
        json.loads(text)
    elif form == "junit":
        ElementTree.fromstring(text)
    elif form == "github":
        assert all(line.startswith("::") or not line.startswith(":") for line in text.splitlines())
    else:
        assert not _CONTROLS.search(text)


class _Echo:
    """An API server that answers everything alike."""

    url = "https://127.0.0.1:6443"

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
    """A connection on which some bytes came."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(io.BytesIO(self.data))


class _ScriptedEtcd(Etcd):
    """An etcd whose every answer is the same bytes."""

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
