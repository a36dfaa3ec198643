"""Documents: which version holds, what is left out, what the flags of extraFlags are."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.inputs.importers.document import is_version
from compiler.review.examine import Settings, examine
from tests.inputs.importers.reading import Read, read
from tests.versions import VERSIONS

HEAD = "apiVersion: kasc/v1\nkind: APIServer\n"
NEEDED = """\
etcd: {etcdServers: [https://a:1]}
authentication: {serviceAccountIssuer: [https://a], serviceAccountKeyFile: [/pki/sa.pub]}
authorization: {authorizationMode: [RBAC]}
misc: {serviceAccountSigningKeyFile: /pki/sa.key, serviceClusterIPRange: 10.0.0.0/24}
generic: {advertiseAddress: 192.0.2.1}
"""


def document(text: str, version: str | None = None) -> Read:
    return read(f"{HEAD}metadata: {{name: a}}\n{text}", "document", version)


@pytest.mark.parametrize(
    ("field", "asked", "checked", "codes"),
    [
        ("", None, VERSIONS[-1], ["KASC-VERSION-001"]),
        ("", "1.33", "1.33", []),
        ('kubernetesVersion: "1.34"\n', None, "1.34", []),
        ("kubernetesVersion: 1.34\n", None, "1.34", []),
        ("kubernetesVersion: v1.34.5\n", None, "1.34", []),
        ('kubernetesVersion: "1.34"\n', "1.32", "1.32", []),
        ("kubernetesVersion: 1.30\n", None, VERSIONS[0], ["KASC-VERSION-002"]),
        ('kubernetesVersion: "1.34"\n', "1.30.2", VERSIONS[0], ["KASC-VERSION-002"]),
        ('kubernetesVersion: "1.34"\n', "v1.35.1", "1.35", []),
    ],
)
def test_the_option_wins_over_the_field_over_the_newest(
    tmp_path: Path, field: str, asked: str | None, checked: str, codes: list[str]
) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(f"{HEAD}metadata: {{name: a}}\n{field}{NEEDED}")
    report = examine(str(path), Settings(version=asked)).report
    assert report.kubernetes_version == checked
    assert [found.code for found in report.diagnostics] == codes


@pytest.mark.parametrize(
    ("image", "asked", "checked"), [("v1.35.1", None, "1.35"), ("v1.35.1", "1.33", "1.33"), ("a", None, VERSIONS[-1])]
)
def test_the_option_wins_over_the_image_over_the_newest(
    tmp_path: Path, image: str, asked: str | None, checked: str
) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(
        f"kind: Pod\nspec: {{containers: [{{image: 'kube-apiserver:{image}', command: [kube-apiserver]}}]}}\n"
    )
    report = examine(str(path), Settings(version=asked)).report
    assert report.kubernetes_version == checked
    assert ("KASC-VERSION-001" in {found.code for found in report.diagnostics}) == (image == "a")


@pytest.mark.parametrize("text", ["1.36", "v1.36", "1.36.2", "v1.9.0"])
def test_a_version(text: str) -> None:
    assert is_version(text)


@pytest.mark.parametrize("text", ["", "v", "1", "2.0", "1.x", "1.36.2.1", "1.36-rc.1", "1.\u0663", "1.99999", "vv1.36"])
def test_no_version(text: str) -> None:
    assert not is_version(text)


def test_flags_come_in_the_order_of_the_server_and_extra_flags_last() -> None:
    got = document(
        "extraFlags: {v: 3}\nmisc: {serviceClusterIPRange: 10.0.0.0/24}\netcd: {etcdServers: [a]}\nlogs: {v: 2}\n"
    )
    assert [flag for flag, _ in got.flags] == ["etcd-servers", "v", "service-cluster-ip-range", "v"]
    assert got.server.arguments[-1].path == "extraFlags.v"


def test_a_key_that_is_missing_refuses_none_that_are_there() -> None:
    got = read("kind: APIServer\netcd: {etcdServers: [http://a]}\n", "document")
    assert set(got.rules) == {"KASC-SCHEMA-003"}
    assert got.flags == [("etcd-servers", "http://a")]


def test_what_the_schema_refuses_is_left_out_with_what_depends_on_it() -> None:
    text = "etcd: {etcdServers: [5, http://a], etcdPrefix: [x]}\nauthentication: {serviceAccountIssuer: [5]}\n"
    got = document(text)
    assert got.flags == [("etcd-servers", "http://a")]
    assert got.server.refused_flags == {"etcd-prefix", "service-account-issuer"}
    assert sorted(got.cut(found.location) for found in got.problems) == ["5", "5", "[x]"]


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        ("'a,b'", ["a,b"]),
        ("[a, b]", ["a", "b"]),
        ("true", ["true"]),
        ("3", ["3"]),
        ("2.5", ["2.5"]),
        ("400.0", ["400"]),
        ("'--v=2'", ["--v=2"]),
        ('"a\\nb"', ["a\nb"]),
        ("''", [""]),
        ("[]", []),
    ],
)
def test_extra_flags_are_flag_text(value: str, texts: list[str]) -> None:
    got = document(f"extraFlags: {{etcd_prefix: {value}}}\n")
    assert got.flags == [("etcd-prefix", text) for text in texts]
    assert got.problems == []


def test_elements_of_extra_flags_have_places() -> None:
    got = document('extraFlags:\n  authorization-mode: "Node,R\\u0042AC"\n  etcd-servers: a,b\n')
    modes, servers = got.server.arguments
    assert got.cut(modes.part(5, 9)) == "R\\u0042AC"
    assert got.cut(servers.part(2, 3)) == "b"
    assert got.cut(modes.name_location) == "authorization-mode"


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        ("{v: {a: 1}}", "KASC-SCHEMA-002"),
        ("{v: [[1]]}", "KASC-SCHEMA-002"),
        ("{--v: 2}", "KASC-SCHEMA-001"),
    ],
)
def test_one_malformed_extra_flag_spoils_no_other(extra: str, code: str) -> None:
    got = document(f"extraFlags: {extra[:-1]}, profiling: false}}\n")
    assert got.flags == [("profiling", "false")]
    assert got.rules == [code]
    assert got.server.refused_flags == {"v"}


CONTENT = "apiVersion: apiserver.config.k8s.io/v1, kind: AuthenticationConfiguration"
POLICY = "apiVersion: audit.k8s.io/v1, kind: Policy, rules: [{level: None}]"


@pytest.mark.parametrize(
    ("text", "hints"),
    [
        ("etcd: {etcdServerzz: null}", ["did you mean etcdServers?"]),
        ("etcd: {etcdServers: null}", []),
        ("metdata: null", ["did you mean metadata?"]),
        ("metadata: {labels: {any: null}}", []),
        ("etcd: {storage-backend: null}", ["write etcd.storageBackend"]),
        (f"authentication: {{authenticationConfig: {{content: {{jtw: , {CONTENT}}}}}}}", ["did you mean jwt?"]),
        ("authentication: {authenticationConfig: {contents: null, source: a}}", ["did you mean content?"]),
        # The server lets unknown fields of this file pass.
        (f"auditing: {{auditPolicyFile: {{content: {{rulez: null, {POLICY}}}}}}}", []),
    ],
)
@pytest.mark.parametrize("parent", [False, True])
def test_a_removal_is_spelled_as_the_key_is(tmp_path: Path, text: str, hints: list[str], parent: bool) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(f"{HEAD}{text}\n")
    if parent:
        path = tmp_path / "b.yaml"
        path.write_text(f"{HEAD}extends: a.yaml\n")
    found = [
        each
        for each in examine(str(path), Settings(version="1.36")).report.of("error")
        if "unknown key" in each.message
    ]
    assert [each.hint for each in found] == hints
    assert all(each.code == "KASC-SCHEMA-001" and each.location.file.endswith("a.yaml") for each in found)  # type: ignore[union-attr]


def test_a_version_without_a_key_may_remove_it(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(f"{HEAD}metadata: {{name: a}}\n{NEEDED}x: 1\n")
    path = tmp_path / "a.yaml"
    path.write_text(f"{HEAD}extends: base.yaml\nx: null\n")
    assert list(examine(str(path), Settings(version="1.36")).report.of("error")) == []
    path.write_text(f"{HEAD}extends: base.yaml\nx: null\nfeatures: {{x: null}}\n")
    (found,) = examine(str(path), Settings(version="1.36")).report.of("error")
    assert (found.code, found.path) == ("KASC-SCHEMA-001", "features.x")


@pytest.mark.parametrize(
    ("value", "places"),
    [
        ("x: .inf", ["AUDP-02 .x"]),
        ("x: {y: [1, -.INF, .nan]}", ["AUDP-02 .x"]),
        ("x: '.inf'", []),
        ("rules: [{level: .inf}]", ["AUDP-02 .rules[0].level"]),
    ],
)
def test_content_holds_what_can_be_json(tmp_path: Path, value: str, places: list[str]) -> None:
    """A server of 1.36 ends with "json: unsupported value: +Inf"."""
    rules = "" if value.startswith("rules") else ", rules: [{level: None}]"
    content = f"{{apiVersion: audit.k8s.io/v1, kind: Policy{rules}, {value}}}"
    path = tmp_path / "a.yaml"
    path.write_text(f"{HEAD}metadata: {{name: a}}\n{NEEDED}auditing: {{auditPolicyFile: {{content: {content}}}}}\n")
    found = examine(str(path), Settings(version="1.36")).report.of("error")
    assert [f"{each.rule} {each.path.partition('.content')[2]}" for each in found] == places


UNKNOWN = """\
apiVersion: kasc/v1
kind: APIServer
kubernetesVersion: "1.36"
etcd: {etcdServers: ["https://${ETCD}:2379"], etcdPrefix: "$$(POD_IP)/$(OTHER)/$(HOME)"}
generic: {advertiseAddress: $(POD_IP)}
deployment:
  env:
  - {name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
  - {name: HOME, value: /root}
  placeholders: ["${ETCD}", $ARGS]
extraFlags: {$ARGS: "", secure-port: "${ETCD}"}
"""


def test_values_that_are_known_only_at_run_time(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(UNKNOWN)
    examined = examine(str(path))
    notes = {(each.code, each.message) for each in examined.report.of("note")}
    assert notes == {
        ("KASC-INPUT-005", "the value of ${ETCD} is unknown; the 2 arguments that use it are not checked"),
        ("KASC-INPUT-005", "the value of $(POD_IP) is unknown; the argument that uses it is not checked"),
        (
            "KASC-INPUT-005",
            "$ARGS may contain any flags: missing ones are not reported, and predictions lack them",
        ),
    }
    assert examined.resolved is not None
    flags = examined.resolved.context.flags
    assert flags.open
    assert flags.unknown == {"advertise-address", "etcd-servers", "secure-port"}
    assert flags.text("etcd-prefix") == "$$(POD_IP)/$(OTHER)/$(HOME)"


def test_without_declaration_a_variable_is_a_plain_value(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(UNKNOWN.partition("deployment:")[0] + 'extraFlags: {secure-port: "${ETCD}"}\n')
    errors = {each.flag for each in examine(str(path)).report.of("error")}
    assert {"advertise-address", "secure-port"} <= errors
