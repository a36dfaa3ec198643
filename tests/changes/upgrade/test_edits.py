"""The edits of an upgrade in the user's own files: what they repair, what they keep, what they leave to people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from compiler.changes.upgrade import upgrade
from compiler.changes.upgrade.hop import Hop
from compiler.review.examine import Settings, examine
from compiler.upstream.catalog.facts import minor_of, versions
from tests.changes.upgrade.servers import changes, hop, upgraded, write
from tests.cli.running import kasc

POD = """apiVersion: v1
kind: Pod
metadata: {{name: kube-apiserver, namespace: kube-system}}
spec:
  containers:
  - name: kube-apiserver
    image: registry.k8s.io/kube-apiserver:v{version}.2  # from the mirror
    command:
    - kube-apiserver
    - --etcd-servers=https://10.0.0.11:2379
    - --service-account-issuer=https://example.com
    - --service-account-key-file=/sa.pub
    - --service-account-signing-key-file=/sa.key
    - --service-cluster-ip-range=10.96.0.0/16
    - --authorization-mode=Node,RBAC
    - {argument}  # reviewed
"""
KOPS = """apiVersion: kops.k8s.io/v1alpha2
kind: Cluster
metadata: {{name: one.example.com}}
spec:
  cloudProvider: aws
  configBase: s3://state/one.example.com
  etcdClusters:
  - {{name: main, etcdMembers: [{{instanceGroup: cp, name: a}}]}}
  - {{name: events, etcdMembers: [{{instanceGroup: cp, name: a}}]}}
  kubernetesVersion: {version}
  networkCIDR: 172.20.0.0/16
  networking: {{cni: {{}}}}
  subnets: [{{cidr: 172.20.32.0/19, name: a, type: Public, zone: us-test-1a}}]
"""
KUBEADM = """apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.32.3
apiServer:
  extraArgs:
  - name: cloud-provider   # the external one
    value: external
  - name: feature-gates
    value: WatchBookmark=true,APIServerIdentity=true
