"""kasc verify against a real etcd, loaded with keys and values as servers were seen to store them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from compiler.cluster.verify_scan import Progress
from tests.cli.running import Ran, kasc
from tests.cluster.live.certificates import make_certificates
from tests.cluster.live.etcd_server import EtcdServer
from tests.recordings import document as recording
from tests.recordings import names
from tests.truth.recorded import write_pod
from tools.record.scratch import case_flags, write_keys

pytest.importorskip("etcd3")

SECRET = b"c2VjcmV0IGlzIHNlY3VyZSwgcmVhbGx5IHNlY3VyZT8="
RUNS = [name for name in names("runs") if recording("runs", f"{name}.json").get("etcdValues")]


@pytest.fixture
def etcd(tmp_path: Path) -> Iterator[EtcdServer]:
    with EtcdServer(tmp_path) as server:
        yield server


def protobuf(api_version: str, kind: str, rest: bytes = b"") -> bytes:
    """An object in the envelope of Kubernetes' protobuf serializer."""
    texts = [text.encode() for text in (api_version, kind)]
    meta = b"".join(bytes((tag, len(text))) + text for tag, text in zip((0x0A, 0x12), texts, strict=True))
    return b"k8s\0\n" + bytes((len(meta),)) + meta + b"\x12" + bytes((len(rest),)) + rest


def stored(form: str) -> bytes:
    """Bytes of the recorded form: media type, apiVersion and kind."""
    media, api_version, kind = form.split()
    if media == "protobuf":
        return protobuf(api_version, kind)
    if media == "yaml":
        return f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{}}\n".encode()
    return json.dumps({"kind": kind, "apiVersion": api_version, "metadata": {}}).encode()


def document(folder: Path, version: str = "1.36", **groups: Any) -> Path:
    """An input of kasc in the folder."""
    groups.setdefault("etcd", {}).setdefault("etcdServers", ["http://127.0.0.1:2379"])
    whole = {
        "apiVersion": "kasc/v1",
        "kind": "APIServer",
        "kubernetesVersion": version,
        "metadata": {"name": "tried"},
        "authentication": {
            "serviceAccountIssuer": ["https://kubernetes.default.svc"],
            "serviceAccountKeyFile": ["/etc/kubernetes/pki/sa.pub"],
        },
        "authorization": {"authorizationMode": ["Node", "RBAC"]},
        "misc": {
            "serviceAccountSigningKeyFile": "/etc/kubernetes/pki/sa.key",
            "serviceClusterIPRange": "10.0.0.0/24",
        },
        **groups,
    }
    path = folder / "apiserver.yaml"
    path.write_text(json.dumps(whole))
    return path


def encryption(*names: str) -> dict[str, Any]:
    """An etcd group that encrypts secrets with aescbc keys, the first one writing; identity last."""
    key = {"secret": {"env": "KEY"}}
    providers = [{"aescbc": {"keys": [{"name": name, **key}]}} for name in names] + [{"identity": {}}]
    content = {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "EncryptionConfiguration",
        "resources": [{"resources": ["secrets"], "providers": providers}],
    }
    path = "/etc/kubernetes/encryption.yaml"
    return {"encryptionProviderConfig": {"path": path, "content": content}}


def verify(capsys: pytest.CaptureFixture[str], input_: Path, etcd: EtcdServer | str, *more: Any) -> Ran:
    url = etcd if isinstance(etcd, str) else etcd.url
    return kasc(capsys, "verify", input_, "--etcd", url, *more)


def findings(ran: Ran) -> dict[str, list[str]]:
    """Code -> messages of a JSON report."""
    found: dict[str, list[str]] = {}
    for file in json.loads(ran.out)["files"]:
        for each in file["diagnostics"]:
            found.setdefault(each["code"], []).append(each["message"])
    return found


