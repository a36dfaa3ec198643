"""Answers on health paths, taken apart: as servers write them, and as nobody should."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.cluster.apiserver import user_of, version_of
from compiler.cluster.health_list import Check, Checks, parse, reason_of
from tests.cluster.live.api_server import RECORDED

NAMES = st.text(st.sampled_from("abz-_/.019"), min_size=1, max_size=20)


def body(checks: list[Check], endpoint: str = "readyz") -> str:
    """As handleRootHealth writes it."""
    lines = [f"[+]{check.name} ok" if check.passes else f"[-]{check.name} failed: reason withheld" for check in checks]
    passed = all(check.passes for check in checks)
    return "\n".join([*lines, f"{endpoint} check {'passed' if passed else 'failed'}", ""])


@given(st.lists(st.builds(Check, NAMES, st.booleans()), min_size=1, max_size=60))
def test_lists_are_read_back(checks: list[Check]) -> None:
    assert parse(body(checks), "readyz") == Checks(checks, True)


@given(st.lists(st.builds(Check, NAMES, st.booleans()), min_size=1, max_size=8), st.data())
def test_a_list_that_is_cut_is_never_complete(checks: list[Check], data: st.DataObject) -> None:
    whole = body(checks).rstrip("\n")
    cut = parse(whole[: data.draw(st.integers(0, len(whole) - 1))], "readyz")
    assert cut is None or (not cut.complete and cut.checks == checks[: len(cut.checks)])


@given(st.text(max_size=200))
def test_nothing_is_too_strange(text: str) -> None:
    for endpoint in ("healthz", "readyz"):
        found = parse(text, endpoint)
        assert found is None or found.checks
    assert "\n" not in reason_of(text)
    assert isinstance(user_of(text), str)
    assert version_of(text) is None


@pytest.mark.parametrize(
    ("text", "checks"),
    [
        ("[+]a ok\n[+]b excluded: ok\nreadyz check passed\n", [Check("a", True), Check("b", True)]),
        ("[+]a excluded with etcd: ok\nreadyz check passed\n", [Check("a", True)]),
        ('[+]a ok\nwarn: some health checks cannot be excluded: no matches for "x"\nreadyz check passed', ["a"]),
        ("[+]a ok\nlivez check passed\n", None),
        ("[+]a ok\nnonsense\nreadyz check passed\n", None),
        ("readyz check passed\n", None),
        ("ok", None),
        ("", None),
        ("\n".join(["[+]a ok"] * 600 + ["readyz check passed"]), None),
    ],
)
def test_lines(text: str, checks: list[Check | str] | None) -> None:
    found = parse(text, "readyz")
    if checks is None:
        assert found is None or not found.complete
    else:
        assert found is not None
        assert found.complete
        assert [check.name for check in found.checks] == [getattr(check, "name", check) for check in checks]


def test_whom_a_server_takes_a_client_for() -> None:
    assert user_of(json.dumps(RECORDED["forbidden"])) == "system:anonymous"
    for strange in ("[]", "{}", '{"message": 1}', '{"message": "no"}', "null", "[" * 100_000):
        assert user_of(strange) == ""


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        (RECORDED["version"], ("v1.36.0", "1.36", "1.36")),
        ({"gitVersion": "v1.31.4", "major": "1", "minor": "31"}, ("v1.31.4", "1.31", "1.31")),
        ({"gitVersion": "v1.30.1-gke.5", "major": "1", "minor": "30+"}, ("v1.30.1-gke.5", "1.30", "1.30")),
        ({"gitVersion": "3.5.0", "major": "3", "minor": "5"}, None),
        ({"gitVersion": None, "major": "1", "minor": "36"}, None),
        ({"etcdserver": "3.5.0"}, None),
        ([], None),
    ],
)
def test_versions(info: object, expected: tuple[str, str, str] | None) -> None:
    assert version_of(json.dumps(info)) == expected


@pytest.mark.parametrize("line", ["[+]x" + " excluded with" * 500_000, "[+]" + "x" * 2000 + " ok"])
def test_a_line_too_long_for_a_check_is_none(line: str) -> None:
    start = time.process_time()
    assert parse(f"{line}\nreadyz check passed", "readyz") is None
    assert time.process_time() - start < 1
