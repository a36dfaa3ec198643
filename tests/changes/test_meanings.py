"""Changes of the meaning of a configuration: the case, its severity, and whether servers may run side by side."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
import yaml

import compiler
from compiler.changes.change import Change
from compiler.changes.effects import consequence_of_meaning
from tests.changes import compared, only
from tests.recordings import ROOT

MEANINGS = yaml.safe_load((ROOT / "compiler/changes/data/meanings.yaml").read_text())
A, B, C = (f"--service-account-issuer=https://{name}.example" for name in "abc")


def case_of(change: Change) -> str:
    """Return the case of data/meanings.yaml that a change is."""
    return next((case for case in MEANINGS if consequence_of_meaning(case).effect == change.effect), "")


@pytest.mark.parametrize(
    ("old", "new", "case"),
    [
        ([A], [A, B], "issuer.added"),
        ([A], [B, A], "issuer.first"),
        ([A], [B], "issuer.replaced"),
        ([A, B], [B, A], "issuer.switched"),
        ([A, B], [B], "issuer.removed"),
        ([B, A], [B], "issuer.removed"),
        ([A, B, C], [A, C, B], "issuer.reordered"),
        ([A, B], [B, A, C], "issuer.switched"),
        ([A, B], [B, C], "issuer.removed"),
        ([A, B], [C, B], "issuer.replaced"),
    ],
)
def test_issuers(old: list[str], new: list[str], case: str, tmp_path: Path) -> None:
    assert case_of(only(compared(tmp_path, old, new))) == case


def test_the_phases_of_an_issuer_change_are_safe_under_their_condition(tmp_path: Path) -> None:
    phases = [[A], [A, B], [B, A], [B]]
    changes = [only(compared(tmp_path, *pair)) for pair in pairwise(phases)]
    assert [(change.safe_mixed, change.safe_once) for change in changes] == [
        (True, ""), (True, ""), (False, "tokens-renewed")
    ]  # fmt: skip
    assert {change.recipe for change in changes} == {"issuer"}


@pytest.mark.parametrize(
    ("old", "new", "case"),
    [
        ([], ["--api-audiences=https://kubernetes.default.svc"], None),
        ([], ["--api-audiences=https://kubernetes.default.svc,b"], "audiences.added"),
        ([], ["--api-audiences=b"], "audiences.replaced"),
        (["--api-audiences=a,b"], ["--api-audiences=b"], "audiences.removed"),
        (["--api-audiences=a,b"], ["--api-audiences=b,a"], None),
    ],
)
def test_audiences(old: list[str], new: list[str], case: str | None, tmp_path: Path) -> None:
    changes = compared(tmp_path, old, new).changes
    assert [case_of(change) for change in changes] == ([case] if case else [])


def signing(signer: int, *keys: int) -> list[str]:
    flags = [f"--service-account-key-file=$P/sa{key}.pub" for key in keys]
    return [f"--service-account-signing-key-file=$P/sa{signer}.key", *flags]


@pytest.mark.parametrize(
    ("old", "new", "case"),
    [
        (signing(1, 1), signing(1, 1, 2), "key.added"),
        (signing(1, 1, 2), signing(2, 1, 2), "key.probably-switched"),
        (signing(2, 1, 2), signing(2, 2), "key.removed"),
        (signing(1, 1), signing(2, 2), "key.rotated"),
        (signing(1, 1), signing(2, 1), "key.rotated"),
        (signing(1, 1), signing(2, 1, 2), "key.rotated"),
        (signing(1, 1), ["--service-account-signing-endpoint=/run/signer.sock"], "key.external"),
    ],
)
def test_keys_by_path(old: list[str], new: list[str], case: str, tmp_path: Path) -> None:
    assert case_of(only(compared(tmp_path, old, new))) == case


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Two signing keys and their public halves by file name."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    files = {}
    for name in ("1", "2"):
        key = ec.generate_private_key(ec.SECP256R1())
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        files |= {f"sa{name}.key": private.decode(), f"sa{name}.pub": public.decode()}
    return files | {"moved.key": files["sa1.key"], "both.pub": files["sa1.pub"] + files["sa2.pub"]}


@pytest.mark.parametrize(
    ("old", "new", "case"),
    [
        (("sa1.key", "sa1.pub"), ("sa1.key", "both.pub"), "key.added"),
        (("sa1.key", "both.pub"), ("sa2.key", "both.pub"), "key.switched"),
        (("sa2.key", "both.pub"), ("sa2.key", "sa2.pub"), "key.removed"),
        (("sa1.key", "sa1.pub"), ("sa2.key", "both.pub"), "key.rotated"),
        (("sa1.key", "both.pub"), ("sa2.key", "sa1.pub"), "key.unpublished"),
        (("sa1.key", "sa1.pub"), ("moved.key", "sa1.pub"), "key.moved"),
    ],
)
def test_keys_by_content(
    old: tuple[str, str], new: tuple[str, str], case: str, pairs: dict[str, str], tmp_path: Path
) -> None:
    flags = [
        [f"--service-account-signing-key-file=$T/{key}", f"--service-account-key-file=$T/{public}"]
        for key, public in (old, new)
    ]
    assert case_of(only(compared(tmp_path, *flags, files=pairs))) == case


SECRETS = ["MTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTE=", "MjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjI="]


def providers(*names: str) -> str:
    """Return the providers: identity, a key as `k1` with the secret of its number, or `k1=2` with the other one."""
    entries = []
    for name in names:
        key, _, secret = name.partition("=")
        if name == "identity":
            entries.append("identity: {}")
        elif name.startswith("kms"):
            entries.append(f"kms: {{apiVersion: v2, name: {key}, endpoint: 'unix:///{secret or 'a'}.sock'}}")
        else:
            number = int(secret or key[-1]) - 1
            entries.append(f"aescbc: {{keys: [{{name: {key}, secret: {SECRETS[number]}}}]}}")
    return "".join(f"  - {entry}\n" for entry in entries)


def encryption(**entries: tuple[str, ...]) -> str:
    text = "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n"
    for resources, names in entries.items():
        listed = resources.replace("ALL", "'*.*'").replace("_", ", ")
        text += f"- resources: [{listed}]\n  providers:\n{providers(*names)}"
    return text


def encrypted(directory: Path, old: str | None, new: str | None) -> tuple[Change, ...]:
    files = {name: text for name, text in (("a.yaml", old), ("b.yaml", new)) if text}
    flags = [
        [f"--encryption-provider-config=$T/{name}"] if text else [] for name, text in (("a.yaml", old), ("b.yaml", new))
    ]
    return compared(directory, *flags, files=files).changes


@pytest.mark.parametrize(
    ("old", "new", "case"),
    [
        ((), ("identity", "k1"), "encryption.reader-added"),
        ((), ("k1", "identity"), "encryption.writer-first"),
        (("identity", "k1"), ("k1", "identity"), "encryption.writer-changed"),
        (("k1", "identity"), ("k1",), "encryption.identity-removed"),
        (("k1",), ("k1", "k2"), "encryption.reader-added"),
        (("k1", "k2"), ("k2", "k1"), "encryption.writer-changed"),
        (("k2", "k1"), ("k2",), "encryption.reader-removed"),
        (("k1",), ("k2",), "encryption.key-replaced"),
        (("k1", "identity"), ("k2", "k1", "identity"), "encryption.key-replaced"),
        (("k1",), ("k1=2",), "encryption.secret-changed"),
        (("k1",), ("other=1",), "encryption.key-renamed"),
        (("k1", "identity"), ("identity", "k1"), "encryption.writer-identity"),
        (("identity", "k1"), (), "encryption.reader-removed"),
        (("k1", "identity"), (), "encryption.removed"),
        (("k1", "k2", "identity"), ("k1", "identity", "k2"), "encryption.reordered"),
        (("kmsA", "identity"), ("kmsA=b", "identity"), "encryption.kms-plugin"),
        (("kmsA", "identity"), ("kmsB", "identity"), "encryption.key-replaced"),
    ],
)
def test_encryption(old: tuple[str, ...], new: tuple[str, ...], case: str, tmp_path: Path) -> None:
    texts = [encryption(secrets=names) if names else None for names in (old, new)]
    changes = [change for change in encrypted(tmp_path, *texts) if change.kind == "storage"]
    assert [case_of(change) for change in changes] == [case]
    if case != "encryption.kms-plugin":
        assert changes[0].name == "secrets"
    assert not any(secret in repr(changes) for secret in SECRETS)


def test_another_path_with_the_same_content_is_no_change(tmp_path: Path) -> None:
    text = encryption(secrets=("k1", "identity"))
    assert encrypted(tmp_path, text, f"# the same\n{text}") == ()


@pytest.mark.parametrize(("name", "cases"), [("k1", set()), ("k2", {"encryption.key-replaced"})])
def test_a_reference_counts_as_the_key_of_its_name(name: str, cases: set[str], tmp_path: Path) -> None:
    text = encryption(secrets=(name, "identity"))
    (tmp_path / "keys.yaml").write_text(encryption(secrets=("k1", "identity")))
    content = yaml.safe_load(text.replace(SECRETS[int(name[1]) - 1], "{env: KEY}"))
    document = yaml.safe_load((ROOT / "samples/minimal.yaml").read_text())
    for name, value in (("old", str(tmp_path / "keys.yaml")), ("new", {"content": content})):
        document["etcd"]["encryptionProviderConfig"] = value
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(document))
    comparison = compiler.diff(tmp_path / "old.yaml", tmp_path / "new.yaml")
    assert {case_of(change) for change in comparison.changes} == cases


def test_a_resource_that_is_no_longer_listed(tmp_path: Path) -> None:
    old, new = encryption(secrets_configmaps=("k1", "identity")), encryption(secrets=("k1", "identity"))
    (change,) = encrypted(tmp_path, old, new)
    assert (change.name, case_of(change)) == ("configmaps", "encryption.resource-removed")
    assert (change.before, change.after) == (
        {"write": "aescbc:v1:k1", "read": ["aescbc:v1:k1", "identity"]},
        {"write": "identity", "read": ["identity"]},
    )


def test_an_entry_before_a_wildcard(tmp_path: Path) -> None:
    old = encryption(ALL=("k1", "identity"))
    new = encryption(secrets=("k2", "identity"), ALL=("k1", "identity"))
    (change,) = encrypted(tmp_path, old, new)
    assert (change.name, case_of(change)) == ("secrets", "encryption.key-replaced")


def test_a_wildcard_covers_custom_resources(tmp_path: Path) -> None:
    changes = encrypted(tmp_path, None, encryption(ALL=("k1", "identity")))
    assert {"secrets", "deployments.apps", "custom resources"} <= {change.name for change in changes}


def test_contents_that_are_not_available(tmp_path: Path) -> None:
    flag = "--encryption-provider-config=/keys/{}.yaml"
    change = only(compared(tmp_path, [flag.format("a")], [flag.format("b")]))
    assert (change.severity, change.safe_mixed) == ("breaking", False)
    assert change.effect.startswith("The contents of the files are not available to kasc.")
    assert compared(tmp_path, [flag.format("a")], [flag.format("a")]).changes == ()


ETCD = "--etcd-servers=https://10.0.0.1:2379"


@pytest.mark.parametrize(
    ("old", "new", "name", "case"),
    [
        ([f"{ETCD},https://b:2379"], [f"{ETCD},https://c:2379"], "etcd-servers", "storage.members"),
        ([f"{ETCD},https://b:2379"], ["--etcd-servers=https://b:2379", ETCD], "etcd-servers",
         "storage.members-reordered"),
        ([ETCD], ["--etcd-servers=https://b:2379"], "etcd-servers", "storage.servers"),
    ],
)  # fmt: skip
def test_etcd_servers(old: list[str], new: list[str], name: str, case: str, tmp_path: Path) -> None:
    change = only(compared(tmp_path, old, new))
    assert (change.name, case_of(change)) == (name, case)


@pytest.mark.parametrize(
    ("old", "new", "name", "case"),
    [
        ("", "/events#http://b:2379", "events", "storage.events-moved"),
        ("/configmaps#http://b:2379", "", "configmaps", "storage.resource-moved"),
        ("apps/deployments#http://b:2379", "apps/deployments#http://c:2379", "apps/deployments",
         "storage.resource-moved"),
        ("/configmaps#http://b:2379", "/configmaps#http://b:2379;http://c:2379", "configmaps", "storage.members"),
    ],
)  # fmt: skip
def test_overrides(old: str, new: str, name: str, case: str, tmp_path: Path) -> None:
    flags = [[f"--etcd-servers-overrides={text}"] if text else [] for text in (old, new)]
    (change,) = [each for each in compared(tmp_path, *flags).changes if each.kind == "storage"]
    assert (change.name, case_of(change)) == (name, case)


def test_storage_versions_of_a_hop_that_both_can_decode(tmp_path: Path) -> None:
    changes = compared(tmp_path, ["--emulated-version=1.36"], ["--emulated-version=1.34"]).changes
    versions = {each.name: (each.before, each.after) for each in changes if case_of(each) == "storage.version"}
    assert versions["deviceclasses.resource.k8s.io"] == ("v1", "v1beta2")
    assert all(each.safe_mixed for each in changes)


@pytest.mark.parametrize(
    ("old", "new", "cases"),
    [
        ("Node,RBAC", "AlwaysAllow", {"AlwaysAllow": "always-allow"}),
        ("AlwaysAllow", "Node,RBAC",
         {"AlwaysAllow": "always-allow-removed", "Node": "added", "RBAC": "added"}),
        ("Node,RBAC", "Node", {"RBAC": "rbac-removed"}),
        ("Node,RBAC", "RBAC", {"Node": "node-removed"}),
        ("Node,RBAC", "RBAC,Node", {"order": "reordered-without-denial"}),
        ("Node,RBAC,Webhook", "Node,Webhook,RBAC", {"order": "reordered"}),
        ("Node,RBAC", "Node,RBAC,Webhook", {"Webhook": "added"}),
        ("Node,RBAC,Webhook", "Node,RBAC", {"Webhook": "removed"}),
    ],
)  # fmt: skip
def test_authorizers(old: str, new: str, cases: dict[str, str], tmp_path: Path) -> None:
    flags = [
        [f"--authorization-mode={modes}"] + ["--authorization-webhook-config-file=/keys/kc"] * ("Webhook" in modes)
        for modes in (old, new)
    ]
    changes = [each for each in compared(tmp_path, *flags).changes if each.kind == "authorizer"]
    assert {each.name: case_of(each) for each in changes} == {
        name: f"authorizer.{case}" for name, case in cases.items()
    }  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "case"),
    [
        ([], ["--runtime-config=batch/v1=false"], "api.removed"),
        (["--runtime-config=networking.k8s.io/v1beta1=true"], [], "api.version-removed"),
        ([], ["--runtime-config=networking.k8s.io/v1beta1=true"], "api.added"),
        ([], ["--runtime-config=apps/v1/deployments=false"], "api.removed"),
    ],
)
def test_apis(old: list[str], new: list[str], case: str, tmp_path: Path) -> None:
    changes = [each for each in compared(tmp_path, old, new, version="1.34").changes if each.kind == "api"]
    assert {case_of(each) for each in changes} == {case}


def test_an_api_behind_a_gate_is_decided_by_the_gate(tmp_path: Path) -> None:
    api = "--runtime-config=certificates.k8s.io/v1beta1=true"
    changes = compared(tmp_path, [api], [api, "--feature-gates=ClusterTrustBundle=true"]).changes
    served = next(each for each in changes if each.kind == "api")
    assert (served.name, case_of(served), served.old_at) == ("certificates.k8s.io/v1beta1", "api.added", None)
    assert served.new_at is not None
    assert served.new_at.line == next(each for each in changes if each.kind == "feature-gate").new_at.line


def test_an_api_that_the_emulated_version_does_not_have(tmp_path: Path) -> None:
    changes = compared(tmp_path, ["--emulated-version=1.36"], ["--emulated-version=1.34"]).changes
    assert {case_of(each) for each in changes if each.kind == "api"} == {"api.newer"}


@pytest.mark.parametrize(
    ("old", "new", "case"),
    [
        ([], ["--feature-gates=AllowParsingUserUIDFromCertAuth=false"], "gate.disabled"),
        ([], ["--feature-gates=CoordinatedLeaderElection=true"], "gate.enabled"),
        (["--feature-gates=CoordinatedLeaderElection=false"], [], None),
        (["--emulated-version=1.35"], [], "gate.enabled-by-version"),
    ],
)
def test_gates(old: list[str], new: list[str], case: str | None, tmp_path: Path) -> None:
    cases = {case_of(each) for each in compared(tmp_path, old, new).changes if each.kind == "feature-gate"}
    assert case in cases if case else cases == set()


def test_location_of_a_gate_and_of_a_plugin(tmp_path: Path) -> None:
    flags = [
        "--feature-gates=AllBeta=false,CoordinatedLeaderElection=true",
        "--enable-admission-plugins=A,EventRateLimit",
    ]
    changes = {each.name: each for each in compared(tmp_path, [], flags).changes}
    gate, plugin = changes["CoordinatedLeaderElection"], changes["EventRateLimit"]
    assert gate.new_at is not None
    assert plugin.new_at is not None
    assert (gate.new_at.line, gate.new_at.column, gate.new_at.end_column) == (7, 31, 61)
    assert (plugin.new_at.line, plugin.new_at.column) == (8, 30)
    assert (gate.old_at, plugin.old_at) == (None, None)


def test_health_checks(tmp_path: Path) -> None:
    changes = compared(tmp_path, [], ["--enable-priority-and-fairness=false"]).changes
    checks = {each.name: (each.before, each.after) for each in changes if each.kind == "health-check"}
    assert checks["poststarthook/priority-and-fairness-filter"] == (["healthz", "livez", "readyz"], None)


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ([], ["--max-requests-inflight=800", "--max-mutating-requests-inflight=400"], (600, 1200)),
        ([], ["--max-requests-inflight=300", "--max-mutating-requests-inflight=300"],
         ({"max-requests-inflight": 400, "max-mutating-requests-inflight": 200},
          {"max-requests-inflight": 300, "max-mutating-requests-inflight": 300})),
    ],
)  # fmt: skip
def test_concurrency(old: list[str], new: list[str], shown: tuple[object, object], tmp_path: Path) -> None:
    change = only(compared(tmp_path, old, new))
    assert (change.kind, change.before, change.after) == ("apf", *shown)


def test_a_pair_of_certificate_and_key_is_one_change(tmp_path: Path) -> None:
    pair = ["--tls-cert-file=/keys/{}.crt", "--tls-private-key-file=/keys/{}.key"]
    flags = [[flag.format(name) for flag in pair] for name in ("a", "b")]
    change = only(compared(tmp_path, *flags))
    assert (change.kind, change.name, change.severity) == ("tls", "tls-cert-file", "plan")


def test_a_flag_without_effect(tmp_path: Path) -> None:
    change = only(compared(tmp_path, [], ["--audit-log-maxage=7"]))
    assert (change.severity, change.effect) == ("cosmetic", "The flag has no effect without --audit-log-path.")


CERTIFICATES = [f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n" for text in ("MIIB", "MIIC")]


@pytest.mark.parametrize(
    ("old", "new", "case"),
    [
        ("a", "ab", "bundle.added"),
        ("ab", "b", "bundle.removed"),
        ("a", "a", "bundle.moved"),
        ("a", "b", ""),
    ],
)
def test_bundles(old: str, new: str, case: str, tmp_path: Path) -> None:
    texts = ["".join(CERTIFICATES["ab".index(letter)] for letter in names) for names in (old, new)]
    flags = [["--client-ca-file=$T/old.crt"], ["--client-ca-file=$T/new.crt"]]
    (change,) = compared(tmp_path, *flags, files={"old.crt": texts[0], "new.crt": texts[1]}).changes
    assert case_of(change) == case
    if not case:
        assert change.effect.startswith("Unless the new file contains the old CA as well")


DOCUMENT = "apiVersion: kasc/v1\nkind: APIServer\nkubernetesVersion: '{}'\nmetadata: {{name: a}}\n"


@pytest.mark.parametrize(
    ("old", "new", "case", "safe"),
    [
        ("1.35", "1.36", "version.hop", True),
        ("1.34", "1.35", "version.hop", True),
        ("1.36", "1.35", "version.rollback", True),
        ("1.33", "1.35", "version.skew", False),
        ("1.35", "1.35", None, True),
    ],
)
def test_versions(old: str, new: str, case: str | None, safe: bool, tmp_path: Path) -> None:
    import compiler

    paths = [tmp_path / name for name in ("a.yaml", "b.yaml")]
    for path, version in zip(paths, (old, new), strict=True):
        path.write_text(DOCUMENT.format(version))
    comparison = compiler.diff(*paths)
    changes = {change.name: change for change in comparison.changes}
    assert comparison.safe_mixed is safe
    if case is None:
        assert not changes
        return
    assert case_of(changes["kubernetes-version"]) == case
    assert (changes["kubernetes-version"].before, changes["kubernetes-version"].after) == (old, new)


def test_a_storage_version_that_the_other_server_cannot_decode(tmp_path: Path) -> None:
    import compiler

    paths = [tmp_path / name for name in ("a.yaml", "b.yaml")]
    for path, version in zip(paths, ("1.33", "1.35"), strict=True):
        enabled = "apiEnablement: {runtimeConfig: {resource.k8s.io/v1beta1: 'true'}}\n"
        path.write_text(DOCUMENT.format(version) + enabled)
    change = next(each for each in compiler.diff(*paths).changes if each.name == "deviceclasses.resource.k8s.io")
    assert (change.before, change.after, case_of(change)) == ("v1beta1", "v1", "storage.version-unreadable")


def test_another_content_under_the_same_path(tmp_path: Path) -> None:
    document = (
        "apiVersion: kasc/v1\nkind: APIServer\nkubernetesVersion: '1.36'\nmetadata: {name: a}\n"
        "auditing:\n  auditLogPath: '-'\n  auditPolicyFile:\n    content:\n"
        "      apiVersion: audit.k8s.io/v1\n      kind: Policy\n      rules: [{level: LEVEL}]\n"
    )
    paths = [tmp_path / name for name in ("a.yaml", "b.yaml")]
    for path, level in zip(paths, ("Metadata", "Request"), strict=True):
        path.write_text(document.replace("LEVEL", level))
    import compiler

    change = only(compiler.diff(*paths))
    assert (change.kind, change.name, change.severity) == ("audit", "audit-policy-file", "behaviour")
    assert change.before[0] == change.after[0] == "/etc/kubernetes/kasc/audit-policy-file.yaml"
    assert change.before[1] != change.after[1]
    assert change.before[1].startswith("sha256:")


@pytest.mark.parametrize(
    ("flags", "effect"),
    [
        (["--anonymous-auth=false"],
         "The changed server answers 401 to requests without credentials, such as probes, health checks of load "
         "balancers, kubeadm join, and readers of the issuer discovery document."),
        (["--etcd-prefix=/other"],
         "The server starts an empty cluster below the new prefix in the same etcd. All objects are missing, and "
         "existing tokens get 401."),
        (["--disable-admission-plugins=PodSecurity"],
         "The plugin's rules are no longer enforced by the changed server, and whoever retries is admitted there."),
    ],
)  # fmt: skip
def test_messages(flags: list[str], effect: str, tmp_path: Path) -> None:
    change = only(compared(tmp_path, [], flags))
    assert change.effect == effect
    assert not change.safe_mixed


def test_every_case_has_its_own_effect() -> None:
    effects = [row["effect"] for row in MEANINGS.values()]
    assert len(effects) == len(set(effects))
