"""Policies of organisations on the command line: outputs, exit codes, configuration, comments, exceptions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator, Draft202012Validator

from compiler.inputs.schema import schema_directory
from tests.cli.running import SAMPLES, kasc
from tests.policies.writing import policy_file, rule

POLICIES = SAMPLES / "policies"
STRICT = rule(flags={"properties": {"profiling": {"const": False}}})
PASSING = rule(id="ACME-B-1", flags={"properties": {"etcd-prefix": {"const": "/registry"}}})
HEAD = "apiVersion: kasc/v1\nkind: Policy\n"
WRONG = "KASC-POLICY-007"
MINIMAL = (SAMPLES / "minimal.yaml").read_text()


@pytest.fixture
def server(tmp_path: Path) -> Path:
    path = tmp_path / "server.yaml"
    path.write_text(MINIMAL)
    return path


def schema(name: str) -> Any:
    return json.loads(Path(schema_directory(), name).read_text())


def test_outputs(server: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = policy_file(tmp_path, STRICT, PASSING, title="Our rules")
    words = ("check", server, "--policy", own)
    ran = kasc(capsys, *words)
    assert ran.code == 1
    assert "server.yaml:3:1: error ACME-A-1: The title: --profiling is true, not false\n" in ran.out
    assert "    hint: do it\n" in ran.out
    assert ran.out.endswith("Our rules: 1 of 2 controls pass, 1 fails\n1 input: 1 error\n")
    report = json.loads(kasc(capsys, *words, "--output", "json").out)
    Draft202012Validator(schema("report.schema.json")).validate(report)
    (file,) = report["files"]
    assert file["outcome"] == "accept"
    assert file["policies"] == [file["policy"]]
    failed, passed = file["policy"]["controls"]
    assert failed == {
        "id": "ACME-A-1",
        "title": "The title",
        "status": "fail",
        "severity": "enforce",
        "why": "The reason.",
        "reason": "--profiling is true, not false",
        "fix": "do it",
        "path": "features.profiling",
        "file": str(server),
        "line": 3,
        "column": 1,
        "endLine": 3,
        "endColumn": 2,
    }
    assert (passed["id"], passed["status"]) == ("ACME-B-1", "pass")
    (run,) = json.loads(kasc(capsys, *words, "--output", "sarif").out)["runs"]
    (described,) = run["tool"]["driver"]["rules"]
    assert (described["id"], described["shortDescription"]["text"]) == ("ACME-A-1", "The title")
    assert described["help"]["text"] == "The title. The reason. do it"
    assert described["defaultConfiguration"] == {"level": "error"}
    assert [each["ruleId"] for each in run["results"]] == ["ACME-A-1"]
    for form in ("github", "junit", "markdown"):
        assert "ACME-A-1" in kasc(capsys, *words, "--output", form).out
    assert "ACME-A-1" not in kasc(capsys, *words, "--ignore", "ACME-A").out


def test_explain_lists_the_rules(server: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = kasc(capsys, "explain", server, "--policy", policy_file(tmp_path, STRICT))
    assert ran.out.startswith("ACME-A-1 fail            The title: --profiling is true, not false\n")


def test_several_policies(server: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = policy_file(tmp_path, PASSING)
    ran = kasc(
        capsys, "check", server, "--policy", own, "--policy", "cis@1.12", "--policy", POLICIES, "--output", "json"
    )
    names = [each["name"] for each in json.loads(ran.out)["files"][0]["policies"]]
    assert names[:2] == ["cis", "own"]
    assert len(names) == 10
    assert ran.code == 1


def test_a_failure_keeps_a_server_from_being_compiled(
    server: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ("compile", server, "-o", tmp_path / "out", "--policy")
    assert kasc(capsys, *command, policy_file(tmp_path, STRICT)).code == 1
    assert not (tmp_path / "out").exists()
    assert kasc(capsys, *command, policy_file(tmp_path, STRICT | {"level": "warn"}), "--emit", "report").code == 0
    page = (tmp_path / "out/report.html").read_text()
    assert "ACME-A-1" in page
    assert "The title" in page
    assert "CIS Kubernetes" not in page


def test_the_configuration_names_policies(
    server: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rules").mkdir()
    policy_file(tmp_path / "rules", STRICT)
    (tmp_path / ".kasc.toml").write_text('policy = ["cis", "rules"]\n')
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    names = [
        each["name"]
        for each in json.loads(kasc(capsys, "check", server, "--output", "json").out)["files"][0]["policies"]
    ]
    assert names == ["cis", "own"]
    names = kasc(capsys, "check", server, "--policy", "stig").out
    assert "own (" not in names
    assert "DISA" in names
    (tmp_path / ".kasc.toml").write_text('policy = ["rules/nothing.yaml"]\n')
    ran = kasc(capsys, "check", server)
    assert ran.code == 2
    assert "nothing.yaml" in ran.err


@pytest.mark.parametrize("name", ["/etc/passwd", "../other/own.yaml", "link.yaml"])
def test_the_configuration_names_no_files_elsewhere(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may come from anybody, as the documents do."""
    (tmp_path / "other").mkdir()
    own = policy_file(tmp_path / "other", STRICT)
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/link.yaml").symlink_to(own)
    (tmp_path / "tree/server.yaml").write_text(MINIMAL)
    (tmp_path / "tree/.kasc.toml").write_text(f'policy = ["{name}"]\n')
    monkeypatch.chdir(tmp_path / "tree")
    ran = kasc(capsys, "check", "server.yaml")
    assert ran.code == 2
    assert "cannot read" in ran.err
    assert "root:" not in ran.err
    (tmp_path / "tree/.kasc.toml").unlink()
    assert "no policy in" in kasc(capsys, "check", "server.yaml", "--policy", ".").err