"""
WEBHOOKS = {
    "admission": {
        "admissionControlConfigFile": {
            "content": {
                "apiVersion": "apiserver.config.k8s.io/v1",
                "kind": "AdmissionConfiguration",
                "plugins": [
                    {
                        "name": "ValidatingAdmissionWebhook",
                        "configuration": {
                            "apiVersion": "apiserver.config.k8s.io/v1alpha1",
                            "kind": "WebhookAdmission",
                            "kubeConfigFile": "/etc/kubernetes/webhooks.conf",
                        },
                    }
                ],
            }
        }
    }
}


def gates(**states: bool) -> dict[str, Any]:
    return {"generic": {"featureGates": states}}


def wanted(hop: Hop) -> list[tuple[str, str, str]]:
    """Return the changes that were made, without that of the version."""
    return [each.wanted[:3] for each in hop.edited.applied if each.wanted.action != "set-version"]


@pytest.mark.parametrize(
    ("new", "given", "edits", "outcome"),
    [
        ("1.32", gates(KMSv2=True), [("feature-gates", "remove-item", "KMSv2")], "accept"),
        # Locked to this value, and a later version does not know it.
        (
            "1.34",
            gates(OrderedNamespaceDeletion=True),
            [("feature-gates", "remove-item", "OrderedNamespaceDeletion")],
            None,
        ),
        # Locked to the other value: dropping it would change what the server does.
        ("1.34", gates(OrderedNamespaceDeletion=False), [], "reject"),
        # Removed, with the feature that it enabled.
        (
            "1.33",
            gates(VolumeCapacityPriority=True),
            [("feature-gates", "remove-item", "VolumeCapacityPriority")],
            "accept",
        ),
        ("1.37", gates(PreventStaticPodAPIReferences=False), [], "reject"),
        ("1.37", gates(GangScheduling=False), [("feature-gates", "remove-item", "GangScheduling")], "accept"),
        # The new version enables a gate that needs the disabled one.
        (
            "1.36",
            gates(APIServerIdentity=False),
            [("feature-gates", "set-item", "UnknownVersionInteroperabilityProxy=false")],
            "accept",
        ),
        # An enabled gate needs another version of its API than before; the new version enables a gate without its API.
        (
            "1.34",
            gates(MutatingAdmissionPolicy=True)
            | {"apiEnablement": {"runtimeConfig": {"admissionregistration.k8s.io/v1alpha1": True}}},
            [("runtime-config", "set-item", "admissionregistration.k8s.io/v1beta1=true")],
            "accept",
        ),
        (
            "1.36",
            {"apiEnablement": {"runtimeConfig": {"admissionregistration.k8s.io/v1": False}}},
            [("feature-gates", "set-item", "MutatingAdmissionPolicy=false")],
            "accept",
        ),
        # Both were set in a version that did not compare them.
        ("1.35", gates(APIServerIdentity=False, UnknownVersionInteroperabilityProxy=True), [], "reject"),
        ("1.33", {"cloudProvider": {"cloudProvider": "external"}}, [("cloud-provider", "remove", "")], "accept"),
        (
            "1.37",
            {"admission": {"disableAdmissionPlugins": ["PodGroupWorkloadExists", "LimitRanger"]}},
            [("disable-admission-plugins", "remove-item", "PodGroupWorkloadExists")],
            "accept",
        ),
        (
            "1.32",
            {"apiEnablement": {"runtimeConfig": {"coordination.k8s.io/v1alpha1": True}}},
            [
                ("runtime-config", "remove-item", "coordination.k8s.io/v1alpha1"),
                ("runtime-config", "set-item", "coordination.k8s.io/v1alpha2=true"),
            ],
            "accept",
        ),
        (
            "1.34",
            {"apiEnablement": {"runtimeConfig": {"networking.k8s.io/v1alpha1": False}}},
            [("runtime-config", "remove-item", "networking.k8s.io/v1alpha1")],
            "accept",
        ),
        # Nothing is refused, nothing is edited.
        ("1.36", gates(WatchList=False), [], None),
    ],
)
def test_edits(
    new: str, given: dict[str, Any], edits: list[tuple[str, str, str]], outcome: str | None, tmp_path: Path
) -> None:
    result = hop(tmp_path, new, given)
    assert wanted(result) == edits
    assert result.outcome == ("accept" if outcome is None else "reject")
    assert result.outcome_with_edits == (outcome or "accept")
    assert result.edited.refused == ()


def test_edits_keep_the_behaviour(tmp_path: Path) -> None:
    """After the edits of a gate that needs another one, it is as in the old version."""
    path = write(tmp_path / "server.yaml", "1.35", gates(APIServerIdentity=False))
    result = upgrade(str(path), "1.36")
    path.write_text(result.files[0].after)
    resolved = examine(str(path)).resolved
    assert resolved is not None
    assert not resolved.context.gates.on("UnknownVersionInteroperabilityProxy")


def test_edits_before_the_upgrade(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Servers of the old version start without a removed gate, but not with an API that they do not have."""
    path = write(tmp_path / "a.yaml", "1.31", gates(KMSv2=True))
    (before,) = upgrade(str(path), "1.32").hops
    assert before.is_valid_before
    assert "  apply these edits before the upgrade: " in kasc(capsys, "upgrade", path, "--to", "1.32").out
    path = write(path, "1.31", {"apiEnablement": {"runtimeConfig": {"coordination.k8s.io/v1alpha1": True}}})
    (after,) = upgrade(str(path), "1.32").hops
    assert not after.is_valid_before
    assert "  apply these edits to each server with its upgrade: " in kasc(capsys, "upgrade", path, "--to", "1.32").out
    path = write(path, "1.31")
    assert "apply these edits" not in kasc(capsys, "upgrade", path, "--to", "1.32").out


def test_structured_files(tmp_path: Path) -> None:
    result = hop(tmp_path, "1.36", WEBHOOKS)
    assert (result.outcome, result.outcome_with_edits) == ("reject", "accept")
    (file,) = result.edited.files
    assert "apiVersion: apiserver.config.k8s.io/v1\n          kind: WebhookAdmissionConfiguration\n" in file.after
    assert [edit.new for edit, _ in result.rewrites] == ["apiserver.config.k8s.io/v1", "WebhookAdmissionConfiguration"]
    assert hop(tmp_path, "1.35", WEBHOOKS).rewrites == ()
    policy = {"apiVersion": "audit.k8s.io/v1beta1", "kind": "Policy", "rules": [{"level": "None"}]}
    refused_before = hop(tmp_path, "1.35", {"auditing": {"auditPolicyFile": {"content": policy}}})
    assert (refused_before.outcome, refused_before.rewrites) == ("reject", ())


def test_a_file_next_to_the_document(tmp_path: Path) -> None:
    """A source is part of the input, a file of the server is not."""
    config = WEBHOOKS["admission"]["admissionControlConfigFile"]["content"]
    (tmp_path / "admission.json").write_text(json.dumps(config))
    given = {"admission": {"admissionControlConfigFile": {"source": "admission.json"}}}
    path = write(tmp_path / "server.yaml", "1.35", given)
    (result,) = upgrade(str(path), "1.36").hops
    assert result.outcome_with_edits == "accept"
    assert {Path(file.name).name for file in result.edited.files} == {"server.yaml", "admission.json"}
    path = write(tmp_path / "server.yaml", "1.35", {"admission": {"admissionControlConfigFile": "/admission.json"}})
    from compiler.inputs import Host

    (result,) = upgrade(str(path), "1.36", Settings(host=Host(root=str(tmp_path)))).hops
    assert (result.outcome, result.outcome_with_edits, result.rewrites) == ("reject", "reject", ())


