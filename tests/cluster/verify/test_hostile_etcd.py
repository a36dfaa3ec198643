"""kasc verify and an etcd that is broken or hostile: clear words, exit code 2, and no more work than is needed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.cli.running import ROOT, Ran, kasc
from tests.cluster.live.scripted_etcd import Answer, ScriptedEtcd, field, page, range_of, report, status, varint
from tests.cluster.verify.test_verify import document, encryption, findings, protobuf

SCHEMA = Draft202012Validator(json.loads((ROOT / "schemas/report.schema.json").read_text()))
POD = (b"/registry/pods/a/p", protobuf("v1", "Pod"))
PASSWORD = "Passw0rd-that-nobody-may-see"


@pytest.fixture(autouse=True)
def _bounded_work() -> Iterator[None]:
    """No test may take more than some seconds of this process, in which kasc and the server run."""
    before = time.process_time()
    yield
    assert time.process_time() - before < 8


def verify(capsys: pytest.CaptureFixture[str], folder: Path, server: ScriptedEtcd, *more: Any, **groups: Any) -> Ran:
    return kasc(capsys, "verify", document(folder, **groups), "--etcd", server.url, "--output", "json", *more)


def paged(*pages: bytes) -> Answer:
    """Answer with one page after the other, then with empty ones."""
    left = list(pages)
    return lambda request, context: left.pop(0) if left else page()


def same(request: bytes, context: Any) -> bytes:
    return page(POD, more=True)


def endless(numbers: Iterator[int]) -> Answer:
    """Keys that go up without end."""

    def answer(request: bytes, context: Any) -> bytes:
        return page(*((f"/registry/pods/a/{next(numbers):09}".encode(), b"") for _ in range(1000)), more=True)

    return answer


RANGES: dict[str, Answer | bytes] = {
    "no protobuf": b"<html><body>Welcome</body></html>",
    "all bytes": bytes(range(256)),
    "cut short": page(POD)[:-9],
    "a key that is cut short": field(2, field(1, b"/registry/pods/a/p"))[:-4],
    "a group": page(POD) + varint(9 << 3 | 3),
    "a group in a key": field(2, field(1, b"/registry/pods/a/p") + varint(9 << 3 | 3)),
    "a key that leaves its message": varint(2 << 3 | 2) + varint(4) + field(1, b"/registry/pods/a/p") + page(),
    "an endless number": varint(3 << 3) + b"\xff" * 1_000_000,
    "an endless number in a key": varint(2 << 3 | 2) + varint(1_000_002) + varint(2 << 3) + b"\xff" * 1_000_001,
    "an endless length": varint(2 << 3 | 2) + b"\xff" * 1_000_000,
    "a length beyond all memory": varint(2 << 3 | 2) + varint(2**63),
    "many fields": field(9, 0) * 1_000_000,
    "many fields in a key": field(2, field(1, b"/registry/a") + field(2, 0) * 1_000_000),
    "a million keys without a name": field(2, b"") * 1_000_000,
    "a key without a name": field(2, field(5, b"x")),
    "more keys than requested": page(*((b"/registry/pods/a/%08d" % number, b"") for number in range(50_001))),
    "keys out of order": page((b"/registry/pods/a/q", b""), POD),
    "a key twice": page(POD, POD),
    "the same page again": same,
    "more, but nothing": page(more=True),
    "a negative revision": page(POD, more=True, revision=-7),
    "a negative count": page(POD, count=-1),
}


@pytest.mark.parametrize("name", RANGES)
def test_answers_that_are_not_valid(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with ScriptedEtcd(Range=RANGES[name]) as etcd:
        # Without samples, which would be read key by key, and checked again.
        ran = verify(capsys, tmp_path, etcd, "--timeout", "20", "--sample", "0")
        assert etcd.calls.count("Range") <= 2
    assert ran.code == 2
    (message,) = findings(ran)["KASC-VERIFY-008"]
    assert f"{etcd.url} sent an invalid RangeResponse" in message
    assert json.loads(ran.out)["partial"] is True
    assert list(SCHEMA.iter_errors(json.loads(ran.out))) == []


def test_what_was_read_before_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pages = paged(page((b"/registry/a-stranger/x", b""), POD, more=True), b"\xff\xff")
    with ScriptedEtcd(Range=pages) as etcd:
        ran = verify(capsys, tmp_path, etcd)
    assert ran.code == 2
    assert findings(ran)["KASC-VERIFY-001"] == [
        "1 key with prefix /registry/a-stranger, which the manifest does not have"
    ]
    assert "covers the first 2 keys" in findings(ran)["KASC-VERIFY-008"][0]


def test_keys_outside_of_the_requested_range(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for key in (b"/registry/nodes/n", b"/registry/poe"):
        with ScriptedEtcd(Range=page((key, b""))) as etcd:
            assert verify(capsys, tmp_path, etcd, "--prefix", "/registry/pods/").code == 2
    # The value of one key is requested, that of another one comes.
    with ScriptedEtcd(Range=paged(page(POD), page((b"/registry/pods/a/q", b"x")))) as etcd:
        assert verify(capsys, tmp_path, etcd).code == 2


@pytest.mark.parametrize("details", ["etcdserver: mvcc: required revision has been compacted", "compacted"])
def test_always_compacted(details: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with ScriptedEtcd(Range=report("OUT_OF_RANGE", details)) as etcd:
        ran = verify(capsys, tmp_path, etcd)
        assert etcd.calls.count("Range") == 1
    assert ran.code == 2
    assert "compacted" in findings(ran)["KASC-VERIFY-008"][0]


def test_a_revision_that_is_compacted_in_the_middle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = count()

    def answer(request: bytes, context: Any) -> bytes:
        if range_of(request).get(4):
            return report("OUT_OF_RANGE", "etcdserver: mvcc: required revision has been compacted")(request, context)
        return page(POD, more=True) if not next(asked) else page((b"/registry/pods/a/q", POD[1]))

    with ScriptedEtcd(Range=answer) as etcd:
        ran = verify(capsys, tmp_path, etcd, "--all")
    assert ran.code == 0, ran.out
    assert json.loads(ran.out)["verify"][0]["keys"] == 2


def test_keys_without_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    started = time.monotonic()
    with ScriptedEtcd(Range=endless(count())) as etcd:
        ran = verify(capsys, tmp_path, etcd, "--timeout", "1.5")
    assert time.monotonic() - started < 4
    assert ran.code == 2
    (message,) = findings(ran)["KASC-VERIFY-008"]
    assert "was not completely read within 1.5s; the report covers the" in message


def test_an_etcd_that_takes_its_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One member that never answers leaves time for the others."""

    def late(request: bytes, context: Any) -> bytes:
        time.sleep(2)
        return status()

    started = time.monotonic()
    with ScriptedEtcd(Status=late) as slow, ScriptedEtcd(Range=page(POD)) as well:
        words = ("verify", document(tmp_path), "--etcd", f"{slow.url},{well.url}", "--output", "json")
        ran = kasc(capsys, *words, "--timeout", "30", "--request-timeout", "1")
    assert time.monotonic() - started < 20
    assert "did not answer in time" in findings(ran)["KASC-VERIFY-006"][0]
    assert json.loads(ran.out)["verify"][0]["keys"] == 1


