"""Entries of a cache that anybody may have written: what has a right digest may still have any shape."""

from __future__ import annotations

import io
import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.cli.reporters import write_report
from compiler.diagnostics import Report
from compiler.fleet.cache import Cache, unpacked
from compiler.fleet.fingerprints import digest, fingerprint
from tests.cli.running import kasc
from tests.fleet import clusters
from tests.fleet.clusters import tree

FORMS = ("text", "json", "sarif", "github", "junit")
WORDS = ["\0", "\ud800", "..", "/", "files/../x", "KASC-ETCD-001", "error"]
TEXTS = st.one_of(st.text(max_size=8), st.sampled_from(WORDS))
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=12,
)
OWN = "some/c-000.yaml"


class Planted:
    """A cache in which an entry for `OWN` is whatever a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.cache = Cache(str(folder / "cache"), [])
        self.place = Path(self.cache._entry_path(OWN))
        self.place.parent.mkdir(parents=True, exist_ok=True)

    def put(self, data: bytes) -> None:
        self.place.write_bytes(digest(data).encode() + b"\n" + data)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    return Planted(tmp_path_factory.mktemp("planted"))


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The entry of a document with findings of several kinds, a fix and a policy among them."""
    folder = tmp_path_factory.mktemp("real")
    documents = clusters.make(folder / "fleet", 1)
    (documents / ".git").mkdir()
    more = "etcd: {etcdPrefx: /x, etcdServers: ['http://10.0.0.1:2379']}\n"
    (documents / OWN).write_text(clusters.document("c-000", more))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(documents)
        from compiler.cli.main import main

        main(["compile", OWN, "-o", str(folder / "out"), "--cache", str(folder / "cache"), "--policy", "cis"])
    (entry,) = (folder / "cache").glob("??/*")
    return json.loads(entry.read_bytes()[33:])


def used(planted: Planted, data: bytes) -> bool:
    """Whether an entry is taken; then everything that is done with one has to work."""
    planted.put(data)
    entry = planted.cache.find(OWN)
    if entry is None:
        return False
    for path, expected in entry.fingerprints.items():
        assert isinstance(expected, str)
        fingerprint(path)
    report = unpacked(OWN, entry.report)
    for form in FORMS:
        write_report(form, [report], io.StringIO())
    assert {found.location.file for found in report.diagnostics if found.location} <= {OWN, *entry.fingerprints}
    for name, sign in (entry.files or {}).items():
        assert not name.startswith("/")
        assert ".." not in name.split("/")
        assert len(sign) == 32
    assert isinstance(entry.status, str)
    return True


@settings(max_examples=100)
@given(JSON)
def test_any_json(planted: Planted, value: Any) -> None:
    assert not used(planted, json.dumps(value).encode())


@settings(max_examples=100)
@given(st.lists(JSON, min_size=5, max_size=5))
def test_any_five_values(planted: Planted, value: list[Any]) -> None:
    used(planted, json.dumps(value).encode())


