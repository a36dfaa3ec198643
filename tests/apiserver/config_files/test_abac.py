"""Every verdict was recorded from kube-apiserver 1.36; 1.31 and 1.33 agree."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.bounds import MAX_FINDINGS
from compiler.diagnostics import Diagnostic
from tests.apiserver.config_files.running import placed, started

GROUP = "abac.authorization.kubernetes.io"
FLAGS = ("--authorization-mode=ABAC", "--authorization-policy-file=/f/policy")


def policy(**spec: object) -> str:
    return json.dumps({"apiVersion": f"{GROUP}/v1beta1", "kind": "Policy", "spec": spec})


def judged(directory: Path, content: str | bytes) -> list[Diagnostic]:
    _, report = started(directory, {"policy": content}, *FLAGS)
    return list(report.of("error"))


ACCEPTED = [
    "",
    "# comment",
    "   # comment",
    "\u00a0",
    policy(user="a", namespace="*", resource="*", apiGroup="*"),
    policy(group="g", readonly=True, nonResourcePath="/healthz*"),
    policy(user=None),
    policy(verb=1),
    f'{{"apiVersion":"{GROUP}/v1beta1","kind":"Policy"}}',
    f'{{"apiVersion":"{GROUP}/v1beta1","kind":"Policy","spec":null}}',
    f'{{"apiversion":"{GROUP}/v1beta1","KIND":"Policy","spec":{{"user":"a"}}}}',
    f'{{"apiVersion":"{GROUP}/v1beta1","kind":"Policy","Spec":{{"user":1}},"user":1}}',
    # Unversioned policies, with partial or no type information
    "{}",
    '{"user":"alice"}',
    '{"kind":"Policy","user":"a"}',
    f'{{"apiVersion":"{GROUP}/v0","kind":"Policy","user":"a"}}',
    f'{{"apiVersion":"{GROUP}/v0","user":"a"}}',
    '{"apiVersion":null,"kind":null,"user":"a"}',
    '{"user":"a","apiGroup":1,"spec":{"user":1},"User":2}',
    '{"user":"a","user":"b"}',
    # Other input that the JSON decoder accepts
    '\t{"user":"a"}',
    '{"user":"\\ud83d\\ude00 \\ud83d \\/ \x7f"}',
    '{"x":1e999,"y":123456789012345678901234567890}',
    '{"x":' + "[" * 100 + "]" * 100 + "}",
    # Lines that are not JSON are decoded as YAML.
    "user: alice",
    "user:\talice # comment",
    "readonly: yes",
    "~",
    "---",
    "kind: Policy",
]
REFUSED = [
    ("{oops", "1:2"),
    ('{"user":"a",}', "1:13"),
    ('{"user":"a"} x', "1:14"),
    ('{"user":"a"}{"user":"b"}', "1:13"),
    ('{"user":"a"} # comment', "1:14"),
    ('{"user":"a"}\r{"user":"b"}', "1:14"),
    ("{'user':'a'}", "1:2"),
    ('{"user":"a\tb"}', "1:11"),
    ('{"user":"\\x41"}', "1:10"),
    ('{"x":NaN}', "1:6"),
    ('\u00a0{"user":"a"}', "1:1"),
    (policy(user=1), "spec.user 1:95"),
    (policy(readonly="true"), "spec.readonly 1:99"),
    (policy(readonly=1), "spec.readonly 1:99"),
    (policy(group=["a"]), "spec.group 1:96"),
    (policy(nonResourcePath=[1]), "spec.nonResourcePath 1:106"),
    (f'{{"apiVersion":"{GROUP}/v1beta1","kind":"Policy","spec":"a"}}', "spec 1:81"),
    (f'{{"apiVersion":"{GROUP}/v1beta1","kind":"policy"}}', "kind 1:65"),
    (f'{{"apiVersion":"{GROUP}/v1beta1","spec":{{}}}}', "kind 1:1"),
    (f'{{"apiVersion":"{GROUP}/v1","kind":"Policy","spec":{{}}}}', "kind 1:60"),
    (f'{{"apiVersion":"{GROUP}","kind":"Policy"}}', "apiVersion 1:15"),
    ('{"apiVersion":"v1","kind":"Policy"}', "apiVersion 1:15"),
    ('{"apiVersion":"v1","user":"a"}', "apiVersion 1:15"),
    ('{"ApiVersion":"v1","user":"a"}', "ApiVersion 1:15"),
    ('{"apiVersion":1,"kind":"Policy"}', "apiVersion 1:15"),
    ('{"kind":"Foo","user":"a"}', "apiVersion 1:1"),
    ('{"kind":"Policy","Kind":"Foo","user":"a"}', "apiVersion 1:1"),
    ('{"user":1}', "user 1:9"),
    ('{"user":"a","user":1}', "user 1:20"),
    ("hello", "1:1"),
    ("- a", "1:1"),
    ("readonly: 1", "readonly 1:11"),
    ("a: b: c", "1:5"),
    ("user: *x", "1:7"),
    ("\x1c", "1:1"),
    ("#" + "x" * 65535, "1:1"),
]


@pytest.mark.parametrize("line", ACCEPTED)
def test_accepted(tmp_path: Path, line: str) -> None:
    assert judged(tmp_path, line) == []
    assert judged(tmp_path, f"\r\n{line}\r\n") == []


@pytest.mark.parametrize(("line", "place"), REFUSED)
def test_refused(tmp_path: Path, line: str, place: str) -> None:
    (diagnostic,) = judged(tmp_path, line)
    assert placed(diagnostic).split(maxsplit=1) == ["AZ-09", place]
    assert diagnostic.hint


@settings(deadline=None)
@given(st.lists(st.sampled_from(ACCEPTED) | st.sampled_from([line for line, _ in REFUSED[:-1]])))
def test_lines_are_independent(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
    directory = tmp_path_factory.mktemp("abac")
    bad = {line for line, _ in REFUSED}
    expected = [number for number, line in enumerate(lines, 1) if line in bad]
    result = judged(directory, "\n".join(lines))
    assert [one.location.line for one in result if one.location] == expected


def test_the_longest_line(tmp_path: Path) -> None:
    """The server reads lines of up to 65535 bytes, including a carriage return, and stops at a longer one."""
    assert judged(tmp_path, "#" + "x" * 65533 + "\r\n{}") == []
    assert judged(tmp_path, "#" + "x" * 65534) == []
    (result,) = judged(tmp_path, "{}\n#" + "x" * 65534 + "\r\n{oops\n")
    assert placed(result) == "AZ-09  2:1"


def test_a_multi_line_object_is_one_error(tmp_path: Path) -> None:
    text = json.dumps({"user": "a", "readonly": True}, indent=2)
    result = judged(tmp_path, f"# c\n{text}\n{text}\n{policy(user=1)}\n{policy(user='a')}\n")
    assert [placed(one) for one in result] == ["AZ-09  2:2", "AZ-09  6:2", "AZ-09 spec.user 10:95"]
    assert "on one line" in result[0].hint


def test_invalid_utf8(tmp_path: Path) -> None:
    assert judged(tmp_path, b'{"user":"\xff"}\n') == []
    assert [placed(result) for result in judged(tmp_path, b"{}\nuser: \xff\n")] == ["AZ-09  2:1"]


def test_findings_are_bounded(tmp_path: Path) -> None:
    assert len(judged(tmp_path, "hello\n" * 5000)) == MAX_FINDINGS


def test_unavailable_files(tmp_path: Path) -> None:
    assert judged(tmp_path, b"") == []
    for path in ("/f/none", "/f"):
        _, report = started(tmp_path, {}, FLAGS[0], f"--authorization-policy-file={path}")
        (diagnostic,) = report.of("error")
        assert (diagnostic.rule, diagnostic.flag) == ("AZ-09", "authorization-policy-file")


def test_the_file_is_only_read_for_abac(tmp_path: Path) -> None:
    head = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\nauthorizers:\n"
    chains = {"node.yaml": head + "- {type: Node, name: node}", "abac.yaml": head + "- {type: ABAC, name: abac}"}
    for name, expected in (("node.yaml", []), ("abac.yaml", ["AZ-09 user 1:9"])):
        flags = (f"--authorization-config=/f/{name}", FLAGS[1])
        _, report = started(tmp_path, {**chains, "policy": '{"user":1}'}, *flags, drop=("--authorization-mode",))
        assert [placed(result) for result in report.of("error")] == expected