@pytest.mark.parametrize("name", RUNS)
def test_an_etcd_that_a_real_server_wrote_is_as_declared(
    name: str, etcd: EtcdServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = recording("runs", f"{name}.json")
    write_keys(tmp_path)
    pod = write_pod(
        tmp_path, run["kubernetesMinor"], case_flags(run["flags"]), run["files"], etcd.url.rpartition(":")[2]
    )
    etcd.load((key, stored(form)) for key, form in run["etcdValues"].items())
    ran = kasc(capsys, "verify", pod, "--all", "--output", "json")
    assert findings(ran) == {}
    assert ran.code == 0
    (scan,) = json.loads(ran.out)["verify"]
    assert scan["keys"] == len(run["etcdValues"]) == sum(row["keys"] for row in scan["resources"])
    assert scan["outsidePrefix"] == 0


_NEW = "k8s:enc:aescbc:v1:new:"


def test_what_differs_is_told_by_key_and_never_by_value(
    etcd: EtcdServer, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = document(tmp_path, etcd=encryption("new", "old"))
    etcd.load(
        [
            ("/registry/secrets/a/written-by-new", b"k8s:enc:aescbc:v1:new:HIDDEN"),
            ("/registry/secrets/a/written-by-old", b"k8s:enc:aescbc:v1:old:HIDDEN"),
            ("/registry/secrets/a/plain", protobuf("v1", "Secret", b"HIDDEN")),
            ("/registry/secrets/a/lost", b"k8s:enc:aescbc:v1:gone:HIDDEN"),
            ("/registry/pods/a/protobuf", protobuf("v1", "Pod", b"HIDDEN")),
            ("/registry/pods/a/json", b'{"kind":"Pod","apiVersion":"v1","metadata":{"name":"HIDDEN"}}'),
            ("/registry/cronjobs/a/old", protobuf("batch/v1beta1", "CronJob", b"HIDDEN")),
            ("/registry/stable.example.com/widgets/a/w", b'{"apiVersion":"stable.example.com/v1","kind":"Widget"}'),
            ("/registry/gadgets/x", b"HIDDEN"),
            ("/elsewhere/x", b"HIDDEN"),
        ]
    )
    monkeypatch.setenv("KEY", SECRET.decode())
    text = verify(capsys, path, etcd, "--all")
    ran = verify(capsys, path, etcd, "--all", "--output", "json")
    assert (text.code, ran.code) == (3, 3)
    assert "1 keys are outside the prefix" in text.out
    printed = text.out + text.err + ran.out + ran.err
    assert "HIDDEN" not in printed
    assert SECRET.decode() not in printed
    assert findings(ran) == {
        "KASC-VERIFY-001": ["1 key with prefix /registry/gadgets, which the manifest does not have"],
        "KASC-VERIFY-002": [
            'cronjobs.batch: 1 (for example "/registry/cronjobs/a/old") are stored as batch/v1beta1, not as batch/v1'
        ],
        "KASC-VERIFY-003": [
            'pods: 1 (for example "/registry/pods/a/json") are stored as application/json, '
            "not as application/vnd.kubernetes.protobuf"
        ],
        "KASC-VERIFY-004": [
            f'secrets: 1 (for example "/registry/secrets/a/{key}") are {stored}, not encrypted by {_NEW}'
            for key, stored in (
                ("plain", "stored unencrypted"),
                ("written-by-old", "encrypted by k8s:enc:aescbc:v1:old:"),
            )
        ],
        "KASC-VERIFY-007": [
            'secrets: 1 (for example "/registry/secrets/a/lost") are encrypted by k8s:enc:aescbc:v1:gone:, '
            "not encrypted by k8s:enc:aescbc:v1:new:"
        ],
    }
    (scan,) = json.loads(ran.out)["verify"]
    rows = {row["name"]: row for row in scan["resources"]}
    assert rows["secrets"]["encryptions"] == {"": 1, "k8s:enc:aescbc:v1:old:": 1, "k8s:enc:aescbc:v1:gone:": 1}
    assert rows["widgets.stable.example.com"]["mediaTypes"] == {}
    assert scan["unknown"] == {"/registry/gadgets": 1}


def test_a_sample_of_each_resource_is_looked_into_unless_all_is_asked_for(
    etcd: EtcdServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    etcd.load((f"/registry/pods/a/p{number:05}", protobuf("v1", "Pod")) for number in range(25_000))
    etcd.load((f"/registry/configmaps/a/c{number}", protobuf("v1", "ConfigMap")) for number in range(3))

    def looked_into(*more: str) -> dict[str, tuple[int, int]]:
        ran = verify(capsys, document(tmp_path), etcd, "--output", "json", *more)
        assert ran.code == 0
        (scan,) = json.loads(ran.out)["verify"]
        return {row["name"]: (row["keys"], row["lookedInto"]) for row in scan["resources"]}

    assert looked_into("--sample", "7") == {"pods": (25_000, 7), "configmaps": (3, 3)}
    assert looked_into("--all") == {"pods": (25_000, 25_000), "configmaps": (3, 3)}
    assert looked_into("--all", "--prefix", "/registry/pods/a/p0001") == {"pods": (10, 10)}


def test_an_override_sends_a_resource_to_its_own_etcd(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = [tmp_path / "main", tmp_path / "events"]
    for folder in folders:
        folder.mkdir()
    with EtcdServer(folders[0]) as main, EtcdServer(folders[1]) as events:
        servers = {
            "etcdServers": [main.url],
            "etcdServersOverrides": [{"resource": "/events", "servers": [events.url]}],
        }
        path = document(tmp_path, etcd=servers)
        main.load([("/registry/pods/a/p", protobuf("v1", "Pod")), ("/registry/events/a/lost", protobuf("v1", "Event"))])
        events.load([("/registry/events/a/e", protobuf("v1", "Event"))])
        ran = kasc(capsys, "verify", path)
        assert ran.code == 3
        assert ran.out.count("1 key of events in") == 1
        assert f"1 key of events in {main.url}" in ran.out
        named = kasc(capsys, "verify", path, "--etcd", f"/events={events.url}")
        assert named.code == 0, named.out


def test_tls_and_the_client_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files, other = make_certificates(tmp_path), make_certificates(tmp_path, "other")
    with EtcdServer(tmp_path, files) as server:
        server.load([("/registry/pods/a/p", protobuf("v1", "Pod"))])
        paths = (files.ca, files.client, files.client_key)
        options = [f"--etcd-{name}={path}" for name, path in zip(("cafile", "certfile", "keyfile"), paths, strict=True)]
        given = dict(zip(("etcdCAFile", "etcdCertFile", "etcdKeyFile"), map(str, paths), strict=True))
        path = document(tmp_path)
        assert verify(capsys, path, server, *options).code == 0
        for wrong, said in (
            ([f"--etcd-cafile={other.ca}", *options[1:]], "has a certificate of an unknown CA"),
            ([options[0], f"--etcd-certfile={other.client}", f"--etcd-keyfile={other.client_key}"], server.url),
            (options[:1], server.url),
            (["--etcd-cafile=/nowhere/ca.crt"], "cannot read /nowhere/ca.crt"),
        ):
            ran = verify(capsys, path, server, *wrong)
            assert ran.code == 2, (wrong, ran)
            assert said in ran.out
        plain = verify(capsys, path, server.url.replace("https", "http"))
        assert plain.code == 2
        assert "certificates" in plain.out
        # The input's own files serve where they are at hand.
        assert kasc(capsys, "verify", document(tmp_path, etcd={"etcdServers": [server.url], **given})).code == 0


def test_users_and_rights(
    etcd: EtcdServer, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    etcd.load([("/registry/pods/a/p", protobuf("v1", "Pod")), ("/other", b"x")])
    for command in (
        "user add root:rootsecret", "user grant-role root root", "user add reader:readersecret", "role add read",
        "role grant-permission read read --prefix=true /registry/", "user grant-role reader read", "auth enable",
    ):  # fmt: skip
        etcd.control(*command.split())
    path = document(tmp_path)

    def tried(user: str, password: str, *more: str) -> Ran:
        monkeypatch.setenv("KASC_ETCD_PASSWORD", password)
        ran = verify(capsys, path, etcd, "--user", user, *more)
        assert password not in ran.out + ran.err
        return ran

    assert tried("root", "rootsecret").code == 0
    assert tried("reader", "readersecret", "--prefix", "/registry/").code == 0
    limited = tried("reader", "readersecret")
    assert (limited.code, "does not allow this user to read" in limited.out) == (2, True)
    wrong = tried("root", "wrongsecret")
    assert (wrong.code, "rejected the user or password" in wrong.out) == (2, True)
    nobody = verify(capsys, path, etcd)
    assert (nobody.code, "requires a user and a password" in nobody.out) == (2, True)


@pytest.mark.parametrize("fault", ["kill", "pause"])
def test_an_etcd_lost_in_the_middle_of_a_scan_gives_a_partial_report(
    fault: str,
    etcd: EtcdServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    etcd.load((f"/registry/pods/a/p{number:05}", protobuf("v1", "Pod")) for number in range(75_000))
    etcd.load([("/registry/a-stranger/x", b"")])
    monkeypatch.setattr(Progress, "step", lambda self, keys: getattr(etcd, fault)())
    ran = verify(capsys, document(tmp_path), etcd, "--output", "json", "--request-timeout", "2")
    assert ran.code == 2
    data = json.loads(ran.out)
    assert data["partial"] is True
    (scan,) = data["verify"]
    assert (scan["partial"], scan["keys"]) == (True, 50_000)
    assert scan["unknown"] == {"/registry/a-stranger": 1}
    (lost,) = findings(ran)["KASC-VERIFY-008"]
    assert lost.startswith(etcd.url)
    assert "covers the first 50000 keys" in lost


def test_what_is_no_etcd(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = document(tmp_path)
    for url, said in (
        ("http://127.0.0.1:1", "cannot be reached"),
        ("http://nowhere.invalid:2379", "cannot be reached"),
        ("ftp://127.0.0.1", "is not a valid etcd URL"),
        ("http://[::1", "is not a valid etcd URL"),
    ):
        ran = verify(capsys, path, url, "--timeout", "2")
        assert ran.code == 2
        assert said in ran.out
    assert verify(capsys, path, "events=http://127.0.0.1:1").code == 2


def test_without_the_client_library(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "etcd3", None)
    ran = verify(capsys, document(tmp_path), "http://127.0.0.1:1")
    assert ran.code == 2
    assert "pip install 'kasc[etcd]'" in ran.out