def test_comments(server: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    comment = "features: {profiling: true} # kasc: ignore ACME-A-1: a load test"
    server.write_text(f"{MINIMAL}{comment}\n")
    own = policy_file(tmp_path, STRICT)
    assert kasc(capsys, "check", server, "--policy", own).code == 0
    # Without the policy the comment is about nothing that this run checks.
    assert kasc(capsys, "check", server, "--strict").out == "1 input: no problems\n"
    ran = kasc(capsys, "check", server, "--policy", policy_file(tmp_path, STRICT | {"suppressible": False}))
    assert ran.code == 1
    assert "the policy does not allow comments to suppress ACME-A-1" in ran.out
    passing = STRICT | {"flags": {"properties": {"profiling": {"const": True}}}}
    assert "unused suppression" in kasc(capsys, "check", server, "--policy", policy_file(tmp_path, passing)).out


def exceptions(*clusters: str) -> list[dict[str, Any]]:
    return [{"rule": "ACME-A-1", "clusters": [each], "reason": "A test", "expires": "2999-01-31"} for each in clusters]


def test_unused_exceptions(server: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "rules").mkdir()
    own = policy_file(tmp_path / "rules", STRICT, exceptions=exceptions("minimal", "min*", "other"))
    ran = kasc(capsys, "check", server, "--policy", own)
    assert (ran.code, "KASC-POLICY-006" in ran.out) == (0, False)
    assert "0 of 1 controls pass, 1 excepted" in ran.out
    # A whole directory has no such server.
    ran = kasc(capsys, "check", tmp_path, "--policy", own)
    assert "the exception of ACME-A-1 is unused: there is no server named other\n" in ran.out
    assert ran.out.count("KASC-POLICY-006") == 1
    server.write_text(f"{MINIMAL}features: {{profiling: false}}\n")
    ran = kasc(capsys, "check", server, "--policy", own)
    assert "the exception of ACME-A-1 is unused: minimal meets the rule\n" in ran.out
    report = json.loads(kasc(capsys, "check", server, "--policy", own, "--output", "json").out)
    Draft202012Validator(schema("report.schema.json")).validate(report)
    assert [file["as"] for file in report["files"]] == ["document", "policy"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: b\n", "this is not a policy"),
        (HEAD, "metadata is missing"),
        (f"{HEAD}metadata: {{name: a}}\nrules: {{}}\n", "rules must be a list"),
        (f"{HEAD}metadata: {{name: a}}\nrule: []\nrules: []\n", 'unknown key "rule" of a policy'),
        (f"{HEAD}metadata: {{name: a}}\nrules: [{{id: x}}]\n", 'invalid id "x"'),
        ("{", "missing value"),
        ("a: &a [1]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\n" + "".join(
            f"{chr(99 + n)}: &{chr(99 + n)} [{', '.join(['*' + chr(98 + n)] * 9)}]\n" for n in range(9)), ""),
        ("[" * 5000, ""),
        ("a: " + "x" * 2_000_000, ""),
        ("\x00", ""),
    ],
)  # fmt: skip
def test_what_is_no_policy(
    text: str, message: str, server: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    ran = kasc(capsys, "check", server, "--policy", path)
    assert ran.code == 2
    assert "Traceback" not in ran.err
    assert message in ran.err
    assert "bad.yaml" in ran.err
    assert kasc(capsys, "policy", "test", path).code in (1, 2)


def test_what_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = kasc(capsys, "policy", "test", tmp_path / "nothing.yaml")
    assert (ran.code, "no such file" in ran.out) == (2, True)
    assert "use test" in kasc(capsys, "policy", "run", tmp_path).err


def test_a_directory_without_policies(server: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    ran = kasc(capsys, "check", server, "--policy", tmp_path / "empty")
    assert (ran.code, "no policy in" in ran.err) == (2, True)
    ran = kasc(capsys, "check", server, "--policy", "cls")
    assert (ran.code, "did you mean cis?" in ran.err) == (2, True)


def test_a_policy_is_no_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = kasc(capsys, "check", policy_file(tmp_path, STRICT))
    assert ran.code == 2
    assert "the file is a policy" in ran.out
    assert "it is a policy" in kasc(capsys, "check", tmp_path, "-v").err


def test_the_samples(capsys: pytest.CaptureFixture[str]) -> None:
    ran = kasc(capsys, "policy", "test", POLICIES, "--strict")
    assert ran.code == 0, ran.out
    assert ran.out.endswith("8 inputs: no problems\n")
    report = json.loads(kasc(capsys, "policy", "test", POLICIES, "--output", "json").out)
    Draft202012Validator(schema("report.schema.json")).validate(report)
    rules = [each for file in report["files"] for each in file["policies"][0]["controls"]]
    assert len(rules) == 29
    assert {each["status"] for each in rules} == {"pass"}


@pytest.mark.parametrize("path", sorted(POLICIES.glob("*.yaml")), ids=lambda path: path.stem)
def test_editors_accept_the_samples(path: Path) -> None:
    known = schema("policy.schema.json")
    Draft7Validator.check_schema(known)
    content = yaml.safe_load(path.read_text().replace("expires: 20", "expires: !!str 20"))
    Draft7Validator(known).validate(content)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("flags", {"properties": {"profilling": {"const": False}}}), "profilling"),
        (("flags", {"properties": {"profiling": {"konst": False}}}), "konst"),
        (("config", {"properties": {"etcd": {"properties": {"encription": {}}}}}), "encription"),
        (("storage", {"items": {"properties": {"servers": {"items": {"pattern": 1}}}}}), "pattern"),
    ],
)
def test_editors_mark_what_is_misspelled(change: tuple[str, Any], message: str) -> None:
    content = {"apiVersion": "kasc/v1", "kind": "Policy", "metadata": {"name": "a"}, "rules": [STRICT | dict([change])]}
    errors = [
        str(error.absolute_path) + error.message
        for error in Draft7Validator(schema("policy.schema.json")).iter_errors(content)
    ]
    assert any(message in error for error in errors)