def test_later_hops_start_with_the_edits(tmp_path: Path) -> None:
    result = upgraded(tmp_path, "1.31", "1.34", gates(KMSv2=True, WatchBookmark=True, APIServerIdentity=True))
    assert [each.outcome for each in result.hops] == ["reject", "accept", "accept"]
    assert [each.outcome_with_edits for each in result.hops] == ["accept"] * 3
    (file,) = result.files
    assert (file.before, file.after) == (
        (tmp_path / "server.yaml").read_text(),
        write(tmp_path / "other.yaml", "1.34", gates(APIServerIdentity=True)).read_text(),
    )
    assert result.repaired
    assert result.breaks


def test_places_move_with_the_edits(tmp_path: Path) -> None:
    """The next version has no finding that the one before had, in a Pod of one line whose image gets shorter."""
    path = tmp_path / "pod.json"
    pod = yaml.safe_load(POD.format(version="1.31", argument="--profiling=true"))
    pod["spec"]["containers"][0]["image"] = "registry.k8s.io/kube-apiserver:v1.31.12"
    path.write_text(json.dumps(pod))
    first, second = upgrade(str(path), "1.33").hops
    assert examine(str(path)).report.count("warning") > 1
    assert [each.code for each in (*first.diagnostics, *second.diagnostics) if each.severity == "warning"] == []


