"""Rollouts: phases that lead to the new configuration, and that kasc itself judges to be safe."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.changes import diff
from compiler.changes.change import ONCE, Comparison
from compiler.changes.effects import consequence_of_meaning, consequence_of_plugin
from compiler.changes.rollout import Rollout, rollout_of
from compiler.changes.rollout.phases import ALL_AT_ONCE, ONE_BY_ONE
from compiler.changes.rollout.recipes import DROP, STEPS, TASKS, recipe_names, recipe_of
from compiler.changes.rollout.report import as_data, as_markdown, as_text
from tests.changes import compared
from tests.changes.test_experiments import EXPERIMENTS
from tests.changes.test_meanings import SECRETS, encryption
from tests.recordings import ROOT

DATA = ROOT / "compiler/changes/data"


def require_property(comparison: Comparison) -> Rollout:
    """Fail unless the phases end in the new configuration, and each is safe next to the one before it."""
    rollout = rollout_of(comparison)
    assert bool(rollout.phases) == bool(comparison.changes)
    if not rollout.phases:
        return rollout
    known = comparison.old.context.report.errors() | comparison.new.context.report.errors()
    servers = [comparison.old, *(phase.state.server for phase in rollout.phases)]
    for number, (before, after) in enumerate(pairwise(servers)):
        phase = rollout.phases[number]
        earlier = rollout.phases[number - 1].wait if number else ()
        met = {task.until for task in (*phase.before, *earlier)}
        changes = diff(before, after).changes
        assert changes
        assert after.context.report.errors() <= known
        unsafe = [change for change in changes if not change.safe_mixed and change.safe_once not in met - {""}]
        assert phase.servers == (ALL_AT_ONCE if unsafe else ONE_BY_ONE)
        assert list(phase.unsafe) == unsafe
    assert diff(servers[-1], comparison.new).changes == ()
    return rollout


def stages(rollout: Rollout) -> list[tuple[str, str]]:
    return [(phase.title, phase.servers) for phase in rollout.phases]


def values(rollout: Rollout, flag: str) -> list[list[str]]:
    """Return the texts of a flag in each phase."""
    return [[use.text for use in phase.state.configuration.value(flag).uses] for phase in rollout.phases]


@pytest.mark.parametrize("row", EXPERIMENTS, ids=lambda row: str(row["id"]))
def test_rollout_of_an_experiment(row: dict[str, Any], tmp_path: Path) -> None:
    files = {path.removeprefix("$T/"): text for path, text in (row.get("files") or {}).items()}
    comparison = compared(tmp_path, row["old"], row["new"], files, row.get("version", "1.36"))
    rollout = require_property(comparison)
    if comparison.safe_mixed:
        assert len(rollout.phases) <= 1
    planned = " ".join(row["plan"])
    stops = any(phase.servers == ALL_AT_ONCE for phase in rollout.phases)
    assert stops or not re.search("one window|stop", planned)
    if re.search("second on all|reader|superset|bundle", planned) and not comparison.safe_mixed:
        assert len(rollout.phases) > 1
        assert not stops


A, B, C = (f"--service-account-issuer=https://{name}.example" for name in "abc")


@pytest.mark.parametrize(
    ("old", "new", "phases"),
    [
        ([A], [B], ["a", "ab", "ba", "b"]),
        ([A], [A, B], ["a", "ab"]),
        ([A], [B, A], ["a", "ab", "ba"]),
        ([A, B], [B], ["ab", "ba", "b"]),
        ([A, B], [A], ["ab", "a"]),
        ([A, B], [B, C], ["ab", "abc", "bca", "bc"]),
    ],
)
def test_issuer(old: list[str], new: list[str], phases: list[str], tmp_path: Path) -> None:
    rollout = require_property(compared(tmp_path, old, new))
    texts = ["".join(text[8] for text in texts) for texts in values(rollout, "service-account-issuer")]
    assert texts == phases[1:]
    assert {phase.servers for phase in rollout.phases} == {ONE_BY_ONE}


def test_tokens_are_renewed_before_the_old_issuer_is_removed(tmp_path: Path) -> None:
    rollout = rollout_of(compared(tmp_path, [A], [B]))
    assert ["tokens-renewed" in [task.until for task in phase.wait] for phase in rollout.phases] == [False, True, False]
    assert rollout.phases[1].check[0].expect == "the issuer is https://b.example"
    direct = rollout_of(compared(tmp_path, [A, B], [A]))
    assert [task.until for task in direct.phases[0].before] == ["tokens-renewed"]


def test_default_audiences_stay_until_tokens_are_renewed(tmp_path: Path) -> None:
    rollout = require_property(compared(tmp_path, [], ["--api-audiences=b"]))
    assert values(rollout, "api-audiences") == [["https://kubernetes.default.svc,b"], ["b"]]


def test_signing_key(tmp_path: Path) -> None:
    old, new = (
        [f"--service-account-signing-key-file=/keys/{name}.key", f"--service-account-key-file=/keys/{name}.pub"]
        for name in "ab"
    )
    rollout = require_property(compared(tmp_path, old, new))
    assert values(rollout, "service-account-key-file") == [["/keys/a.pub", "/keys/b.pub"]] * 2 + [["/keys/b.pub"]]
    assert values(rollout, "service-account-signing-key-file") == [["/keys/a.key"], ["/keys/b.key"], ["/keys/b.key"]]
    assert {phase.servers for phase in rollout.phases} == {ONE_BY_ONE}


def test_an_external_signer_needs_a_stop(tmp_path: Path) -> None:
    rollout = require_property(compared(tmp_path, [], ["--service-account-signing-endpoint=/run/signer.sock"]))
    assert [phase.servers for phase in rollout.phases] == [ALL_AT_ONCE]


def encrypted(directory: Path, old: str | None, new: str | None, more: tuple[str, ...] = ()) -> Comparison:
    files = {name: text for name, text in (("a.yaml", old), ("b.yaml", new)) if text}
    flags = [[f"--encryption-provider-config=$T/{name}"] if name in files else [] for name in ("a.yaml", "b.yaml")]
    return compared(directory, flags[0], [*flags[1], *more], files)


def providers_in(rollout: Rollout) -> list[list[dict[str, Any]]]:
    edits = [edit for phase in rollout.phases for edit in phase.edits if edit.flag == "encryption-provider-config"]
    return [[] if edit.after is None else edit.after["resources"] for edit in edits]


@pytest.mark.parametrize(
    ("old", "new", "phases"),
    [
        ((), ("k1",), [("identity", "k1"), ("k1", "identity"), ("k1",)]),
        ((), ("k1", "identity"), [("identity", "k1"), ("k1", "identity")]),
        (("k1",), ("k2",), [("k1", "k2"), ("k2", "k1"), ("k2",)]),
        (("k1", "identity"), ("k2", "identity"),
         [("k1", "identity", "k2"), ("k2", "identity", "k1"), ("k2", "identity")]),
        (("k1",), (), [("k1", "identity"), ("identity", "k1"), ()]),
        (("k1", "identity"), (), [("identity", "k1"), ()]),
        (("k1", "k2"), ("k2",), [("k2", "k1"), ("k2",)]),
        (("kmsA", "identity"), ("kmsB", "identity"),
         [("kmsA", "identity", "kmsB"), ("kmsB", "identity", "kmsA"), ("kmsB", "identity")]),
    ],
)  # fmt: skip
def test_encryption(old: tuple[str, ...], new: tuple[str, ...], phases: list[tuple[str, ...]], tmp_path: Path) -> None:
    texts = [encryption(secrets=names) if names else None for names in (old, new)]
    rollout = require_property(encrypted(tmp_path, *texts))
    found = [
        tuple(name.split(":")[-1] for entry in entries for name in entry["providers"])
        for entries in providers_in(rollout)
    ]
    assert found == phases
    assert {phase.servers for phase in rollout.phases} == {ONE_BY_ONE}


def test_encryption_of_resources_in_wildcards(tmp_path: Path) -> None:
    old = encryption(ALL=("k1", "identity"))
    new = encryption(secrets=("k2", "identity"), ALL=("k1", "identity"))
    rollout = require_property(encrypted(tmp_path, old, new))
    assert [[entry["resources"] for entry in entries] for entries in providers_in(rollout)] == [
        [["secrets"], ["*.*"]]
    ] * 3


def test_encryption_keys_that_become_references() -> None:
    from compiler.changes.rollout.providers import combined

    old, new = (yaml.safe_load(encryption(secrets=names)) for names in (("k1", "identity"), ("k2", "k1", "identity")))
    new["resources"][0]["providers"][1]["aescbc"]["keys"][0]["secret"] = {"env": "K1"}
    (entry,) = combined(old, new)["resources"]
    keys = [key for provider in entry["providers"] for key in provider.get("aescbc", {}).get("keys", [])]
    assert keys == [{"name": "k1", "secret": {"env": "K1"}}, {"name": "k2", "secret": SECRETS[1]}]


def test_encryption_with_files_that_are_not_available(tmp_path: Path) -> None:
    flag = "--encryption-provider-config=/keys/{}.yaml"
    rollout = require_property(compared(tmp_path, [flag.format("a")], [flag.format("b")]))
    assert values(rollout, "encryption-provider-config") == [
        ["/keys/a-and-b.yaml"], ["/keys/b-and-a.yaml"], ["/keys/b.yaml"]
    ]  # fmt: skip
    assert {phase.servers for phase in rollout.phases} == {ONE_BY_ONE}
    assert rollout.phases[0].before[0].text == (
        "/keys/a-and-b.yaml exists on every server. For each resource, it lists the providers of /keys/a.yaml, then "
        "the providers of /keys/b.yaml, each once."
    )
    assert (
        rollout.phases[1].after[0].text
        == "Rewrite the objects of all resources, so that the new provider encrypts them."
    )
    assert rollout.phases[1].after[0].run.startswith('kubectl get "$(kubectl api-resources ')


def test_no_secret_is_in_a_report(tmp_path: Path) -> None:
    texts = [encryption(secrets=(name, "identity")) for name in ("k1", "k2")]
    rollout = rollout_of(encrypted(tmp_path, *texts))
    shown = repr(as_data(rollout)) + as_markdown(rollout) + "".join(as_text(rollout, verbose=True))
    assert not any(secret in shown for secret in SECRETS)
    assert "secretbox" not in shown
    assert "aescbc:v1:k1" in shown


def test_no_secret_in_an_unknown_flag_is_in_a_report(tmp_path: Path) -> None:
    old, new = ([f"--client-secret=hunter{number}", f"--v={number}"] for number in (2, 3))
    rollout = rollout_of(compared(tmp_path, old, new))
    shown = repr(as_data(rollout)) + as_markdown(rollout) + "".join(as_text(rollout, verbose=True))
    assert "client-secret" in shown
    assert "hunter" not in shown


@pytest.mark.parametrize(
    ("flag", "paths"),
    [
        ("client-ca-file", ["/keys/a-and-b.crt", "/keys/b.crt"]),
        ("requestheader-client-ca-file", ["/keys/a-and-b.crt", "/keys/b.crt"]),
        ("etcd-cafile", ["/keys/a-and-b.crt", "/keys/b.crt"]),
        ("kubelet-certificate-authority", ["/keys/a-and-b.crt", "/keys/b.crt"]),
    ],
)
def test_bundle_of_files_that_are_not_available(flag: str, paths: list[str], tmp_path: Path) -> None:
    rollout = require_property(compared(tmp_path, [f"--{flag}=/keys/a.crt"], [f"--{flag}=/keys/b.crt"]))
    assert values(rollout, flag) == [[path] for path in paths]
    assert {phase.servers for phase in rollout.phases} == {ONE_BY_ONE}
    assert rollout.phases[0].before[0].run == "cat /keys/a.crt /keys/b.crt > /keys/a-and-b.crt"


@pytest.mark.parametrize(
    ("old", "new", "refused"),
    [
        ([], ["--etcd-prefix=/other"], "--etcd-prefix: this starts an empty cluster"),
        ([], ["--etcd-servers=http://10.0.0.9:2379"], "all resources: unless both are the same etcd under other names"),
        (
            [],
            ["--etcd-servers-overrides=/configmaps#http://10.0.0.9:2379"],
            "configmaps: unless both are the same etcd",
        ),
    ],
)
def test_moves_of_stored_data_are_refused_while_servers_run(
    old: list[str], new: list[str], refused: str, tmp_path: Path
) -> None:
    rollout = require_property(compared(tmp_path, old, new))
    assert [reason.startswith(refused) for reason in rollout.refused] == [True]
    assert [phase.servers for phase in rollout.phases] == [ALL_AT_ONCE]
    assert rollout.phases[0].do
    assert as_text(rollout)[0].startswith("cannot be rolled out while servers run: ")


def test_independent_changes_share_phases(tmp_path: Path) -> None:
    old, new = (
        [
            f"--service-account-issuer=https://{name}.example",
            f"--client-ca-file=/keys/{name}.crt",
            f"--encryption-provider-config=/keys/{name}.yaml",
        ]
        for name in "ab"
    )
    rollout = require_property(compared(tmp_path, old, [*new, "--request-timeout=30s"]))
    assert [phase.servers for phase in rollout.phases] == [ONE_BY_ONE] * 3
    assert [edit.flag for edit in rollout.phases[0].edits] == [
        *("service-account-issuer", "client-ca-file", "encryption-provider-config", "request-timeout"),
    ]
    assert rollout.phases[0].title.endswith("; change --request-timeout")


def test_a_stop_is_a_phase_of_its_own(tmp_path: Path) -> None:
    rollout = require_property(
        compared(tmp_path, [A], [B, "--authorization-mode=AlwaysAllow", "--request-timeout=30s"])
    )
    assert [phase.servers for phase in rollout.phases] == [ONE_BY_ONE, ONE_BY_ONE, ALL_AT_ONCE, ONE_BY_ONE]
    assert [edit.flag for edit in rollout.phases[2].edits] == ["authorization-mode"]


def test_only_a_stop(tmp_path: Path) -> None:
    rollout = require_property(compared(tmp_path, [], ["--authorization-mode=AlwaysAllow", "--request-timeout=30s"]))
    assert [phase.servers for phase in rollout.phases] == [ALL_AT_ONCE]


@pytest.mark.parametrize(
    ("old", "new", "phases"),
    [
        ("Node,RBAC", "Node,Webhook", ["Node,RBAC,Webhook", "Node,Webhook"]),
        ("AlwaysAllow", "Node,RBAC", ["AlwaysAllow,Node,RBAC", "Node,RBAC"]),
        ("Node,RBAC", "Node", ["Node"]),
        ("Node", "Node,RBAC", ["Node,RBAC"]),
        ("Node,RBAC", "AlwaysAllow", ["AlwaysAllow"]),
    ],
)
def test_authorizers(old: str, new: str, phases: list[str], tmp_path: Path) -> None:
    flags = [
        [
            f"--authorization-mode={modes}",
            *["--authorization-webhook-config-file=$T/webhook.yaml"] * ("Webhook" in modes),
        ]
        for modes in (old, new)
    ]
    rollout = require_property(compared(tmp_path, *flags, files=FILES))
    assert values(rollout, "authorization-mode") == [[modes] for modes in phases]
    stops = {phase.servers for phase in rollout.phases}
    assert stops == {ALL_AT_ONCE if new == "AlwaysAllow" else ONE_BY_ONE}


def test_modes_that_move_to_a_file_are_not_joined_with_a_default(tmp_path: Path) -> None:
    new = ["--authorization-config=$T/authz.yaml"]
    rollout = require_property(compared(tmp_path, ["--authorization-mode=Node,RBAC"], new, FILES))
    assert [phase.servers for phase in rollout.phases] == [ALL_AT_ONCE]


def test_issuers_of_users(tmp_path: Path) -> None:
    flags = [[f"--authentication-config=$T/jwt{number}.yaml"] for number in (1, 2)]
    rollout = require_property(compared(tmp_path, *flags, files=FILES))
    issuers = [
        [issuer.url for issuer in phase.state.server.config.authentication.jwt.issuers or ()]
        for phase in rollout.phases
    ]
    assert issuers == [["https://one.example", "https://two.example"], ["https://two.example"]]
    assert {phase.servers for phase in rollout.phases} == {ONE_BY_ONE}


def hop(directory: Path, old: str, new: str, flags: tuple[str, ...] = ()) -> Comparison:
    from compiler.changes.inputs import compare_inputs

    text = "apiVersion: kasc/v1\nkind: APIServer\nkubernetesVersion: '{}'\nmetadata: {{name: a}}\n" + (
        "etcd: {etcdServers: ['https://10.0.0.1:2379']}\n"
        "authentication: {serviceAccountIssuer: [https://a.example], serviceAccountKeyFile: [/keys/sa.pub]}\n"
        "misc: {serviceClusterIPRange: 10.0.0.0/24, serviceAccountSigningKeyFile: /keys/sa.key}\n"
        "authorization: {authorizationMode: [Node, RBAC]}\n"
    ).replace("{", "{{").replace("}", "}}")
    paths = []
    for name, version in (("old", old), ("new", new)):
        paths.append(directory / f"{name}.yaml")
        paths[-1].write_text(text.format(version) + "".join(flags if name == "new" else ()))
    result = compare_inputs(*map(str, paths))
    assert result.comparison is not None
    return result.comparison


def versions_of(rollout: Rollout) -> list[tuple[str, int]]:
    return [(phase.state.configuration.version, phase.state.server.context.emulated) for phase in rollout.phases]


def test_another_version_is_emulated_first(tmp_path: Path) -> None:
    rollout = require_property(hop(tmp_path, "1.35", "1.36"))
    assert versions_of(rollout) == [("1.36", 35), ("1.36", 36)]
    assert rollout.phases[0].title.startswith("Run kube-apiserver 1.36 with the APIs, storage versions")
    assert {phase.servers for phase in rollout.phases} == {ONE_BY_ONE}


def test_one_minor_version_at_a_time(tmp_path: Path) -> None:
    rollout = require_property(hop(tmp_path, "1.33", "1.35"))
    assert versions_of(rollout) == [("1.34", 33), ("1.34", 34), ("1.35", 34), ("1.35", 35)]
    assert {phase.servers for phase in rollout.phases} == {ONE_BY_ONE}


def test_an_older_version_is_emulated_before_it_is_installed(tmp_path: Path) -> None:
    rollout = require_property(hop(tmp_path, "1.36", "1.35"))
    assert versions_of(rollout) == [("1.36", 35), ("1.35", 35)]


def flags_of(pool: list[list[str]]) -> st.SearchStrategy[list[str]]:
    """Return flags, for each group at most one of its alternatives."""
    return st.tuples(*(st.sampled_from([None, *group]) for group in pool)).map(
        lambda chosen: [word for text in chosen if text for word in text.split(" ")]
    )


POOL = [
    [A, B, f"{A} {B}", f"{B} {A}", f"{C} {A}"],
    ["--api-audiences=x", "--api-audiences=x,y"],
    ["--client-ca-file=/keys/a.crt", "--client-ca-file=/keys/b.crt"],
    ["--etcd-cafile=/keys/a.crt", "--etcd-cafile=/keys/b.crt"],
    ["--encryption-provider-config=$T/1.yaml", "--encryption-provider-config=$T/2.yaml",
     "--encryption-provider-config=$T/3.yaml", "--encryption-provider-config=/keys/e.yaml"],
    ["--service-account-key-file=/keys/a.pub --service-account-signing-key-file=/keys/a.key",
     "--service-account-key-file=/keys/a.pub --service-account-key-file=/keys/b.pub "
     "--service-account-signing-key-file=/keys/b.key"],
    ["--authorization-mode=RBAC", "--authorization-mode=AlwaysAllow", "--authorization-config=$T/authz.yaml",
     "--authorization-mode=Node,Webhook --authorization-webhook-config-file=$T/webhook.yaml"],
    ["--anonymous-auth=false", "--authentication-config=$T/authn.yaml", "--authentication-config=$T/jwt1.yaml",
     "--authentication-config=$T/jwt2.yaml"],
    ["--runtime-config=batch/v1=false", "--runtime-config=api/alpha=true"],
    ["--feature-gates=CoordinatedLeaderElection=true", "--feature-gates=AllAlpha=true"],
    ["--etcd-prefix=/other"],
    ["--etcd-servers=http://10.0.0.9:2379"],
    ["--etcd-servers-overrides=/events#http://b:2379", "--etcd-servers-overrides=/configmaps#http://b:2379"],
    ["--service-cluster-ip-range=10.0.0.0/16", "--service-cluster-ip-range=10.0.0.0/24,fd00:1::/112"],
    ["--emulated-version=1.35", "--emulated-version=1.34"],
    ["--disable-admission-plugins=PodSecurity", "--enable-admission-plugins=EventRateLimit"],
    ["--request-timeout=30s", "--request-timeout=2m"],
    ["--no-such-flag=1", "--request-timeout=never"],
]  # fmt: skip
JWT = (
    "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt:\n"
    "- issuer: {{url: 'https://{}.example', audiences: [kubernetes]}}\n"
    "  claimMappings: {{username: {{claim: sub, prefix: ''}}}}\n"
)
FILES = {
    "jwt1.yaml": JWT.format("one"),
    "jwt2.yaml": JWT.format("two"),
    "webhook.yaml": "apiVersion: v1\nkind: Config\nclusters: [{name: c, cluster: {server: 'https://a.example'}}]\n"
    "users: [{name: u, user: {}}]\ncontexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x\n",
    "1.yaml": encryption(secrets=("k1", "identity")),
    "2.yaml": encryption(secrets_configmaps=("k2",), ALL=("identity",)),
    "3.yaml": encryption(secrets=("kmsA", "k1=2")),
    "authz.yaml": "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\n"
    "authorizers: [{type: RBAC, name: rbac}]\n",
    "authn.yaml": "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n"
    "anonymous: {enabled: true, conditions: [{path: /livez}]}\n",
}


@settings(max_examples=40)
@given(flags_of(POOL), flags_of(POOL))
def test_phases_end_in_the_new_configuration_and_are_safe(
    tmp_path_factory: pytest.TempPathFactory, old: list[str], new: list[str]
) -> None:
    require_property(compared(tmp_path_factory.getbasetemp(), old, new, FILES))


def test_recipes_without_rows_and_rows_without_recipe() -> None:
    meanings = yaml.safe_load((DATA / "meanings.yaml").read_text())
    admission = yaml.safe_load((DATA / "admission.yaml").read_text())
    used = {consequence_of_meaning(name).recipe for name in meanings}
    used |= {consequence.recipe for name in admission["plugins"] for consequence in (
        consequence_of_plugin(name, True), consequence_of_plugin(name, False)) if consequence}  # fmt: skip
    rows = [row for entry in yaml.safe_load((DATA / "consequences.yaml").read_text()) for row in entry["rows"]]
    used |= {row.get("recipe", "") for row in rows}
    assert used - {""} == recipe_names()


def test_every_condition_of_a_row_is_met_by_its_recipe() -> None:
    rows = [row for entry in yaml.safe_load((DATA / "consequences.yaml").read_text()) for row in entry["rows"]]
    rows += yaml.safe_load((DATA / "meanings.yaml").read_text()).values()
    for row in rows:
        if row.get("once"):
            steps = recipe_of(row["recipe"]).steps.values()
            assert row["once"] in {task.until for step in steps for task in step.before}
    steps = [step for name in recipe_names() for step in recipe_of(name).steps.values()]
    assert {task.until for step in steps for task in step.before} == {"", *ONCE}


def test_placeholders_are_filled_in(tmp_path: Path) -> None:
    known = {"{flag}", "{names}", "{objects}", "{resources}", "{old}", "{new}", "{document}", "{previous}", "{address}"}
    text = (DATA / "recipes.json").read_text()
    assert set(re.findall(r"\{[a-z]+\}", text)) == {*known, "{version}", "{effective}"}
    comparison = compared(tmp_path, [A], [B, "--tls-cert-file=/keys/a.crt", "--tls-private-key-file=/keys/a.key"])
    data = repr(as_data(rollout_of(comparison)))
    assert "SERVER:6443" in data
    assert re.findall(r"\{[a-z]+\}", data) == []


def test_every_recipe_ends_with_the_new_configuration() -> None:
    for name in recipe_names():
        recipe = recipe_of(name)
        assert set(recipe.steps) <= set(STEPS)
        assert "change" in recipe.steps or DROP in recipe.steps


def test_a_bundle_of_available_files_is_read(tmp_path: Path) -> None:
    """The new bundle has all certificates of the old one, and the other way round; else there is one with both."""
    from tests.changes.test_meanings import CERTIFICATES

    files = {"a.crt": CERTIFICATES[0], "b.crt": CERTIFICATES[1], "ab.crt": "".join(CERTIFICATES)}

    def paths(old: str, new: str) -> list[list[str]]:
        flags = [[f"--client-ca-file=$T/{name}.crt"] for name in (old, new)]
        rollout = require_property(compared(tmp_path, *flags, files=files))
        servers = [phase.state.server for phase in rollout.phases]
        bundles = [server.context.host.read(server.context.flags.text("client-ca-file")) or b"" for server in servers]
        return [[bundle.decode() for bundle in bundles], [phase.servers for phase in rollout.phases]]

    assert paths("a", "b") == [["".join(CERTIFICATES), CERTIFICATES[1]], [ONE_BY_ONE] * 2]
    assert paths("a", "ab") == [["".join(CERTIFICATES)], [ONE_BY_ONE]]
    assert paths("ab", "b") == [[CERTIFICATES[1]], [ONE_BY_ONE]]


def test_an_emulated_version_of_the_user_stays(tmp_path: Path) -> None:
    rollout = require_property(hop(tmp_path, "1.35", "1.36", ("generic: {emulatedVersion: ['1.35']}\n",)))
    assert versions_of(rollout) == [("1.36", 35)]
    assert values(rollout, "emulated-version") == [["1.35"]]


def test_credentials_in_edits_are_hidden(tmp_path: Path) -> None:
    rollout = rollout_of(compared(tmp_path, [], ["--service-account-jwks-uri=https://me:hunter2@a.example/keys"]))
    shown = repr(as_data(rollout)) + as_markdown(rollout) + "".join(as_text(rollout, verbose=True))
    assert "a.example/keys" in shown
    assert "hunter2" not in shown


def test_commands_are_those_of_a_shell_and_of_kasc(tmp_path: Path) -> None:
    import shlex

    from compiler.cli.parser import build

    rollouts = [
        rollout_of(compared(tmp_path, [], ["--etcd-prefix=/other"])),
        rollout_of(encrypted(tmp_path, encryption(secrets=("k1",)), encryption(secrets=("k2",)))),
    ]
    tasks = [
        task
        for rollout in rollouts
        for phase in rollout.phases
        for task in (*phase.before, *phase.do, *phase.check, *phase.after, *phase.wait)
    ]
    commands = [shlex.split(task.run) for task in tasks if task.run]
    own = [words[1:] for words in commands if words[0] == "kasc"]
    assert {words[0] for words in own} == {"verify", "probe"}
    for words in own:
        assert build(words[0])[0].parse_args(words).command == words[0]
    steps = [step for name in recipe_names() for step in recipe_of(name).steps.values()]
    runs = {task.run for step in steps for field in TASKS for task in getattr(step, field)} - {""}
    assert {shlex.split(run)[0] for run in runs} == {"kasc", "kubectl", "openssl"}


@pytest.mark.parametrize("name", ["x{new}.example.com", "x{document}.example.com", "$(reboot).example.com", "';x.a"])
def test_names_of_the_input_are_not_run(name: str, tmp_path: Path) -> None:
    """A command has the names of valid resources only; a placeholder in the name of one is a part of the name."""
    texts = [encryption(**{f'secrets_"{name}"': (key,)}) for key in ("k1", "k2")]
    tasks = [task for phase in rollout_of(encrypted(tmp_path, *texts)).phases for task in phase.after]
    assert [task.run.startswith('kubectl get "$(kubectl api-resources ') for task in tasks] == [True]
    if "{document}" not in name:
        assert name in tasks[0].text