@pytest.mark.parametrize(
    ("examples", "code", "message"),
    [
        ({"passes": ["--profiling=true"], "fails": ["--secure-port=1"]}, WRONG, "passes[0] fails: --profiling is true"),
        ({"passes": ["--profiling=false"], "fails": ["--profiling=false"]}, WRONG, "fails[0] passes"),
        ({"passes": ["--profiling=$X"], "fails": ["--profiling"]}, WRONG, "passes[0] is undecided"),
        ({"passes": ["--proffiling=false"], "fails": ["--profiling"]}, WRONG, "not a valid configuration"),
        ({"passes": [{"features": {"profiling": "no"}}], "fails": ["--profiling"]}, WRONG, "not a valid configuration"),
        ({"passes": ["--profiling=false"]}, "KASC-POLICY-008", "no examples under fails"),
        ({"passes": [{"features": {"profiling": False}}], "fails": ["--profiling"]}, "", ""),
    ],
)  # fmt: skip
def test_examples(
    examples: dict[str, Any], code: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = kasc(capsys, "policy", "test", policy_file(tmp_path, STRICT | {"examples": examples}), "--output", "json")
    (file,) = json.loads(ran.out)["files"]
    assert [each["code"] for each in file["diagnostics"]] == ([code] if code else [])
    assert ran.code == (1 if code == WRONG else 0)
    assert all(message in each["message"] for each in file["diagnostics"])


def test_a_test_for_a_version(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    schema = {"flags": {"properties": {"cloud-provider": {"const": "external"}}}}
    examples = {"passes": ["--cloud-provider=external"], "fails": ["--profiling"]}
    own = policy_file(tmp_path, rule(**schema, examples=examples))
    assert "cloud-provider" in kasc(capsys, "policy", "test", own).out
    assert kasc(capsys, "policy", "test", own, "--kubernetes-version", "1.31").code == 0
    selected = policy_file(tmp_path, rule(**schema, examples=examples, select={"versions": ["<=1.32"]}))
    assert kasc(capsys, "policy", "test", selected).code == 0
