"""Verdicts are those of the client library of kube-apiserver 1.31, 1.33 and 1.36, which agree on all of this."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from tests.apiserver.config_files.pairs import pair
from tests.apiserver.config_files.running import placed, started

TEXT = """apiVersion: v1
kind: Config
clusters:
- name: c
  cluster: {server: 'https://127.0.0.1:9/x'}
users:
- name: u
  user: {tokenFile: tok}
contexts:
- name: x
  context: {cluster: c, user: u}
current-context: x
"""
FLAG = "--authentication-token-webhook-config-file=/f/sub/kc.yaml"
EXEC = "{command: x, apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never}"
OIDC = "{name: oidc, config: {idp-issuer-url: a, client-id: b}}"
SERVER = "server: 'https://127.0.0.1:9/x'"


def data(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


ONE, OTHER = pair("one"), pair("other")
FILES = {
    "tok": "abc\n",
    "empty": "",
    "spaces": " \n",
    "junk": "junk",
    "ca.crt": ONE.certificate,
    "one.crt": ONE.certificate,
    "one.key": ONE.key,
    "other.key": OTHER.key,
}


def findings(directory: Path, text: str, severity: str = "error") -> list[str]:
    files = {f"sub/{name}": content for name, content in FILES.items()} | {"sub/kc.yaml": text}
    _, report = started(directory, files, FLAG)
    return [placed(result) for result in report.of(severity)]


def with_user(text: str) -> str:
    return TEXT.replace("{tokenFile: tok}", text)


def with_cluster(text: str) -> str:
    return TEXT.replace(f"{{{SERVER}}}", text)


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        TEXT.replace("apiVersion: v1\nkind: Config\n", ""),
        "# c\n---\n" + TEXT + "---\nfoo\n",
        TEXT.replace("clusters:", "preferences: {colors: yes, extensions: [{name: a, extension: 1}]}\nclusters:"),
        TEXT.replace("clusters:", "extensions: [{name: a}, {name: a, extension: {b: c}}]\nclusters:"),
        # Entries that the current context does not select are not checked.
        TEXT + "preferences:\n",
        TEXT.replace("users:", "- {name: d, cluster: {}}\nusers:"),
        TEXT.replace("contexts:", "- {name: v, user: {token: a, password: b, client-certificate: /f/none}}\ncontexts:"),
        TEXT.replace("user: u}", "user: nobody, namespace: 'A B'}"),
        TEXT.replace(", user: u", ""),
        # Entries without a name have the empty name.
        f"clusters: [{{cluster: {{{SERVER}}}}}]",
        f"clusters: [{{cluster: {{{SERVER}}}}}]\ncontexts: [{{context: {{user: u}}}}]",
        # Servers
        with_cluster("{server: 127.0.0.1:9}"),
        with_cluster("{server: 'localhost/'}"),
        with_cluster("{server: 'HTTPS://h'}"),
        with_cluster("{server: 'ftp://h'}"),
        with_cluster("{server: 'https:'}"),
        with_cluster("{server: 'https://h/a/b?c#d'}"),
        with_cluster(f"{{{SERVER}, proxy-url: 'socks5://u:p@h:1'}}"),
        with_cluster(f"{{{SERVER}, tls-server-name: a, insecure-skip-tls-verify: true, disable-compression: true}}"),
        with_cluster(f"{{{SERVER}, certificate-authority: ca.crt}}"),
        with_cluster(f"{{{SERVER}, certificate-authority: ./../sub/ca.crt}}"),
        with_cluster(f"{{{SERVER}, certificate-authority: empty}}"),
        with_cluster(f"{{{SERVER}, certificate-authority-data: {data(ONE.certificate)}}}"),
        with_cluster("{server: 'http://h', certificate-authority: junk, insecure-skip-tls-verify: true}"),
        # Users
        with_user("{}"),
        with_user("{token: a, tokenFile: none}"),
        with_user("{tokenFile: spaces}"),
        with_user("{tokenFile: ''}"),
        with_user("{username: a, password: b}"),
        with_user("{client-certificate: one.crt, client-key: /f/sub/one.key}"),
        # Two files are reloaded, and not compared at startup.
        with_user("{client-certificate: one.crt, client-key: other.key}"),
        with_user("{client-key: /f/none}"),
        with_user(f"{{client-certificate-data: {data(ONE.certificate)}, client-key: one.key}}"),
        with_user(f"{{client-certificate-data: {data(ONE.certificate)}, client-key-data: {data(ONE.key)}, token: a}}"),
        with_user("{as: a, as-uid: b, as-groups: [c], as-user-extra: {d: [e]}}"),
        with_user("{as-uid: '', as-groups: [], as-user-extra: {}}"),
        with_user("{exec: " + EXEC + "}"),
        with_user("{exec: " + EXEC.replace("/v1, interactiveMode: Never", "/v1beta1") + "}"),
        with_user("{exec: " + EXEC.replace("Never", "Always, provideClusterInfo: true, env: [{name: a}]") + "}"),
        with_user("{auth-provider: " + OIDC + "}"),
        with_user("{auth-provider: " + OIDC.replace("a,", "a, idp-certificate-authority: /f/sub/ca.crt,") + "}"),
    ],
)
def test_accepted(tmp_path: Path, text: str) -> None:
    assert findings(tmp_path, text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# nothing\n", "current-context 1:1"),
        ("[]", " 1:1"),
        (TEXT.replace("v1", "v2"), "apiVersion 1:13"),
        (TEXT.replace("Config", "Pod"), "kind 2:7"),
        (TEXT.replace("current-context: x", "current-context: y"), "current-context 12:18"),
        (TEXT.replace("current-context: x", ""), "current-context 1:1"),
        (TEXT.replace("current-context: x", "current-context: 1"), "current-context 12:18"),
        (TEXT.replace("cluster: c,", "cluster: d,"), "contexts[0].context.cluster 11:22"),
        (TEXT.replace("cluster: c,", ""), "contexts[0].context.cluster 11:12"),
        (TEXT.replace("- name: c", "- name: 1"), "clusters[0].name 4:9"),
        (TEXT.replace("clusters:", "clusters: {}\nfoo:"), "clusters 3:11"),
        (TEXT.replace("users:", "- {name: c}\nusers:"), "clusters[1].name 6:10"),
        (TEXT.replace("contexts:", "- {name: u, user: {}}\ncontexts:"), "users[1].name 9:10"),
        (TEXT + "preferences: []\n", "preferences 13:14"),
        (TEXT + "extensions: {}\n", "extensions 13:13"),
        (
            with_cluster(f"{{{SERVER}, extensions: [{{extension: 1}}, {{extension: 2}}]}}"),
            "clusters[0].cluster.extensions[1].name 5:75",
        ),
    ],
)
def test_refused(tmp_path: Path, text: str, expected: str) -> None:
    assert findings(tmp_path, text) == [f"WHA-01 {expected}"]


@pytest.mark.parametrize(
    ("cluster", "expected"),
    [
        ("{}", "server 5:12"),
        ("{server: ''}", "server 5:21"),
        ("{server: 'h/p'}", "server 5:21"),
        ("{server: 'https:/h/p'}", "server 5:21"),
        ("{server: 'https://h:x'}", "server 5:21"),
        ("{server: 'https://h b'}", "server 5:21"),
        ("{server: 1}", "server 5:21"),
        ("{server: 'http://h', proxy-url: h}", "proxy-url 5:44"),
        ("{server: 'http://h', proxy-url: 'socks5h://h'}", "proxy-url 5:44"),
        ("{server: 'http://h', certificate-authority: none}", "certificate-authority 5:56"),
        ("{server: 'https://h', certificate-authority: junk}", "certificate-authority 5:57"),
        ("{server: 'https://h', certificate-authority: one.key}", "certificate-authority 5:57"),
        ("{server: 'https://h', certificate-authority-data: YQ==}", "certificate-authority-data 5:62"),
        ("{server: 'http://h', certificate-authority-data: YQ}", "certificate-authority-data 5:61"),
        (
            "{server: 'http://h', certificate-authority: none, certificate-authority-data: YQ==}",
            "certificate-authority-data 5:90",
        ),
        (
            "{server: 'https://h', insecure-skip-tls-verify: true, certificate-authority: ca.crt}",
            "insecure-skip-tls-verify 5:60",
        ),
    ],
)
def test_cluster_refused(tmp_path: Path, cluster: str, expected: str) -> None:
    assert findings(tmp_path, with_cluster(cluster)) == [f"WHA-01 clusters[0].cluster.{expected}"]


@pytest.mark.parametrize(
    ("user", "plain", "expected"),
    [
        ("{token: a, username: b}", True, "token 8:17"),
        ("{token: a, password: b}", True, "token 8:17"),
        ("{token: 12345}", True, "token 8:17"),
        ("{tokenFile: tok, username: b}", False, "tokenFile 8:21"),
        ("{tokenFile: none}", False, "tokenFile 8:21"),
        ("{tokenFile: empty}", False, "tokenFile 8:21"),
        ("{client-certificate: one.crt}", True, "8:9"),
        ("{client-certificate: none, client-key: one.key}", True, "client-certificate 8:30"),
        ("{client-certificate: one.crt, client-key: none}", True, "client-key 8:51"),
        ("{client-certificate: one.crt, client-key: one.key, client-key-data: YQ==}", True, "client-key-data 8:77"),
        (f"{{client-key: other.key, client-certificate-data: {data(ONE.certificate)}}}", False, "client-key 8:22"),
        ("{client-certificate-data: YQ==, client-key: one.key}", False, "client-certificate-data 8:35"),
        ("{as-uid: a}", True, "as 8:9"),
        ("{as-groups: [a]}", True, "as 8:9"),
        ("{as-user-extra: {a: []}}", True, "as 8:9"),
        ("{as: a, as-user-extra: {a: b}}", True, "as-user-extra.a 8:36"),
        ("{auth-provider: {name: gcp}}", False, "auth-provider.name 8:32"),
        ("{auth-provider: " + OIDC.replace(", client-id: b", "") + "}", False, "auth-provider.config.client-id 8:46"),
        ("{auth-provider: " + OIDC + ", exec: " + EXEC + "}", True, "exec 8:88"),
        ("{exec: {}}", True, "exec.command 8:16 exec.apiVersion 8:16 exec.interactiveMode 8:16"),
        ("{exec: " + EXEC.replace("/v1,", "/v1alpha1,") + "}", False, "exec.apiVersion 8:41"),
        ("{exec: " + EXEC.replace("Never", "never") + "}", True, "exec.interactiveMode 8:91"),
        ("{exec: " + EXEC.replace(", interactiveMode: Never", "") + "}", True, "exec.interactiveMode 8:16"),
        ("{exec: " + EXEC.replace("}", ", env: [{value: a}]}") + "}", True, "exec.env[0].name 8:104"),
    ],
)  # fmt: skip
def test_user_refused(tmp_path: Path, user: str, plain: bool, expected: str) -> None:
    """`plain`: also without TLS."""
    result = findings(tmp_path, with_user(user))
    assert " ".join(result).replace("WHA-01 users[0].user.", "").replace("WHA-01 users[0].user ", "") == expected
    over_http = findings(tmp_path, with_user(user).replace("https:", "http:"))
    assert over_http == (result if plain else [])


def test_unknown_fields_are_ignored_with_a_warning(tmp_path: Path) -> None:
    text = with_cluster(f"{{{SERVER}, certificate-authorty: ca.crt}}")
    assert findings(tmp_path, text) == []
    assert findings(tmp_path, text, "warning") == ["KASC-KUBECONFIG-001 clusters[0].cluster.certificate-authorty 5:46"]


def test_all_errors_are_reported(tmp_path: Path) -> None:
    text = with_cluster("{server: 'a b', proxy-url: x}").replace("{tokenFile: tok}", "{exec: {command: x}, as-uid: a}")
    assert findings(tmp_path, text) == [
        "WHA-01 clusters[0].cluster.server 5:21",
        "WHA-01 clusters[0].cluster.proxy-url 5:39",
        "WHA-01 users[0].user.as 8:9",
        "WHA-01 users[0].user.exec.apiVersion 8:16",
        "WHA-01 users[0].user.exec.interactiveMode 8:16",
    ]


def test_no_secret_is_shown(tmp_path: Path) -> None:
    user = "{token: 12345678, password: [87654321], client-key-data: QUJDREVG!}"
    cluster = "{server: 'https://me:hidden1@h:x', proxy-url: 'x://me:hidden2@h'}"
    files = {"sub/kc.yaml": with_cluster(cluster).replace("{tokenFile: tok}", user)}
    _, report = started(tmp_path, files, FLAG)
    messages = "".join(diagnostic.message + diagnostic.hint for diagnostic in report.of("error"))
    assert messages
    assert not any(secret in messages for secret in ("12345678", "87654321", "QUJDREVG", "hidden1", "hidden2"))


@pytest.mark.parametrize(
    ("flag", "rule", "others"),
    [
        ("--authentication-token-webhook-config-file", "WHA-01", ()),
        ("--authorization-webhook-config-file", "AZ-07", ("--authorization-mode=Webhook",)),
        ("--audit-webhook-config-file", "AUD-11", ("--audit-policy-file=/p",)),
    ],
)
def test_every_use_has_its_rule(tmp_path: Path, flag: str, rule: str, others: tuple[str, ...]) -> None:
    files = {"kc.yaml": TEXT.replace("current-context: x", "current-context: y")}
    _, report = started(tmp_path, files, f"{flag}=/f/kc.yaml", *others)
    assert [placed(diagnostic) for diagnostic in report.of("error")] == [f"{rule} current-context 12:18"]
    _, report = started(tmp_path, files, f"{flag}=/f/none.yaml", *others)
    assert [diagnostic.rule for diagnostic in report.of("error")] == [rule]
