"""Any content of a structured file has a verdict with locations in that file and without secrets."""

from __future__ import annotations

import copy
import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.cli.reporters.text import render
from tests.apiserver.config_files.running import started

KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "preferences": {"extensions": [{"name": "a", "extension": 1}]},
    "clusters": [{"name": "c", "cluster": {"server": "https://h", "proxy-url": "http://p"}}],
    "users": [
        {
            "name": "u",
            "user": {
                "token": "s3cret",
                "client-certificate-data": "YQ==",
                "client-key-data": "s3cret",
                "as-user-extra": {"a": ["b"]},
                "exec": {"command": "x", "apiVersion": "v", "env": [{"name": "a"}]},
            },
        }
    ],
    "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
    "current-context": "x",
}
AUTHENTICATION = {
    "apiVersion": "apiserver.config.k8s.io/v1",
    "kind": "AuthenticationConfiguration",
    "anonymous": {"enabled": True, "conditions": [{"path": "/livez"}]},
    "jwt": [
        {
            "issuer": {
                "url": "https://a",
                "discoveryURL": "https://b",
                "audiences": ["a"],
                "certificateAuthority": "x",
            },
            "claimValidationRules": [{"claim": "a", "requiredValue": "b"}, {"expression": "claims.a"}],
            "claimMappings": {
                "username": {"expression": "claims.email"},
                "groups": {"claim": "g", "prefix": ""},
                "uid": {"claim": "u"},
                "extra": [{"key": "a.b/c", "valueExpression": "claims.c"}],
            },
            "userValidationRules": [{"expression": "user.username != ''"}],
        }
    ],
}
WEBHOOK = {
    "timeout": "3s",
    "authorizedTTL": "5m",
    "cacheAuthorizedRequests": True,
    "subjectAccessReviewVersion": "v1",
    "failurePolicy": "Deny",
    "connectionInfo": {"type": "KubeConfigFile", "kubeConfigFile": "/etc/kubeconfig"},
    "matchConditionSubjectAccessReviewVersion": "v1",
    "matchConditions": [{"expression": "request.user == 'a'"}, {"expression": "request.groups[0]"}],
}
AUTHORIZATION = {
    "apiVersion": "apiserver.config.k8s.io/v1",
    "kind": "AuthorizationConfiguration",
    "authorizers": [
        {"type": "Webhook", "name": "a", "webhook": WEBHOOK},
        {"type": "ABAC", "name": "abac"},
        {"type": "RBAC", "name": "rbac"},
    ],
}
POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "metadata": {"name": "a", "labels": {"a": "b"}, "creationTimestamp": "2026-01-01T00:00:00Z"},
    "omitStages": ["Panic"],
    "rules": [
        {"level": "None", "nonResourceURLs": ["/a*"], "verbs": ["get"], "userGroups": ["a"]},
        {"level": "Request", "resources": [{"group": "apps", "resources": ["a"], "resourceNames": ["b"]}]},
        {"level": "Metadata", "namespaces": ["a"], "omitManagedFields": True, "omitStages": ["ResponseStarted"]},
    ],
}
_TEXTS = st.sampled_from(["", "a", "https://u:s3cret@h", "claims.", "%", "[", "a\nb", "\u2028", "é" * 200])
_KEYS = st.sampled_from(["", "a", "name", "claim", "expression", "é", "a b"])
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3),
    max_leaves=5,
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Yield every container in a value with each of its keys."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    return [(value, key) for key in keys] + [place for key in keys for place in places(value[key])]


@st.composite
def changed(draw: st.DrawFn, base: dict[str, Any]) -> dict[str, Any]:
    """Return files with one or two values replaced, removed or repeated."""
    result = copy.deepcopy(base)
    for _ in range(draw(st.integers(1, 2))):
        there = places(result)
        if not there:
            break
        holder, key = draw(st.sampled_from(there))
        how = draw(st.integers(0, 4))
        if how == 0:
            del holder[key]
        elif how == 1 and isinstance(holder, list):
            holder.append(copy.deepcopy(holder[key]))
        else:
            holder[key] = draw(_VALUES)
    return result


def check(content: dict[str, Any], flag: str, *drop: str) -> None:
    text = json.dumps(content, indent=1)
    with tempfile.TemporaryDirectory() as directory:
        _, report = started(Path(directory), {"file": text}, f"{flag}=/f/file", drop=drop)
        lines = text.split("\n")
        for diagnostic in report.of("error"):
            where = diagnostic.location
            assert where is not None
            assert where.file == f"{directory}/file"
            assert 1 <= where.line <= len(lines)
            assert 1 <= where.column <= len(lines[where.line - 1]) + 1
            assert diagnostic.message
            assert diagnostic.hint
        assert "s3cret" not in render([report])


@settings(max_examples=60)
@given(changed(KUBECONFIG))
def test_kubeconfigs(content: dict[str, Any]) -> None:
    check(content, "--authentication-token-webhook-config-file")


@settings(max_examples=60)
@given(changed(AUTHENTICATION))
def test_authentication_configs(content: dict[str, Any]) -> None:
    check(content, "--authentication-config")


@settings(max_examples=60)
@given(changed(AUTHORIZATION))
def test_authorization_configs(content: dict[str, Any]) -> None:
    check(content, "--authorization-config", "--authorization-mode")


@settings(max_examples=60)
@given(changed(POLICY))
def test_audit_policies(content: dict[str, Any]) -> None:
    check(content, "--audit-policy-file")
