"""Hints that name the cause: characters, quotes, variables and spaces that the server gets as they are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.inputs.arguments import Argument
from compiler.review import clarify
from compiler.review.examine import Settings, examine

NEEDED = """\
--etcd-servers=http://127.0.0.1:2379
--service-cluster-ip-range=10.0.0.0/24
--service-account-issuer=https://a
--service-account-key-file=/a.pub
--service-account-signing-key-file=/a.key
--authorization-mode=RBAC
"""
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  containers:
  - image: registry.k8s.io/kube-apiserver:v1.36.0
    name: kube-apiserver
    command:
    - kube-apiserver
"""
DOCUMENT = """\
apiVersion: kasc/v1
kind: APIServer
kubernetesVersion: "1.36"
metadata: {name: a}
etcd: {etcdServers: [https://a:1]}
authentication: {serviceAccountIssuer: [https://a], serviceAccountKeyFile: [/pki/sa.pub]}
authorization: {authorizationMode: [RBAC]}
"""


def hints(folder: Path, name: str, text: str, read_as: str | None = None) -> list[str]:
    """The hints of the errors in order of their places."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    report = examine(str(path), Settings(read_as=read_as, version="1.36")).report
    return [found.hint for found in report.sorted() if found.severity == "error"]


def of_argument(folder: Path, argument: str) -> list[str]:
    """The hints about one argument of a Pod, next to those that it needs."""
    listed = "".join(f"    - {line}\n" for line in NEEDED.splitlines())
    return hints(folder, "pod.yaml", f"{POD}{listed}    - {argument}\n", "pod")


@pytest.mark.parametrize(
    ("argument", "hint"),
    [
        ("\u2013-anonymous-auth=false", 'write "-" for an en dash (U+2013)'),
        ("\u2014profiling=false", 'write "-" for an em dash (U+2014)'),
        ("--profiling\uff1dfalse", 'write "=" for a fullwidth equals sign (U+FF1D)'),
        ("--max-requests-inflight=\u221210", 'write "-" for a minus sign (U+2212)'),
        ("'--profiling=\u201cfalse\u201d'", "remove a left double quotation mark (U+201C), or write \";"),
        ("--profiling=false\u200b", "remove a zero width space (U+200B)"),
        ("--profiling=false\u00a0", "write a space for a no-break space (U+00A0), or remove it"),
        ("--pr\u043efiling=false", 'write "o" for a cyrillic small letter o (U+043E)'),
        ('--feature-gates="WatchList=true"', "write --feature-gates=WatchList=true"),
        ("--profiling='false'", "remove the quotes, which are part of the value: write --profiling=false"),
        ("'\"--profiling=false\"'", "remove the quotes, which are part of the argument: write --profiling=false"),
        ("--profiling=${PROFILING}", "PROFILING was not substituted"),
        ("--max-requests-inflight={{ .Values.limit }}", "Values.limit was not substituted"),
        ("--request-timeout=<TIMEOUT>", "TIMEOUT was not substituted"),
        ("--audit-log-path /var/log/a.log", "write --audit-log-path=/var/log/a.log"),
        ("--profiling false", "write --profiling=false"),
        ("--feature_gates WatchList=true", "write --feature-gates=WatchList=true"),
        ("--enable-admission-plugins=EventRateLimit;Priority", "enable-admission-plugins=EventRateLimit,Priority"),
        ("--enable-admission-plugins=[NodeRestriction]", "write --enable-admission-plugins=NodeRestriction"),
        ("--feature-gates=WatchList=true;AllAlpha=false", "write --feature-gates=WatchList=true,AllAlpha=false"),
        ("'--feature-gates=WatchList: true'", "write WatchList=true"),
        ("--tls-min-version=TLSv1.2", "write VersionTLS12"),
        ("--insecure-port=0", "remove it: kube-apiserver has no insecure port; clients use --secure-port"),
        ("--feature-gates=APIPriorityAndFairness=false", "set --enable-priority-and-fairness=false"),
        ("--feature-gates=APIPriorityAndFairness=true", "remove APIPriorityAndFairness: its feature is always enabled"),
        ("--runtime-config=api/aplha=true", "did you mean api/alpha?"),
        ("--runtime-config=batch/v2alpha1=true", "it was removed in 1.21; use batch/v1"),
        ("--etcd-servers-overrides=/events#https://a:1,https://b:1", "write /events#https://a:1;https://b:1"),
        ("--etcd-servers-overrides=deployment#https://a:1", "write apps/deployments#https://a:1"),
        ("--watch-cache-sizes=pods:10", "write pods#10"),
        ("--profiling=false --anonymous-auth=false", "write each flag as a separate argument"),
    ],
)  # fmt: skip
def test_an_argument_of_a_pod(tmp_path: Path, argument: str, hint: str) -> None:
    (found,) = of_argument(tmp_path, argument)
    assert hint.rstrip(";") in found


def test_names_and_values_of_a_document(tmp_path: Path) -> None:
    misc = "misc: {serviceAccountSigningKeyFile: /pki/sa.key, serviceClusterIPRange: %s}\n"
    (found,) = hints(tmp_path, "a.yaml", DOCUMENT + misc % "10.0.0.0\u204424")
    assert found == 'write "/" for a fraction slash (U+2044)'
    (found,) = hints(tmp_path, "a.yaml", DOCUMENT + misc % "\u201810.0.0.0/24\u2019")
    assert found.startswith("remove a left single quotation mark (U+2018)")
    (found,) = hints(tmp_path, "a.yaml", DOCUMENT + misc % "\"'10.0.0.0/24'\"")
    assert found == "remove the quotes, which are part of the value: write 10.0.0.0/24"
    (found,) = hints(tmp_path, "a.yaml", DOCUMENT + misc % "10.0.0.0/24, service\u2011nodePortRange: 1-2")
    assert found == 'write "-" for a non-breaking hyphen (U+2011)'


def test_a_syntax_error_names_what_is_on_its_line(tmp_path: Path) -> None:
    (found,) = hints(tmp_path, "a.toml", 'apiVersion = "kasc/v1"\nkind = \u201cAPIServer\u201d\n')
    assert "a left double quotation mark (U+201C)" in found


def test_a_secret_is_not_repeated(tmp_path: Path) -> None:
    text = (
        "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: [secrets]\n"
        "  providers:\n  - secretbox: {keys: [{name: k, secret: '%s'}]}\n  - identity: {}\n"
    )
    for secret in ("pa$WORDx", "$WORD-x", "$WORDx"):
        (found,) = hints(tmp_path, "e.yaml", text % secret, "config-file")
        assert "WORD" not in found
    (found,) = hints(tmp_path, "e.yaml", text % "a\u2013", "config-file")
    assert found == 'write "-" for an en dash (U+2013)'


def test_other_hints_stay(tmp_path: Path) -> None:
    (found,) = of_argument(tmp_path, "--storage-backend=etcd")
    assert found == "did you mean etcd3?"


def test_what_a_misspelled_flag_stands_for_is_not_reported_as_missing(tmp_path: Path) -> None:
    text = NEEDED.replace("--etcd-servers", "--etcd-server") + "--etcd-certfile=/a\n--etcd-keyfle=/b\n"
    assert hints(tmp_path, "a.flags", text, "flags") == ["did you mean --etcd-servers?", "did you mean --etcd-keyfile?"]


def test_a_list_is_searched_for_quotes_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[str] = []

    def count(argument: Argument, _resolved: object) -> str:
        searched.append(argument.flag)
        return ""

    monkeypatch.setattr(clarify, "_quoted", count)
    path = tmp_path / "kube-apiserver.flags"
    path.write_text("--v=2\n--enable-admission-plugins=A,B,C\n")
    report = examine(str(path), Settings()).report
    assert len([each for each in report.of("error") if each.flag == "enable-admission-plugins"]) == 3
    assert searched.count("enable-admission-plugins") == 1
