"""The samples of every kind of input: each edit leaves the flags that it is not about as they were."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.changes.editing.edit import REMOVE_ITEM, SET_VERSION, FlagEdit
from tests.changes.editing import change, edited, flags_of

DIALECTS = "samples/dialects"
PLUGINS = "enable-admission-plugins"


@pytest.mark.parametrize(
    ("path", "line", "after"),
    [
        (
            "samples/apiserver.yaml",
            f"{PLUGINS} set-item EventRateLimit",
            "  enableAdmissionPlugins: [NodeRestriction, EventRateLimit]",
        ),
        ("samples/apiserver.yaml", "event-ttl set 2h", "  eventTTL: 2h"),
        (f"{DIALECTS}/kubeadm.yaml", "audit-log-maxage set 7", '    value: "7"'),
        (f"{DIALECTS}/kubeadm.yaml", f"{PLUGINS} remove-item AlwaysPullImages", "    value: NodeRestriction"),
        (f"{DIALECTS}/kubeadm.yaml", "event-ttl set 2h", "  - name: event-ttl"),
        (f"{DIALECTS}/kubeadmcontrolplane.yaml", "event-ttl set 2h", "        - name: event-ttl"),
        (f"{DIALECTS}/kind.yaml", "feature-gates set-item ContextualLogging=false", "  ContextualLogging: false"),
        (f"{DIALECTS}/kind.yaml", "event-ttl set 2h", "    - name: event-ttl"),
        (
            f"{DIALECTS}/k3s/config.yaml",
            f"{PLUGINS} set-item EventRateLimit",
            f"- {PLUGINS}=NodeRestriction,AlwaysPullImages,EventRateLimit",
        ),
        (f"{DIALECTS}/rke2/config.yaml", "event-ttl set 2h", "- event-ttl=2h"),
        (
            f"{DIALECTS}/talos.yaml",
            f"{PLUGINS} set-item EventRateLimit",
            f"      {PLUGINS}: [AlwaysPullImages, EventRateLimit]",
        ),
        (f"{DIALECTS}/talos-machine.yaml", "event-ttl set 2h", "      event-ttl: 2h"),
        (f"{DIALECTS}/kops.yaml", "event-ttl set 3h", "    eventTTL: 3h"),
        (f"{DIALECTS}/kops.yaml", f"{PLUGINS} set-item EventRateLimit", "    - EventRateLimit"),
        (f"{DIALECTS}/k0s.yaml", "event-ttl set 2h", "      event-ttl: 2h"),
        (f"{DIALECTS}/kubespray.yaml", "audit-log-maxage set 7", "audit_log_maxage: 7"),
        (
            f"{DIALECTS}/gardener.yaml",
            "feature-gates set-item ContextualLogging=false",
            "        ContextualLogging: false",
        ),
        (f"{DIALECTS}/kamaji.yaml", "audit-log-maxage set 7", "          - --audit-log-maxage=7"),
        (f"{DIALECTS}/openshift.yaml", f"{PLUGINS} set-item EventRateLimit", "    - EventRateLimit"),
        (f"{DIALECTS}/k8s-snap.yaml", "event-ttl set 2h", "  --event-ttl: 2h"),
        (f"{DIALECTS}/microk8s.args", "event-ttl set 2h", "--event-ttl=2h"),
        (
            f"{DIALECTS}/kube-apiserver.service",
            f"{PLUGINS} set-item EventRateLimit",
            f"  --{PLUGINS}=NodeRestriction,EventRateLimit \\",
        ),
    ],
)
def test_a_change_is_one_line_of_the_file(path: str, line: str, after: str) -> None:
    wanted = change(line)
    before = flags_of(path)
    result = edited(path, wanted)
    assert not result.refused
    (file,) = result.files
    old, new = file.before.splitlines(), file.after.splitlines()
    assert after in new
    assert len([each for each in new if each not in old]) <= 2
    flags = flags_of(path, result.texts)
    assert {**flags, wanted.flag: ()} == {**before, wanted.flag: ()}
    assert (wanted.value in ",".join(flags[wanted.flag])) == (wanted.action != REMOVE_ITEM)
    assert not edited(path, wanted, texts=result.texts).files


@pytest.mark.parametrize(
    ("path", "flag"),
    [
        ("samples/hardened/apiserver.yaml", "audit-log-maxage"),
        (f"{DIALECTS}/kubeadm.yaml", "profiling"),
        (f"{DIALECTS}/kubeadmcontrolplane.yaml", "audit-log-maxage"),
        (f"{DIALECTS}/kind.yaml", "audit-log-path"),
        (f"{DIALECTS}/kind.yaml", "feature-gates"),
        (f"{DIALECTS}/k3s/config.yaml", "request-timeout"),
        (f"{DIALECTS}/k3s/config.yaml", "audit-log-maxage"),
        (f"{DIALECTS}/rke2/config.yaml", "request-timeout"),
        (f"{DIALECTS}/talos.yaml", "oidc-groups-claim"),
        (f"{DIALECTS}/kops.yaml", "oidc-groups-claim"),
        (f"{DIALECTS}/k0s.yaml", "audit-log-maxage"),
        (f"{DIALECTS}/kamaji.yaml", "event-ttl"),
        (f"{DIALECTS}/gardener.yaml", "watch-cache-sizes"),
        (f"{DIALECTS}/openshift.yaml", "feature-gates"),
        (f"{DIALECTS}/k8s-snap.yaml", "audit-log-maxage"),
        (f"{DIALECTS}/microk8s.args", "feature-gates"),
        (f"{DIALECTS}/kube-apiserver.service", "profiling"),
        (f"{DIALECTS}/kube-apiserver.service", "audit-log-maxage"),
    ],
)
def test_a_removed_flag_takes_only_its_lines_with_it(path: str, flag: str) -> None:
    before = flags_of(path)
    result = edited(path, FlagEdit(flag, "remove"))
    assert not result.refused
    assert flags_of(path, result.texts) == {name: texts for name, texts in before.items() if name != flag}
    for file in result.files:
        assert [line for line in file.before.splitlines() if "#" in line] == [
            line for line in file.after.splitlines() if "#" in line
        ]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("kubeadm.yaml", ""),
        ("kubeadmcontrolplane.yaml", ""),
        ("kind.yaml", ""),
        ("talos.yaml", ""),
        ("kops.yaml", ""),
        ("kubespray.yaml", ""),
        ("gardener.yaml", ""),
        ("kamaji.yaml", ""),
        ("k0s.yaml", "the version of k0s decides the Kubernetes version"),
        ("k3s/config.yaml", "the version of k3s decides the Kubernetes version"),
        ("rke2/config.yaml", "the version of RKE2 decides the Kubernetes version"),
        ("openshift.yaml", "the version of OpenShift decides the Kubernetes version"),
        ("k8s-snap.yaml", "the version of Canonical Kubernetes decides the Kubernetes version"),
        ("microk8s.args", "the input does not state its Kubernetes version: that of the installed program counts"),
    ],
)
def test_the_version_is_set_where_the_file_states_it(name: str, reason: str) -> None:
    path = f"{DIALECTS}/{name}"
    result = edited(path, FlagEdit("", SET_VERSION, "1.37"))
    assert [each.reason for each in result.refused] == ([reason] if reason else [])
    if not reason:
        (file,) = result.files
        assert "1.37.0" in file.after
        assert len(file.edits) == 1
        assert Path(path).read_text() == file.before
