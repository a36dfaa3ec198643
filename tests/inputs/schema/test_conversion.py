"""The hint for a value of the wrong type shows a valid value that results in the same flags."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.diagnostics import Report
from compiler.review.examine import Examined, Settings, examine

HEAD = 'apiVersion: kasc/v1\nkind: APIServer\nkubernetesVersion: "1.35"\nmetadata: {name: a}\n'
NEEDED = {
    "etcd": {"etcdServers": "[https://a:1]"},
    "authentication": {"serviceAccountIssuer": "[https://a]", "serviceAccountKeyFile": "[/a.pub]"},
    "authorization": {"authorizationMode": "[RBAC]"},
    "misc": {"serviceAccountSigningKeyFile": "/a.key", "serviceClusterIPRange": "10.0.0.0/24"},
}


def examined(directory: Path, option: str, value: str) -> Examined:
    """Return a valid document except for one option, given as `etcd.etcdServers`."""
    groups = {group: dict(options) for group, options in NEEDED.items()}
    group, key = option.split(".")
    groups.setdefault(group, {})[key] = value
    text = HEAD + "".join(
        f"{name}:\n" + "".join(f"  {each}: {given}\n" for each, given in options.items())
        for name, options in groups.items()
    )
    path = directory / "a.yaml"
    path.write_text(text)
    return examine(str(path), Settings())


def errors(report: Report) -> list[str]:
    return [f"{result.code}: {result.hint}" for result in report.of("error")]


@pytest.mark.parametrize(
    ("option", "value", "shown", "texts"),
    [
        ("etcd.etcdServers", "https://a:1,https://b:1", '["https://a:1", "https://b:1"]', ["https://a:1,https://b:1"]),
        ("etcd.etcdServers", "'https://a:1 https://b:1'", '["https://a:1", "https://b:1"]', None),
        ("etcd.etcdServers", "'[\"https://a:1\"]'", '["https://a:1"]', ["https://a:1"]),
        ("authentication.serviceAccountIssuer", "https://a", '["https://a"]', ["https://a"]),
        ("authentication.serviceAccountIssuer", "https://a, https://b", '["https://a", "https://b"]', None),
        ("authorization.authorizationMode", "{Node: true, RBAC: true}", '["Node", "RBAC"]', ["Node,RBAC"]),
        ("generic.featureGates", "[WatchList=true, AllAlpha=false]", "{WatchList: true, AllAlpha: false}", None),
        ("generic.featureGates", "WatchList=true", "{WatchList: true}", ["WatchList=true"]),
        ("generic.featureGates", "[WatchList: true]", "{WatchList: true}", ["WatchList=true"]),
        ("generic.featureGates", "[WatchList]", "{WatchList: true}", ["WatchList=true"]),
        ("apiEnablement.runtimeConfig", "[api/beta=true, apps/v1]", "{api/beta: true, apps/v1: true}", None),
        ("etcd.watchCacheSizes", "['events#0', pods=10]", "{events: 0, pods: 10}", ["events#0,pods#10"]),
        (
            "etcd.etcdServersOverrides",
            "/events#https://a:1;https://b:1",
            '[{resource: "/events", servers: ["https://a:1", "https://b:1"]}]',
            ["/events#https://a:1;https://b:1"],
        ),
        (
            "etcd.etcdServersOverrides",
            "{/events: [https://a:1]}",
            '[{resource: "/events", servers: ["https://a:1"]}]',
            ["/events#https://a:1"],
        ),
        (
            "secureServing.tlsSNICertKey",
            "/a.crt,/a.key:foo",
            '[{certFile: "/a.crt", keyFile: "/a.key", names: ["foo"]}]',
            ["/a.crt,/a.key:foo"],
        ),
        ("misc.serviceClusterIPRange", "[10.0.0.0/24, 'fd00::/108']", '"10.0.0.0/24,fd00::/108"', None),
        ("misc.serviceClusterIPRange", "[10.0.0.0/24]", '"10.0.0.0/24"', ["10.0.0.0/24"]),
        ("features.profiling", "0", "false", ["false"]),
        ("features.profiling", "'off'", "false", ["false"]),
        ("generic.maxRequestsInflight", "1k", "1000", ["1000"]),
        ("generic.minRequestTimeout", "30m", "1800", ["1800"]),
    ],
)  # fmt: skip
def test_the_suggested_value_is_valid(
    tmp_path: Path, option: str, value: str, shown: str, texts: list[str] | None
) -> None:
    (result,) = errors(examined(tmp_path, option, value).report)
    assert result.startswith("KASC-SCHEMA-002: write ")
    assert shown in result
    after = examined(tmp_path, option, shown)
    assert errors(after.report) == []
    if texts is not None and after.resolved is not None:
        flags = after.resolved.context.flags.arguments
        assert texts in [[use.text for use in uses] for uses in flags.values()]


def test_toml_tables(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text('apiVersion = "kasc/v1"\nkind = "APIServer"\n[secureServing.tlsSNICertKey]\ncertFile = "a"\n')
    result = examine(str(path), Settings()).report.of("error")
    assert "write [[secureServing.tlsSNICertKey]] for each element" in [each.hint for each in result]


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("True", "write true"),
        ("no", 'write false, or "no" for a string'),
        ("null", "remove the key: TOML has no null"),
        ("10.0.0.1", 'quote the string: allowPrivileged = "10.0.0.1"'),
        ("1m", 'quote the string: allowPrivileged = "1m"'),
        ("010", 'write 10, or "010" for a string'),
        ("[a, b]", 'quote strings: key = "value"'),
    ],
)
def test_bare_toml_values(tmp_path: Path, value: str, hint: str) -> None:
    path = tmp_path / "a.toml"
    path.write_text(f'apiVersion = "kasc/v1"\n[misc]\nallowPrivileged = {value}\n')
    (diagnostic,) = examine(str(path), Settings()).report.of("error")
    assert diagnostic.hint == hint


def test_a_bare_secret_is_not_repeated(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text('apiVersion = "kasc/v1"\n[misc]\nsecret = canary\n')
    (diagnostic,) = examine(str(path), Settings()).report.of("error")
    assert "canary" not in diagnostic.hint


def test_a_wrapper_is_the_only_error(tmp_path: Path) -> None:
    inner = "".join(
        f"  {group}:\n" + "".join(f"    {key}: {value}\n" for key, value in options.items())
        for group, options in NEEDED.items()
    )
    path = tmp_path / "a.yaml"
    path.write_text(f'apiVersion: kasc/v1\nkind: APIServer\nspec:\n  kubernetesVersion: "1.33"\n{inner}')
    report = examine(str(path), Settings()).report
    hint = "move kubernetesVersion, etcd, authentication, authorization, misc out of spec, to the top level"
    assert errors(report) == [f"KASC-SCHEMA-001: {hint}"]
    assert report.kubernetes_version == "1.33"


@pytest.mark.parametrize(
    "text",
    [
        "etcd: {etcdServer: [https://a:1]}\n",
        "etcdServers: [https://a:1]\n",
        "misc: {etcdServers: [https://a:1]}\n",
        "etcdd: {etcdServers: [https://a:1]}\n",
        "etcd: {etcd-servers: [https://a:1]}\n",
        "etcd: {etcdServers: {a: b}}\n",
    ],
)
def test_a_misspelled_key_is_not_reported_as_missing(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(HEAD + text)
    codes = [diagnostic.code for diagnostic in examine(str(path), Settings()).report.of("error")]
    assert "KASC-ETCD-001" not in codes
    assert "KASC-SA-001" in codes


@pytest.mark.parametrize(
    ("option", "element", "shown"),
    [
        ("etcd.etcdServersOverrides", "/events#https://a:1", '{resource: "/events", servers: ["https://a:1"]}'),
        ("secureServing.tlsSNICertKey", "/a.crt,/a.key", '{certFile: "/a.crt", keyFile: "/a.key"}'),
    ],
)
def test_an_element_written_in_flag_syntax(tmp_path: Path, option: str, element: str, shown: str) -> None:
    assert errors(examined(tmp_path, option, f"['{element}']").report) == [f"KASC-SCHEMA-002: write {shown}"]
    assert errors(examined(tmp_path, option, f"[{shown}]").report) == []
