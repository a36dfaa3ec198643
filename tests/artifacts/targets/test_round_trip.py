"""Document or distribution's file -> target -> importer: the same flags, or an error that names those that differ."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.apiserver.startup import Resolved
from compiler.artifacts.flags import flag_lines
from compiler.artifacts.targets.table import TARGETS
from compiler.diagnostics import KascError
from compiler.inputs import Host
from compiler.review.examine import Settings, examine
from tests.artifacts.compiling import ROOT, SAMPLES, resolve_file
from tests.artifacts.targets import attempt, differing, emitted, read_back
from tests.artifacts.test_smuggling import documents
from tests.inputs.dialects import given as given_pair
from tests.inputs.dialects import pairs, real_flags

RECORDINGS = (
    *("kubeadm-1.31", "kubeadm-1.33", "kubeadm-1.36", "kubeadmcontrolplane", "systemd", "k3s-rke2-k0s", "talos"),
    *("kops", "kubespray", "gardener", "kamaji"),
)
EVERY = 5
"""Of the recorded pairs, every so many is converted to the other targets as well."""


def same_or_refused(resolved: Resolved, name: str, folder: Path, release: str = "") -> bool:
    """Whether a target has the same flags; if it has not, it has to say which."""
    try:
        text, refused = attempt(resolved, name)
    except KascError as error:
        if error.diagnostic.code not in ("KASC-EMIT-001", "KASC-EMIT-002"):
            raise
        return False
    if refused:
        assert refused.keys() - {""} <= resolved.context.catalog.flags.keys()
        return False
    again = read_back(text, name, resolved.context.input.version or resolved.context.catalog.version, folder, release)
    assert differing(resolved, again) == {}
    assert emitted(resolved, name) == text
    return True


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_samples(sample: Path, name: str, tmp_path: Path) -> None:
    expressed = same_or_refused(resolve_file(sample, Host()), name, tmp_path)
    if name in ("systemd", "kubeadm"):
        assert expressed


def own_target(pair: dict[str, Any], kind: str | None) -> str:
    """The target that is the distribution of a recorded pair; empty if there is none."""
    if pair.get("kind") == "kubeadmcontrolplane":
        return "kubeadm-kcp"
    return kind if kind in TARGETS else ""


def accepted(pair: dict[str, Any], folder: Path) -> tuple[Resolved, Settings] | None:
    """A recorded configuration as kasc reads it; None if a server would refuse it."""
    if real_flags(pair) is None:
        return None
    path, how = given_pair(pair, folder)
    examined = examine(str(path), how)
    if examined.report.rejected or examined.resolved is None:
        return None
    return examined.resolved, how


def recorded() -> Iterator[Any]:
    for file in RECORDINGS:
        for number, pair in enumerate(pairs(file)):
            yield pytest.param(pair, number, id=f"{file}-{pair['id']}")


@pytest.mark.parametrize(("pair", "number"), list(recorded()))
def test_recorded_configurations(pair: dict[str, Any], number: int, tmp_path: Path) -> None:
    found = accepted(pair, tmp_path)
    if found is None:
        return
    resolved, how = found
    own = own_target(pair, how.read_as)
    if own:
        assert same_or_refused(resolved, own, tmp_path, how.release), "its own distribution refuses it"
    for name in TARGETS if not number % EVERY else ():
        if name != own:
            same_or_refused(resolved, name, tmp_path)


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=25)
@given(documents())
def test_random_documents(name: str, content: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        path = folder / "apiserver.json"
        path.write_text(json.dumps(content))
        examined = examine(str(path), Settings())
        if examined.resolved is not None and not examined.report.rejected:
            same_or_refused(examined.resolved, name, folder)


BASES = {
    "kubeadm": "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.36.0\n",
    "k3s": "cluster-init: true\n",
    "rke2": "cni: canal\n",
    "talos": """\
machine: {type: controlplane}
cluster:
  controlPlane: {endpoint: "https://a.example.com:6443"}
  network: {serviceSubnets: [10.96.0.0/12]}
  apiServer: {image: "registry.k8s.io/kube-apiserver:v1.36.0"}
""",
    "kops": """\
apiVersion: kops.k8s.io/v1alpha2
kind: Cluster
metadata: {name: a.example.com}
spec:
  kubernetesVersion: 1.36.0
  cloudProvider: digitalocean
  nonMasqueradeCIDR: 100.64.0.0/10
  serviceClusterIPRange: 100.64.0.0/13
  etcdClusters: [{name: main, etcdMembers: [{name: a, instanceGroup: b}]}]
