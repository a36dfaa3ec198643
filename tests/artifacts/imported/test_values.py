"""Flag text as typed values: only what a document lowers to the same text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.artifacts.imported.values import typed_value
from compiler.inputs import Host
from compiler.review.examine import Settings
from compiler.upstream.catalog import catalog
from compiler.upstream.catalog.facts import FlagSpec
from tests.artifacts.imported.importing import FORMS, difference

KNOWN = catalog("1.36")
TYPED: list[tuple[str, list[str], Any]] = [
    ("profiling", ["false"], False),
    ("profiling", ["False"], None),
    ("profiling", ["0"], None),
    ("secure-port", ["6443"], 6443),
    ("secure-port", ["06443"], None),
    ("secure-port", ["+6443"], None),
    ("goaway-chance", ["0.001"], 0.001),
    ("goaway-chance", ["1e-3"], None),
    ("goaway-chance", ["0"], 0),
    ("request-timeout", ["5m"], "5m"),
    ("request-timeout", ["5m0s"], "5m0s"),
    ("log-text-info-buffer-size", ["1024"], 1024),
    ("log-text-info-buffer-size", ["1Ki"], "1Ki"),
    ("etcd-prefix", [""], ""),
    ("etcd-prefix", ["true"], "true"),
    ("etcd-servers", ["https://a:1,https://b:2"], ["https://a:1", "https://b:2"]),
    ("etcd-servers", ["https://a:1", "https://b:2"], None),
    ("etcd-servers", ['"https://a:1"'], None),
    ("enable-admission-plugins", ['A,"B,C"'], ["A", "B,C"]),
    ("api-audiences", [""], []),
    ("feature-gates", ["A=true,B=false"], {"A": True, "B": False}),
    ("feature-gates", ["A=true", "B=false"], None),
    ("feature-gates", ["A=true,A=false"], None),
    ("feature-gates", ["A=True"], None),
    ("feature-gates", ["kube:A=true"], {"kube:A": True}),
    ("feature-gates", ["A=true,"], None),
    ("runtime-config", ["api/all=true,apps/v1=x"], {"api/all": True, "apps/v1": "x"}),
    ("runtime-config", ["api/all"], None),
    ("service-account-key-file", ["/a", "/b"], ["/a", "/b"]),
    ("service-account-issuer", ["a,b"], ["a,b"]),
    ("oidc-required-claim", ["a=b=c", "d="], {"a": "b=c", "d": ""}),
    ("oidc-required-claim", ["a=b", "a=c"], None),
    ("tls-sni-cert-key", ["/a,/b:c,d", "/e,/f"], [
        {"certFile": "/a", "keyFile": "/b", "names": ["c", "d"]}, {"certFile": "/e", "keyFile": "/f"}
    ]),
    ("tls-sni-cert-key", ["/a, /b"], None),
    ("etcd-servers-overrides", ["/events#https://a:1;https://b:2"], [
        {"resource": "/events", "servers": ["https://a:1", "https://b:2"]}
    ]),
    ("watch-cache-sizes", ["pods#10,nodes#20"], {"pods": 10, "nodes": 20}),
    ("watch-cache-sizes", ["pods#010"], None),
    ("allow-metric-labels", ["m,l=a"], {"m,l": ["a"]}),
    ("allow-metric-labels", ['"m,l=a,b"'], None),
    ("audit-policy-file", ["/a"], "/a"),
]  # fmt: skip


@pytest.mark.parametrize(("flag", "texts", "value"), TYPED, ids=lambda each: str(each)[:40])
def test_values(flag: str, texts: list[str], value: Any) -> None:
    found = typed_value(KNOWN, KNOWN.flags[flag], texts)
    assert found == value
    assert type(found) is type(value)


PARTS = st.sampled_from(
    [
        *[*"ab1=,:;#\"' \\$(){}/.-", "true", "false", "/events", "https://a:1", "RBAC", "10", "5m", "0.5", "AllAlpha"],
        *["\t", "é", "\u0085", "\u2028", "🐙", "- ", "# ", "${X}", "$(POD_IP)", "~", "null", "&a", "*a", "[[", '"""'],
    ]
)
TEXTS = st.lists(PARTS, max_size=6).map("".join)
SPECS = st.sampled_from(sorted(KNOWN.flags.values()))


@st.composite
def flags(draw: st.DrawFn) -> list[str]:
    """Return a command line that may be accepted: few flags have arbitrary values, and some appear twice."""
    lines = [
        "--etcd-servers=http://127.0.0.1:2379",
        "--service-account-issuer=https://a",
        "--service-account-key-file=/a.pub",
        "--service-account-signing-key-file=/a.key",
        "--service-cluster-ip-range=10.0.0.0/24",
    ]
    for spec in draw(st.lists(SPECS, max_size=4)):
        texts = draw(st.lists(st.one_of(TEXTS, likely(spec)), min_size=1, max_size=3))
        lines += [f"--{spec.name}={text}" for text in texts]
    return lines


def likely(spec: FlagSpec) -> st.SearchStrategy[str]:
    """Return values that a flag of this type accepts."""
    values = {
        "bool": ["true", "false", "T", "0"],
        "duration": ["5m", "1m30s", "300s", "0"],
        "stringSlice": ["a,b", '"a,b",c', ""],
        "colonSeparatedMultimapStringString": ["AllBeta=false", "AllAlpha=false,AllBeta=true"],
        "configurationMap": ["api/all=true", "api/beta=false,api/ga=true"],
        "ip": ["10.0.0.1", "::1"],
    }
    return st.sampled_from(values.get(spec.type, ["1", "10", "/a", "a=b"]))


@settings(max_examples=60)
@given(lines=flags(), form=st.sampled_from(FORMS))
def test_any_flags(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str], lines: list[str], form: str
) -> None:
    directory = tmp_path_factory.mktemp("flags")
    path: Path = directory / "kube-apiserver.args"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    assert difference(capsys, path, Settings("argv", "1.36", Host()), form) == ""