def places_of(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value inside a value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [here, *(place for key, each in inside for place in places_of(each, (*here, key)))]


@settings(max_examples=200)
@given(st.data())
def test_a_real_entry_with_something_else_in_one_place(planted: Planted, real: Any, data: st.DataObject) -> None:
    changed = deepcopy(real)
    *way, last = data.draw(st.sampled_from(places_of(real)[1:]))
    inside = changed
    for key in way:
        inside = inside[key]
    action = data.draw(st.sampled_from(["replace", "delete", "again"]))
    if action == "replace":
        inside[last] = data.draw(JSON)
    elif action == "delete":
        del inside[last]
    elif isinstance(inside, list):
        inside.append(inside[last])
    used(planted, json.dumps(changed).encode())


def test_a_real_entry_is_taken(planted: Planted, real: Any) -> None:
    assert used(planted, json.dumps(real).encode())
    *_, found, [policy], _unlisted = real[1]
    assert len(found) > 2
    assert any(each[9] for each in found)
    assert policy[0] == "cis"


def changed(entry: Any, change: str) -> Any:
    fingerprints, report, _name, files, seen = entry
    *head, found, policy, unlisted = report
    first = found[0]
    elsewhere = [*first[:7], ["/etc/passwd", *first[7][1:]], *first[8:]]
    return {
        "fingerprints": [[*fingerprints], report, None, files, seen],
        "a fingerprint": [{**fingerprints, "/": 1}, report, None, files, seen],
        "a path": [{**fingerprints, "\ud800": "x"}, report, None, files, seen],
        "an unknown code": [fingerprints, [*head, [["KASC-NO-001", *first[1:]]], policy, unlisted], None, files, seen],
        "a severity": [fingerprints, [*head, [[first[0], "fatal", *first[2:]]], policy, unlisted], None, files, seen],
        "a foreign file": [fingerprints, [*head, [elsewhere], policy, unlisted], None, files, seen],
        "a file as link": [fingerprints, report, "c", {"files/../../x": "0" * 32}, seen],
        "a file of another kind": [fingerprints, report, "c", {"x": "0" * 32}, seen],
        "a file with NUL": [fingerprints, report, "c", {"files/\0": "0" * 32}, seen],
        "a list of files": [fingerprints, report, "c", [["files/x", "0" * 32]], seen],
        "a boolean": [fingerprints, report, "c", {"files/x": True}, seen],
        "a digest": [fingerprints, report, "c", {"files/x": "0"}, seen],
        "a status": [fingerprints, report, None, files, [[1]]],
        "name": [fingerprints, report, {"a": 1}, files, seen],
        "policy": [fingerprints, [*head, found, ["nsa", "1", []], unlisted], None, files, seen],
        "six": [*entry, 1],
        "an object": dict.fromkeys("abcde"),
    }[change]  # fmt: skip


CHANGES = [
    "fingerprints", "a fingerprint", "a path", "an unknown code", "a severity", "a foreign file", "a file as link",
    "a file of another kind", "a file with NUL", "a list of files", "a boolean", "a digest", "a status", "name",
    "policy", "six", "an object",
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_wrong_shape_is_no_entry(change: str, planted: Planted, real: Any) -> None:
    assert not used(planted, json.dumps(changed(real, change)).encode())


@pytest.mark.parametrize("data", [b"[" * 100_000, b"9" * 10_000, b"\xff", b"", b"[1e999,NaN,0,0,0]"])
def test_what_is_hard_to_parse_is_no_entry(data: bytes, planted: Planted) -> None:
    assert not used(planted, data)


def test_runs_with_such_entries_are_as_without(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    documents = clusters.make(tmp_path / "fleet", 5)
    words = ("compile", documents, "-o", tmp_path / "out", "--cache", tmp_path / "cache")
    first = kasc(capsys, *words)
    right = tree(tmp_path / "out")
    entries = sorted((tmp_path / "cache").glob("??/*"))
    odds: tuple[Any, ...] = (
        [1, [], None, None, []], [{}, {}, {}, {}, {}], [], [{}] * 5,
        [{}, ["", "", False, [], [], None], {"a": 1}, [[1, 2, 3]], []],
    )  # fmt: skip
    for path, odd in zip(entries, odds, strict=True):
        data = json.dumps(odd).encode()
        path.write_bytes(digest(data).encode() + b"\n" + data)
    again = kasc(capsys, *words)
    assert (again.code, again.out, tree(tmp_path / "out")) == (first.code, first.out, right)
    assert "Traceback" not in again.err
    assert all(json.loads(path.read_bytes()[33:])[3] for path in entries)


def test_reports_are_the_same_after_packing(real: Any) -> None:
    report = unpacked(OWN, real[1])
    assert isinstance(report, Report)
    assert [policy.name for policy in report.policies] == ["cis"]
    assert all(found.location is None or found.location.line >= 1 for found in report.diagnostics)