""",
    "k0s": "apiVersion: k0s.k0sproject.io/v1beta1\nkind: ClusterConfig\nmetadata: {name: k0s}\nspec: {}\n",
}
BASES = {name: text for name, text in BASES.items() if name in TARGETS}
"""A file of each distribution, from whose flags random ones are derived."""
CHANGES: dict[str, list[list[str]]] = {
    "service-account-issuer": [["https://a"], ["https://b", "https://a"], ["https://a,b", 'https://"c']],
    "service-account-key-file": [["/pki/a.pub"], ["/pki/b.pub", "/pki/a.pub"]],
    "enable-admission-plugins": [[], ["NodeRestriction,AlwaysPullImages"], ["AlwaysPullImages"], ["NodeRestriction"]],
    "disable-admission-plugins": [["ServiceAccount"], ["ServiceAccount", "LimitRanger"]],
    "authorization-mode": [[], ["RBAC"], ["Node,RBAC"], ["RBAC,Node"], ["AlwaysAllow"]],
    "anonymous-auth": [[], ["true"], ["false"]],
    "profiling": [[], ["true"], ["false"]],
    "allow-privileged": [[], ["false"]],
    "request-timeout": [["60s"], ["90s"], ["1m30s"]],
    "max-requests-inflight": [["0"], ["800"]],
    "goaway-chance": [["0.001"]],
    "etcd-prefix": [["/a b"], ["/'%\"$x\\"], ["/#a: b"]],
    "etcd-servers": [["http://127.0.0.1:2379"], ["https://10.0.0.1:2379,https://10.0.0.2:2379"]],
    "etcd-cafile": [[], ["/etcd/ca.crt"]],
    "bind-address": [[], ["10.0.0.11"], ["::"]],
    "advertise-address": [[], ["10.0.0.11"], ["2001:db8::1"]],
    "secure-port": [[], ["6443"], ["8443"]],
    "v": [[], ["0"], ["4"]],
    "vmodule": [["a=1,b=2"]],
    "feature-gates": [["WatchList=true"], ["WatchList=true", "APIServingWithRoutine=true"]],
    "runtime-config": [["api/all=true"], ["resource.k8s.io/v1alpha3=true", "api/beta=false"]],
    "tls-cipher-suites": [[], ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"]],
    "tls-min-version": [[], ["VersionTLS12"], ["VersionTLS13"]],
    "tls-sni-cert-key": [["/a.crt,/a.key"], ["/b.crt,/b.key:x,y", "/a.crt,/a.key"]],
    "requestheader-username-headers": [[], ["X-Remote-User"], ["X-User,X-Remote-User"]],
    "kubelet-preferred-address-types": [[], ["Hostname"]],
    "audit-log-maxage": [[], ["7"]],
    "api-audiences": [[], ["a", "b,c"]],
    "oidc-required-claim": [["a=b"], ["a=b,c", "d=e"]],
    "service-cluster-ip-range": [["10.96.0.0/16"], ["10.96.0.1/12"], ["10.96.0.0/16,2001:db8::/112"]],
    "service-node-port-range": [["30000-32767"], ["30000-30100"]],
    "event-ttl": [["2h"]],
    "watch-cache-sizes": [["pods#100,secrets#0"]],
    "strict-transport-security-directives": [["max-age=31536000,includeSubDomains"]],
}
"""Values of flags, each as the list of its uses, none if it is not set; not all combinations are accepted."""


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, list[str]]]:
    """The flags that each distribution passes by default."""
    result = {}
    for name, text in BASES.items():
        path = tmp_path_factory.mktemp(name) / TARGETS[name].file
        path.write_text(text)
        resolved = examine(str(path), Settings(name, "1.36", Host("10.0.0.11"))).resolved
        assert resolved is not None
        flags: dict[str, list[str]] = {}
        for line in flag_lines(resolved):
            flag, _, value = line.removeprefix("--").partition("=")
            flags.setdefault(flag, []).append(value)
        result[name] = flags
    return result


def arguments(flags: dict[str, list[str]]) -> str:
    return "".join(f"--{flag}={value}\n" for flag, values in flags.items() for value in values)


changes = st.lists(st.sampled_from(sorted(CHANGES)), max_size=4, unique=True).flatmap(
    lambda names: st.fixed_dictionaries({name: st.sampled_from(CHANGES[name]) for name in names})
)


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=8)
@given(changes)
def test_random_flags(bases: dict[str, dict[str, list[str]]], base: str, name: str, changed: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        path = folder / "kube-apiserver.args"
        path.write_text(arguments(bases[base] | changed))
        examined = examine(str(path), Settings("argv", "1.36"))
        if examined.resolved is not None and not examined.report.rejected:
            expressed = same_or_refused(examined.resolved, name, folder)
            if not changed and name == base:
                assert expressed
