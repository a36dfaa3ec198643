"""The flags: in registration order, and the same server when they are read back, spelled out or not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from compiler import compile_document
from compiler import resolve as resolve_input
from compiler.apiserver.startup import Resolved
from compiler.artifacts.flags import render
from compiler.review.examine import Settings, examine
from compiler.upstream.catalog import catalog
from tests.artifacts.compiling import HOST, ROOT, SAMPLES, document, resolve, resolve_file
from tests.recordings import facts
from tests.versions import VERSIONS


def read_back(text: str, version: str, folder: Path) -> Resolved:
    path = folder / "kube-apiserver.flags"
    path.write_text(text)
    found = examine(str(path), Settings("argv", version, HOST))
    assert found.resolved is not None
    return found.resolved


def names(text: str) -> list[str]:
    return [line.partition("=")[0].removeprefix("--") for line in text.splitlines()]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
@pytest.mark.parametrize("explicit", [False, True])
def test_reading_them_back_gives_the_same_server(sample: Path, explicit: bool, tmp_path: Path) -> None:
    resolved = resolve_file(sample)
    # What the document carries itself is unknown to whoever reads flags alone.
    unknown = {"etcd.encryption.kms", "authentication.anonymous", "authentication.authenticators", "openAPI.security"}
    again = read_back(render(resolved, explicit), resolved.context.catalog.version, tmp_path)
    carried = bool(resolved.context.input.files)
    for path, value in resolved.config.settings().items():
        if carried and (path in unknown or path.startswith(("authentication.", "authorization."))):
            continue
        assert again.config.settings()[path] == value, path


@pytest.mark.parametrize("version", VERSIONS)
def test_order_is_that_of_the_catalog(version: str, tmp_path: Path) -> None:
    text = render(resolve(document(version), tmp_path), explicit=True)
    order = list(catalog(version).flags)
    assert names(text) == sorted(names(text), key=order.index)
    assert len(names(text)) > 60


def test_order_is_that_of_the_recorded_server(tmp_path: Path) -> None:
    order = [flag["name"] for group in facts("1.36")["flagSets"] for flag in group["flags"]]
    text = render(resolve(document(), tmp_path), explicit=True)
    assert names(text) == sorted(names(text), key=order.index)


def test_only_what_was_set(tmp_path: Path) -> None:
    assert render(resolve(document(), tmp_path)).splitlines() == [
        "--etcd-servers=http://127.0.0.1:2379",
        "--service-account-key-file=/pki/sa.pub",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--authorization-mode=Node,RBAC",
        "--service-account-signing-key-file=/pki/sa.key",
        "--service-cluster-ip-range=10.0.0.0/24",
    ]


def test_explicit_leaves_out_what_would_change_the_server(tmp_path: Path) -> None:
    """Some flags mean something by being there; some are hidden, deprecated or have no value."""
    found = names(render(resolve(document(), tmp_path), explicit=True))
    for name in (
        "anonymous-auth",
        "oidc-username-claim",
        "authorization-webhook-version",
        "admission-control",
        "default-watch-cache-size",
        "kubelet-port",
        "apiserver-count",
        "version",
        "help",
        "tls-cert-file",
    ):
        assert name not in found


@pytest.mark.parametrize(
    ("sections", "lines"),
    [
        ({"features": {"profiling": False}}, ["--profiling=false"]),
        (
            {"authentication": {"serviceAccountIssuer": ["https://b", "https://a"]}},
            ["--service-account-issuer=https://b", "--service-account-issuer=https://a"],
        ),
        ({"generic": {"requestTimeout": "90s"}}, ["--request-timeout=90s"]),
        (
            {"secureServing": {"tlsSNICertKey": [{"certFile": "/a", "keyFile": "/b", "names": ["x", "y"]}]}},
            ["--tls-sni-cert-key=/a,/b:x,y"],
        ),
        ({"etcd": {"etcdServers": ["http://a:1", "http://b:2"]}}, ["--etcd-servers=http://a:1,http://b:2"]),
        (
            {"etcd": {"etcdServersOverrides": [{"resource": "/events", "servers": ["http://a:1", "http://b:2"]}]}},
            ["--etcd-servers-overrides=/events#http://a:1;http://b:2"],
        ),
        ({"etcd": {"watchCacheSizes": {"pods": 0}}}, ["--watch-cache-sizes=pods#0"]),
        ({"extraFlags": {"v": 4}}, ["--v=4"]),
    ],
)
def test_lines(sections: dict[str, dict[str, Any]], lines: list[str], tmp_path: Path) -> None:
    found = render(resolve(document(**sections), tmp_path)).splitlines()
    assert [line for line in found if line in lines] == lines


VALUES = st.lists(
    st.sampled_from([*"aZ0.-_/=,;#$'\"\\ {}()*&|<>!~`?%[]\u00e9", "--a", " #", "$A", "${A}", " \\"]),
    min_size=1,
    max_size=8,
).map("".join)


@settings(max_examples=50, deadline=None)
@given(st.lists(VALUES, min_size=4, max_size=4))
@example(["\\", "'", '"q"', "x "])
@example([" \\", "a \\", " #a", "$HOME"])
@example(["kube-apiserver", "# a", "'a", "--v=2"])
def test_the_kind_of_what_is_written_is_detected_and_read_back_to_the_byte(values: list[str]) -> None:
    made = document(
        etcd={"etcdPrefix": values[0]},
        secureServing={"certDir": values[1]},
        generic={"externalHostname": values[2]},
        authentication={"serviceAccountIssuer": [values[3]]},
    )
    compiled = compile_document("a.json", emit=["flags"], texts={"a.json": json.dumps(made)})
    assume(compiled.files)
    (written,) = compiled.files.values()
    name = "kube-apiserver.flags"
    again = resolve_input(name, Settings(version="1.36"), texts={name: written})
    assert again.report.read_as == "argv"
    assert again.resolved is not None
    assert render(again.resolved, False) == written
    flags = again.resolved.context.flags
    read = [*map(flags.text, ("etcd-prefix", "cert-dir", "external-hostname")), *flags.texts("service-account-issuer")]
    assert read == values


def test_flags_for_a_shell_may_have_the_same_name(tmp_path: Path) -> None:
    """Lines that are continued are not one argument each."""
    path = tmp_path / "kube-apiserver.flags"
    path.write_text("--etcd-servers=http://a \\\n--service-account-issuer='https://b' \\\n--v=2\n")
    found = examine(str(path), Settings(version="1.36"))
    assert found.report.read_as == "flags"
    assert found.resolved is not None
    assert found.resolved.context.flags.texts("service-account-issuer") == ("https://b",)
