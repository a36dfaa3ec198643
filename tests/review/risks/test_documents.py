"""Risks that only documents or Pods have, and what keeps a risk from being told."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

from compiler.review.risks.placeholders import _PLACEHOLDER
from tests.cli.running import SAMPLES, kasc
from tests.review.risks.telling import DOCUMENT, of_document

ISSUER = "serviceAccountIssuer: [https://a]"
CHILD = """\
apiVersion: kasc/v1
kind: APIServer
kubernetesVersion: "1.36"
metadata: {name: child}
extends: [base.yaml]
"""


def test_nothing_is_said_of_a_sound_document(tmp_path: Path) -> None:
    assert of_document(tmp_path, DOCUMENT) == []


@pytest.mark.parametrize("path", [*sorted(SAMPLES.rglob("apiserver.*")), SAMPLES / "minimal.yaml"], ids=str)
def test_nothing_is_said_of_the_samples(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if "base" not in path.parts:
        assert kasc(capsys, "check", "--strict", path) == (0, "1 input: no problems\n", "")


@pytest.mark.parametrize("form", ["yaml", "toml"])
def test_nothing_is_said_of_a_new_document(form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / f"new.{form}"
    path.write_text(kasc(capsys, "init", "--format", form).out)
    assert kasc(capsys, "check", path).out == "1 input: no problems\n"


@pytest.mark.parametrize(
    ("child", "severity"),
    [
        ("[https://a]", ""),
        ("[https://a, https://b]", ""),
        ("[https://b, https://a]", "note"),
        ("[https://b]", "warning"),
    ],
)
def test_a_child_that_changes_the_first_issuer(
    child: str, severity: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "base.yaml").write_text(DOCUMENT)
    path = tmp_path / "child.yaml"
    path.write_text(f"{CHILD}authentication:\n  serviceAccountIssuer: {child}\n")
    (file,) = json.loads(kasc(capsys, "check", "--output", "json", path).out)["files"]
    found = [(each["code"], each["severity"], each["line"], each["column"]) for each in file["diagnostics"]]
    assert found == ([("KASC-RISK-001", severity, 7, 26)] if severity else [])
    assert file["outcome"] == "accept"


def test_a_child_that_gives_the_first_issuer(tmp_path: Path) -> None:
    base = DOCUMENT.replace(f"{ISSUER}, ", "")
    child = f"{CHILD}authentication: {{{ISSUER}}}\n"
    assert of_document(tmp_path, child, base=base) == []


def test_the_layer_before_counts(tmp_path: Path) -> None:
    middle = f"{CHILD.replace('child', 'middle')}authentication: {{serviceAccountIssuer: [https://b]}}\n"
    child = CHILD.replace("base.yaml", "middle.yaml")
    told = of_document(tmp_path, child, base=DOCUMENT, middle=middle)
    assert told == ["RISK-01 authentication.serviceAccountIssuer[0] 6:41"]
    child += "authentication: {serviceAccountIssuer: [https://b]}\n"
    assert of_document(tmp_path, child, base=DOCUMENT, middle=middle) == []


def test_anonymous_requests_that_the_probes_need(tmp_path: Path) -> None:
    off = DOCUMENT.replace("authentication: {", "authentication: {anonymousAuth: false, ")
    assert of_document(tmp_path, off) == ["RISK-06 authentication.anonymousAuth 7:33"]
    told = of_document(tmp_path, off.replace("false", "true"))
    assert told == []


POD = """\
apiVersion: v1
kind: Pod
metadata: {name: kube-apiserver}
spec:
  containers:
  - name: kube-apiserver
    image: registry.k8s.io/kube-apiserver:v1.36.0
    command: [kube-apiserver, --etcd-servers=https://a:1, --authorization-mode=RBAC, --anonymous-auth=false,
      --service-account-issuer=https://a, --service-account-key-file=/k, --service-account-signing-key-file=/k,
      --service-cluster-ip-range=10.0.0.0/24, --advertise-address=192.0.2.1]
    ports: [{name: https, containerPort: 6443}]
    livenessProbe: PROBE
    volumeMounts: [{name: k, mountPath: /k}]
  volumes: [{name: k, hostPath: {path: /k}}]