def test_write(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "pod.yaml"
    path.write_text(POD.format(version="1.31", argument="--feature-gates=KMSv2=true,APIServerIdentity=true"))
    diff = kasc(capsys, "upgrade", path, "--to", "1.32", "--diff")
    assert diff.code == 1
    assert "+    - --feature-gates=APIServerIdentity=true  # reviewed\n" in diff.out
    assert "1.31" in path.read_text()
    ran = kasc(capsys, "upgrade", path, "--to", "1.32", "--write")
    assert ran.code == 0
    assert ran.err == f"{path}: 2 edits\n"
    text = path.read_text()
    assert text == POD.format(version="1.32", argument="--feature-gates=APIServerIdentity=true").replace(
        "v1.32.2", "v1.32.0"
    )
    assert kasc(capsys, "upgrade", path, "--to", "1.32") == (0, f"{path}: servers run 1.32; nothing to upgrade\n", "")


def test_write_what_is_not_repaired(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "a.yaml", "1.33", gates(OrderedNamespaceDeletion=False))
    assert kasc(capsys, "upgrade", path, "--to", "1.34", "--write").code == 1
    assert "1.34" in path.read_text()


def test_write_through_a_link_that_leads_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    environment, unit = root / "etc/default/apiserver", root / "etc/systemd/system/kube-apiserver.service"
    for path in (environment, unit):
        path.parent.mkdir(parents=True)
    outside.write_text("ARGS=--etcd-servers=https://1 --feature-gates=KMSv2=true,APIServerIdentity=true\n")
    environment.symlink_to(outside)
    unit.write_text("[Service]\nEnvironmentFile=/etc/default/apiserver\nExecStart=/bin/kube-apiserver $ARGS\n")
    arguments = ("upgrade", unit, "--files-root", root, "--kubernetes-version", "1.31", "--to", "1.32")
    assert "KMSv2" in kasc(capsys, *arguments, "--diff").out
    ran = kasc(capsys, *arguments, "--write")
    assert ran.code == 2
    assert f"{environment}: it is a link to a file outside {environment.parent}" in ran.err
    assert "KMSv2" in outside.read_text()


def test_dialect(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "kubeadm.yaml"
    path.write_text(KUBEADM)
    assert kasc(capsys, "upgrade", path, "--to", "1.33", "--write").code == 0
    assert path.read_text() == KUBEADM.replace("v1.32.3", "v1.33.0").replace(
        "  - name: cloud-provider   # the external one\n    value: external\n", ""
    ).replace("WatchBookmark=true,", "")


def test_the_distribution_is_upgraded_as_well(tmp_path: Path) -> None:
    """RKE2 1.35 sets a flag that 1.34.1 does not set; the version that was named is that of the old servers."""
    path = tmp_path / "config.yaml"
    path.write_text("profile: cis\ntoken: abc\n")
    (only,) = upgrade(str(path), "1.35", Settings("rke2", release="1.34.1")).hops
    change = changes(only, "issuer")["service-account-extend-token-expiration"]
    assert (change.before, change.after) == (True, False)
    assert [each.wanted.action for each in only.edited.refused] == ["set-version"]


def test_hold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "a.yaml", "1.35", {"auditing": {"auditLogPath": "/var/log/audit.log"}})
    held = upgrade(str(path), "1.36", hold=True)
    (only,) = held.hops
    assert only.hold is not None
    assert {each.wanted[:3] for each in only.hold.applied} == {
        ("emulated-version", "set", "1.35"),
        ("audit-log-maxage", "set", "0"),
        ("audit-log-maxbackup", "set", "0"),
    }
    assert kasc(capsys, "upgrade", path, "--to", "1.36", "--hold", "--write").code == 0
    resolved = examine(str(path)).resolved
    assert resolved is not None
    assert (resolved.context.catalog.version, resolved.context.emulated) == ("1.36", 35)
    assert resolved.context.flags.value("audit-log-maxage") == 0


def test_hold_of_a_server_that_emulates(tmp_path: Path) -> None:
    path = write(tmp_path / "a.yaml", "1.35", {"generic": {"emulatedVersion": ["1.34"]}})
    (only,) = upgrade(str(path), "1.36", hold=True).hops
    assert only.hold is not None
    assert only.hold.applied == ()
    assert not any(change.name == "StrictIPCIDRValidation" for change in only.changes)
    assert changes(only, "storage-version") == {}


def test_hold_without_emulation(tmp_path: Path) -> None:
    """The emulated version does not have the API that the edits enable, so gates keep the behaviour."""
    given = {"apiEnablement": {"runtimeConfig": {"storagemigration.k8s.io/v1alpha1": True}}}
    path = write(tmp_path / "a.yaml", "1.34", given | gates(StorageVersionMigrator=True))
    (only,) = upgrade(str(path), "1.35", hold=True).hops
    assert only.outcome_with_edits == "accept"
    assert only.hold is not None
    items = [each.wanted.value for each in only.hold.applied if each.wanted.flag == "feature-gates"]
    assert "AuthorizePodWebsocketUpgradeCreatePermission=false" in items
    assert not any(each.wanted.flag == "emulated-version" for each in only.hold.applied)


@pytest.mark.parametrize("version", versions()[1:])
def test_gates_hold_the_behaviour_in_every_version(version: str, tmp_path: Path) -> None:
    """Where the input offers no way to emulate a version, gates and plugins take its place."""
    old = f"1.{minor_of(version) - 1}"
    path = tmp_path / "cluster.yaml"
    path.write_text(KOPS.format(version=f"{old}.0"))
    (only,) = upgrade(str(path), version, Settings("kops"), hold=True).hops
    assert only.hold is not None
    assert {each.wanted.flag for each in only.hold.applied} <= {"feature-gates", "disable-admission-plugins"}
    assert any(each.wanted.flag == "feature-gates" for each in only.hold.applied)


def test_shared_base(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two clusters of one base: each edit of the base is made once, and both edits of a pair are kept."""
    base = write(tmp_path / "base.yaml", "1.31", gates(KMSv2=True, ServerSideApply=True))
    for name, more in (("a", ""), ("b", "features: {profiling: false}\n")):
        (tmp_path / f"{name}.yaml").write_text(
            f"apiVersion: kasc/v1\nkind: APIServer\nmetadata: {{name: {name}}}\nextends: [base.yaml]\n{more}"
        )
    before = (tmp_path / "a.yaml").read_text()
    ran = kasc(capsys, "upgrade", tmp_path, "--to", "1.32", "--write")
    assert ran.code == 0
    assert ran.err == f"{base}: 2 edits\n"
    assert (tmp_path / "a.yaml").read_text() == before
    assert base.read_text() == write(tmp_path / "other.yaml", "1.32").read_text()


def test_different_edits_of_a_shared_base(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each cluster needs another edit of the base."""
    audit = {"auditing": {"auditLogPath": "/var/log/audit.log"}}
    removed = {
        "admission": {"disableAdmissionPlugins": ["PodGroupWorkloadExists", "LimitRanger"]},
        "apiEnablement": {"runtimeConfig": {"scheduling.k8s.io/v1alpha2": False, "apps/v1": True}},
    }
    base = write(tmp_path / "base.yaml", "1.36", removed | audit)
    for name, own in (("a", "admission: {disableAdmissionPlugins: null}"), ("b", "apiEnablement: null")):
        (tmp_path / f"{name}.yaml").write_text(
            f"apiVersion: kasc/v1\nkind: APIServer\nmetadata: {{name: {name}}}\nextends: [base.yaml]\n{own}\n"
        )
    assert kasc(capsys, "upgrade", tmp_path, "--to", "1.37", "--write").code == 0
    kept = {
        "admission": {"disableAdmissionPlugins": ["LimitRanger"]},
        "apiEnablement": {"runtimeConfig": {"apps/v1": True}},
    }
    assert base.read_text() == write(tmp_path / "other.yaml", "1.37", kept | audit).read_text()