STATUSES: dict[str, tuple[Answer | bytes, str]] = {
    "no protobuf": (b"\xff" * 100_000, "an invalid StatusResponse"),
    "too long": (field(9, 0) * 1_000_000, "an invalid StatusResponse"),
    "refused": (report("INTERNAL", "\x1b[2Jboom\n" + "x" * 3000), "returned an error: "),
    "an absurd version": (status(b"9" * 5000 + b".0"), "which is not a version of etcd"),
    "no version": (status(b""), 'reports "", which is not a version'),
    "a version in bytes": (status(b"\xff\xfe3.5.0"), "which is not a version"),
    "foreign digits": (status("٣.٥.٠".encode()), "which is not a version"),
    "a command": (status(b"3.5.0\n::error::x"), "which is not a version"),
    "no leader": (status(leader=0), "has no leader"),
    "old": (status(b"3.3.27"), "runs etcd 3.3.27"),
}


@pytest.mark.parametrize("name", STATUSES)
def test_the_state_of_a_member(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer, said = STATUSES[name]
    with ScriptedEtcd(Status=answer, Range=page(POD)) as etcd:
        ran = verify(capsys, tmp_path, etcd)
        text = kasc(capsys, "verify", tmp_path / "apiserver.yaml", "--etcd", etcd.url)
    code, messages = next(
        (code, found) for code, found in findings(ran).items() if code in ("KASC-VERIFY-006", "KASC-VERIFY-008")
    )
    assert said in messages[0]
    assert len(messages[0]) < 300
    # What answers can be read, though it is not well.
    assert ran.code == text.code == (3 if code == "KASC-VERIFY-006" else 2)
    assert list(SCHEMA.iter_errors(json.loads(ran.out))) == []
    assert "\x1b" not in text.out + text.err
    assert "\n::error" not in text.out + text.err


def test_alarms_of_odd_kinds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for alarms, said in (
        (field(2, field(1, 5) + field(2, 1)) + field(2, field(2, 2)), "the alarm NOSPACE, CORRUPT"),
        (field(2, field(2, 2**63 + 5)), "the alarm 9223372036854775813"),
    ):
        with ScriptedEtcd(Alarm=alarms) as etcd:
            assert said in findings(verify(capsys, tmp_path, etcd))["KASC-VERIFY-006"][0]
    with ScriptedEtcd(Alarm=field(2, field(2, 1)) * 1000) as etcd:
        assert verify(capsys, tmp_path, etcd).code == 2


@pytest.mark.parametrize(
    "value",
    [
        b'{"a":' + b"[" * 100_000,
        b'{"a":' + b"[" * 1000 + b"]" * 1000 + b"}",
        b'{"a":' + b"9" * 6000 + b"}",
        b'{"apiVersion":1,"kind":[]}',
        b'{"a":1,"apiVersion":"' + b"v" * 5000 + b'","kind":"Pod"}',
        b"{" + b"[]," * 2_000_000,
        b"k8s\0\x0a\xff\x0a",
        b"k8s:enc:" + b":" * 600,
        b"kind: " + b"x" * 1_000_000 + b"\n",
        b"kind: a\n" * 200_000,
        b"\xd9\xd9\xf7",
        b"",
    ],
    ids=range(12),
)
def test_values_of_odd_shapes(value: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with ScriptedEtcd(Range=page((POD[0], value))) as etcd:
        ran = verify(capsys, tmp_path, etcd, "--all", etcd=encryption("new"))
    assert ran.code == 3
    (row,) = json.loads(ran.out)["verify"][0]["resources"]
    assert row["lookedInto"] == 1
    assert len(ran.out) < 5000


def test_reports_stay_small_whatever_the_keys_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    odd = [(b"/registry/%08d-%s/x" % (number, b"y" * 5000), b"") for number in range(64)]
    values = [(b"/registry/pods/%08d" % number, protobuf(f"v{number}", "Pod")) for number in range(1000)]
    groups = [(b"/registry/z%05d.io/%s/x" % (number, b"w" * 200), b"") for number in range(64)]
    pages = paged(
        page(*odd, more=True), *(page(*values[at : at + 50], more=True) for at in range(0, 1000, 50)), page(*groups)
    )
    with ScriptedEtcd(Range=pages) as etcd:
        ran = verify(capsys, tmp_path, etcd, "--all")
    assert ran.code == 3, ran.out
    (scan,) = json.loads(ran.out)["verify"]
    assert scan["keys"] == 64 + 1000 + 64
    assert len(ran.out) < 300_000
    (pods,) = scan["resources"]
    assert sum(pods["versions"].values()) == 999
    assert len(pods["versions"]) == 101


def test_the_resources_of_definitions_are_bounded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("compiler.cluster.verify_scan._RESOURCES", 10)
    with ScriptedEtcd(Range=page(*((b"/registry/%04d.io/w/x" % number, b"") for number in range(50)))) as etcd:
        ran = verify(capsys, tmp_path, etcd)
    assert ran.code == 2
    assert "has keys of more than 10 resources" in findings(ran)["KASC-VERIFY-008"][0]


def test_pages_that_are_too_large_are_requested_again_with_fewer_keys(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Values may be larger than those before let expect."""
    monkeypatch.setattr("compiler.cluster.etcd._MAX_RESPONSE", 640_000)
    asked: list[int] = []
    keys = [b"/registry/configmaps/a/%04d" % number for number in range(8)]

    def answer(request: bytes, context: Any) -> bytes:
        wanted = range_of(request)
        limit = int(wanted.get(3, 0))
        asked.append(limit)
        left = [key for key in keys if key >= wanted[1]]  # type: ignore[operator]
        value = protobuf("v1", "ConfigMap") + b"x" * 150_000
        return page(*((key, value) for key in left[:limit]), more=len(left) > limit)

    with ScriptedEtcd(Range=answer) as etcd:
        ran = verify(capsys, tmp_path, etcd, "--all")
    assert ran.code == 0, ran.out
    assert json.loads(ran.out)["verify"][0]["keys"] == 8
    assert asked[:2] == [64, 4]


@pytest.mark.parametrize("where", ["keys and values", "version", "details"])
def test_credentials_are_never_shown_though_the_etcd_echoes_them(
    where: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KASC_ETCD_PASSWORD", PASSWORD)
    secret, token = PASSWORD.encode(), b"token.of-the-session"
    answers: dict[str, Answer | bytes] = {
        "Authenticate": field(2, token),
        "Range": page(
            (b"/elsewhere", b""), (b"/registry/%s%s/x" % (b"a" * 90, secret.upper()), b""),
            (b"/registry/pods/%s" % token, protobuf(PASSWORD, "Pod")), (b"/registry/zz.io/%s/x" % secret.lower(), b"{"),
        ),
    }  # fmt: skip
    if where == "version":
        answers["Status"] = status(secret)
    if where == "details":
        answers["Range"] = report("UNKNOWN", f"{'y' * 90} {PASSWORD}{token.decode()}")
    with ScriptedEtcd(**answers) as etcd:
        for form in ("text", "json", "sarif", "github", "junit"):
            words = ("verify", document(tmp_path), "--etcd", etcd.url, "--user", "root", "--all", "--output", form)
            ran = kasc(capsys, *words)
            printed = (ran.out + ran.err).lower()
            assert ran.code in (2, 3)
            assert "***" in printed or form == "github"
            for hidden in (PASSWORD.lower(), "passw0rd-that", token.decode()):
                assert hidden not in printed


def test_tokens_that_no_header_can_carry(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KASC_ETCD_PASSWORD", PASSWORD)
    for answer in (b"", field(2, b""), field(2, b"a\nb"), field(2, b"\xff"), b"\xff" * 9, field(2, b"x" * 100_000)):
        with ScriptedEtcd(Authenticate=answer) as etcd:
            ran = verify(capsys, tmp_path, etcd, "--user", "root")
        assert ran.code == 2
        assert "an invalid AuthenticateResponse" in findings(ran)["KASC-VERIFY-008"][0]
    monkeypatch.setenv("KASC_ETCD_PASSWORD", "\udcff")
    with ScriptedEtcd() as etcd:
        assert verify(capsys, tmp_path, etcd, "--user", "root").code == 2
    monkeypatch.delenv("KASC_ETCD_PASSWORD")
    with ScriptedEtcd() as etcd:
        assert "needs a password" in findings(verify(capsys, tmp_path, etcd, "--user", "root"))["KASC-VERIFY-008"][0]


@pytest.mark.parametrize(
    "words", [("--etcd", ","), ("--timeout", "0"), ("--timeout", "nan"), ("--request-timeout", "x")]
)
def test_wrong_usage(words: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = kasc(capsys, "verify", document(tmp_path), *words)
    assert (ran.code, ran.out) == (2, "")
    assert words[0] in ran.err


def test_a_plan_ends_with_a_hostile_etcd_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = document(tmp_path)
    new = tmp_path / "new.yaml"
    new.write_text(old.read_text().replace('"etcdServers"', '"etcdPrefix": "/other", "etcdServers"'))
    with ScriptedEtcd(Range=b"\xff\xff") as etcd:
        ran = kasc(capsys, "verify", new, "--plan-migration", old, "--etcd", etcd.url)
    assert (ran.code, ran.out) == (2, "")
    assert "an invalid RangeResponse" in ran.err