"""
PROBE = "{httpGet: {path: /livez, port: 6443, scheme: HTTPS}}"


@pytest.mark.parametrize(
    ("probe", "told"),
    [
        (PROBE, ["RISK-06 livenessProbe.httpGet.path 12:37"]),
        (PROBE.replace("6443", "https"), ["RISK-06 livenessProbe.httpGet.path 12:37"]),
        (PROBE.replace("scheme", "httpHeaders: [{name: authorization, value: Bearer x}], scheme"), []),
        ("{tcpSocket: {port: 6443}}", []),
        ("{httpGet: []}", []),
    ],
)
def test_probes_of_a_pod(probe: str, told: list[str], tmp_path: Path) -> None:
    assert of_document(tmp_path, POD.replace("PROBE", probe)) == told
    assert of_document(tmp_path, POD.replace("PROBE", probe).replace("--anonymous-auth=false,", "")) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a-${DOMAIN}.example", "${DOMAIN}"),
        ("a-${DOMAIN:-local}", "${DOMAIN:-local}"),
        ("a-$(DOMAIN)", "$(DOMAIN)"),
        ("$DOMAIN/x", "$DOMAIN"),
        ("a.{{ domain }}.{{ tld }}", "{{ domain }}"),
        ("{{ a {{ b }}", "{{ b }}"),
        ("{{{ a }}}", "{{{ a }}"),
        ("a.{{ b", ""),
        ("${A:-${B}}", "${B}"),
        ("<DOMAIN-NAME>", "<DOMAIN-NAME>"),
        ("a__DOMAIN__", "__DOMAIN__"),
        ("a__b", ""),
        ("a$1", ""),
        ("${", ""),
        ("a<b>", ""),
        ("{a: {b}}", ""),
    ],
)
def test_places_that_were_not_filled_in(
    text: str, found: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(DOCUMENT.replace("generic: {", f'generic: {{externalHostname: "{text}", '))
    (file,) = json.loads(kasc(capsys, "check", "--output", "json", path).out)["files"]
    line = path.read_text().split("\n")[4]
    told = [(each["code"], line[each["column"] - 1 : each["endColumn"] - 1]) for each in file["diagnostics"]]
    assert told == ([("KASC-RISK-090", found)] if found else [])


@pytest.mark.parametrize("sign", ["{", "${a", "$(a", "{{a", "<A", "__A", "$AA"])
def test_signs_of_places_are_searched_in_linear_time(sign: str) -> None:
    start = time.process_time()
    re.search(_PLACEHOLDER, sign * 200_000)
    assert time.process_time() - start < 1


def test_places_in_one_element_of_a_list(tmp_path: Path) -> None:
    text = DOCUMENT.replace("[https://a:1]}\nauth", '[https://a:1, "https://${B}"]}\nauth')
    assert of_document(tmp_path, text) == ["RISK-90 etcd.etcdServers 6:35"]


def test_places_in_structured_files_and_no_secret_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata, users: ['${USER}']}]\n"
    text = DOCUMENT + "auditing: {auditLogPath: /a.log, auditPolicyFile: {source: policy.yaml}}\n"
    assert of_document(tmp_path, text, policy=policy) == ["RISK-90 rules[0].users[0] 3:35"]
    password = DOCUMENT.replace("https://a:1]}\nauth", "'https://root:pa$SWORD@a:1']}\nauth")
    (tmp_path / "b.yaml").write_text(password)
    ran = kasc(capsys, "check", "--output", "json", tmp_path / "b.yaml")
    assert "RISK-090" in ran.out
    assert "SWORD" not in ran.out


def test_what_is_missing_is_not_told_beside_errors(tmp_path: Path) -> None:
    wrong = DOCUMENT.replace("authorizationMode: [RBAC]", "authorizationMod: [Node]").replace(
        "generic: {", "generic: {requestTimeout: 0s, "
    )
    assert of_document(tmp_path, wrong) == ["RISK-70 generic.requestTimeout 5:27"]


def test_what_an_unknown_value_may_hold_is_not_told(tmp_path: Path) -> None:
    text = POD.replace("PROBE", "{tcpSocket: {port: 6443}}").replace("--authorization-mode=RBAC, ", '"$(MODE)", ')
    known = text.replace("    ports:", "    env: [{name: MODE, value: --authorization-mode=Node}]\n    ports:")
    assert [told.split()[0] for told in of_document(tmp_path, known)] == ["RISK-12", "RISK-13", "RISK-63"]
    unknown = text.replace("    ports:", "    env: [{name: MODE, valueFrom: {fieldRef: {fieldPath: a}}}]\n    ports:")
    assert of_document(tmp_path, unknown) == []
