"""Flags and the structured files that replace them: the same behaviour is recognized, real differences are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.changes.change import Comparison
from tests.changes import compared, only

URL = "https://idp.example.com"
HEAD = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n"
AUTHENTICATION = "--authentication-config=$T/authn.yaml"
OIDC = (f"--oidc-issuer-url={URL}", "--oidc-client-id=kubernetes")
CASES: dict[str, tuple[list[str], str]] = {
    "no prefix": ([], f"username: {{claim: sub, prefix: '{URL}#'}}"),
    "other claim": (["--oidc-username-claim=name"], f"username: {{claim: name, prefix: '{URL}#'}}"),
    "email": (["--oidc-username-claim=email"], "username: {claim: email, prefix: ''}"),
    "dash": (["--oidc-username-prefix=-"], "username: {claim: sub, prefix: ''}"),
    "prefix": (["--oidc-username-prefix=oidc:"], "username: {claim: sub, prefix: 'oidc:'}"),
    "groups": (
        ["--oidc-username-prefix=-", "--oidc-groups-claim=groups"],
        "username: {claim: sub, prefix: ''}\n    groups: {claim: groups, prefix: ''}",
    ),
    "groups prefix": (
        ["--oidc-username-prefix=-", "--oidc-groups-claim=groups", "--oidc-groups-prefix=g:"],
        "username: {claim: sub, prefix: ''}\n    groups: {claim: groups, prefix: 'g:'}",
    ),
    "required claim": (
        ["--oidc-username-prefix=-", "--oidc-required-claim=hd=example.com"],
        "username: {claim: sub, prefix: ''}\n  claimValidationRules: [{claim: hd, requiredValue: example.com}]",
    ),
}


def authentication(mappings: str, audience: str = "kubernetes", more: str = "") -> str:
    issuer = f"{{url: '{URL}', audiences: [{audience}]}}"
    return f"{HEAD}jwt:\n- issuer: {issuer}\n  claimMappings:\n    {mappings}\n{more}"


def moved(directory: Path, flags: list[str], text: str) -> Comparison:
    return compared(directory, [*OIDC, *flags], [AUTHENTICATION], {"authn.yaml": text})


@pytest.mark.parametrize("name", CASES)
def test_oidc_flags_and_the_equivalent_file(name: str, tmp_path: Path) -> None:
    flags, mappings = CASES[name]
    comparison = moved(tmp_path, flags, authentication(mappings))
    assert {change.name for change in comparison.changes} == {"authentication-config", "oidc-signing-algs"}
    assert (comparison.safe_mixed, comparison.severity) == (True, "behaviour")
    move = next(change for change in comparison.changes if change.name == "authentication-config")
    assert move.effect.startswith("The file describes the same authentication as the flags did.")
    assert move.after == ["--authentication-config"]
    algorithms = next(change for change in comparison.changes if change.name == "oidc-signing-algs")
    assert algorithms.before == ["RS256"]
    assert algorithms.effect.startswith("The file accepts every signing algorithm")


@pytest.mark.parametrize("name", CASES)
def test_back_to_the_flags(name: str, tmp_path: Path) -> None:
    flags, mappings = CASES[name]
    text = {"authn.yaml": authentication(mappings)}
    comparison = compared(tmp_path, [AUTHENTICATION], [*OIDC, *flags], text)
    assert {change.name for change in comparison.changes} == {"authentication-config", "oidc-signing-algs"}
    assert not comparison.safe_mixed  # tokens that are signed with another algorithm than RS256


@pytest.mark.parametrize(
    ("flags", "mappings"),
    [
        (["--oidc-username-prefix=-"], "username: {claim: sub, prefix: '-'}"),
        ([], "username: {claim: sub, prefix: ''}"),
        (["--oidc-groups-claim=groups", "--oidc-groups-prefix=-"],
         f"username: {{claim: sub, prefix: '{URL}#'}}\n    groups: {{claim: groups, prefix: ''}}"),
    ],
)  # fmt: skip
def test_other_user_names(flags: list[str], mappings: str, tmp_path: Path) -> None:
    comparison = moved(tmp_path, flags, authentication(mappings))
    claims = next(change for change in comparison.changes if change.name == URL)
    assert claims.effect.startswith("Users or groups get other names on the changed server.")
    assert (claims.severity, claims.safe_mixed) == ("breaking", False)
    move = next(change for change in comparison.changes if change.name == "authentication-config")
    assert "what it describes differently is listed separately" in move.effect


@pytest.mark.parametrize(("inline", "same"), [("one", True), ("other", False)])
def test_the_ca_as_a_file_and_inline(inline: str, same: bool, tmp_path: Path) -> None:
    mappings = f"username: {{claim: sub, prefix: '{URL}#'}}"
    text = authentication(mappings).replace("audiences:", f"certificateAuthority: '{inline}', audiences:")
    files = {"authn.yaml": text, "ca.crt": "one\n"}
    changes = compared(tmp_path, [*OIDC, "--oidc-ca-file=$T/ca.crt"], [AUTHENTICATION], files).changes
    assert (URL in {change.name for change in changes}) is not same


def test_another_audience(tmp_path: Path) -> None:
    text = authentication(f"username: {{claim: sub, prefix: '{URL}#'}}", audience="other")
    change = next(change for change in moved(tmp_path, [], text).changes if change.name == URL)
    assert (change.before, change.after) == (["kubernetes"], ["other"])
    assert not change.safe_mixed


@pytest.mark.parametrize(
    ("flag", "block", "names"),
    [
        ([], "", {"authentication-config"}),
        (["--anonymous-auth=true"], "", {"authentication-config"}),
        (["--anonymous-auth=true"], "anonymous: {enabled: true}\n", {"authentication-config"}),
        (["--anonymous-auth=false"], "anonymous: {enabled: false}\n", {"authentication-config"}),
        (["--anonymous-auth=false"], "", {"authentication-config", "anonymous"}),
        ([], "anonymous: {enabled: true, conditions: [{path: /livez}]}\n", {"authentication-config", "anonymous"}),
    ],
)
def test_anonymous_block(flag: list[str], block: str, names: set[str], tmp_path: Path) -> None:
    comparison = compared(tmp_path, flag, [AUTHENTICATION], {"authn.yaml": HEAD + block})
    assert {change.name for change in comparison.changes} == names


HEAD_Z = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\nauthorizers:\n"
AUTHORIZATION = "--authorization-config=$T/authz.yaml"
NODE, RBAC = "- {type: Node, name: node}\n", "- {type: RBAC, name: rbac}\n"
KUBECONFIG = """\
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://127.0.0.1:9/x"}}]
users: [{name: u, user: {}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
"""


def webhook(
    name: str = "default", policy: str = "NoOpinion", more: str = "authorizedTTL: 5m, unauthorizedTTL: 30s"
) -> str:
    connection = "connectionInfo: {type: KubeConfigFile, kubeConfigFile: $T/kc}"
    settings = f"timeout: 30s, subjectAccessReviewVersion: v1, failurePolicy: {policy}, {connection}, {more}"
    return f"- {{type: Webhook, name: {name}, webhook: {{{settings}}}}}\n"


WEBHOOK_FLAGS = [
    "--authorization-mode=Webhook,RBAC",
    "--authorization-webhook-config-file=$T/kc",
    "--authorization-webhook-version=v1",
]


def test_modes_and_the_equivalent_file(tmp_path: Path) -> None:
    change = only(
        compared(tmp_path, ["--authorization-mode=Node,RBAC"], [AUTHORIZATION], {"authz.yaml": HEAD_Z + NODE + RBAC})
    )
    assert (change.kind, change.name, change.safe_mixed) == ("authorizer", "authorization-config", True)
    assert change.effect.startswith("The file describes the same authorizers as the flags did.")
    assert (change.before, change.after) == (["--authorization-mode"], ["--authorization-config"])


def test_back_to_the_modes(tmp_path: Path) -> None:
    files = {"authz.yaml": HEAD_Z + NODE + RBAC}
    change = only(compared(tmp_path, [AUTHORIZATION], ["--authorization-mode=Node,RBAC"], files))
    assert change.effect == (
        "The flags describe the same authorizers as the file did. Changes need a restart from now on."
    )


@pytest.mark.parametrize(
    ("flags", "entry"),
    [
        ([], webhook()),
        ([], webhook("corporate")),
        (["--authorization-webhook-cache-authorized-ttl=1m"], webhook(more="authorizedTTL: 1m, unauthorizedTTL: 30s")),
        (["--authorization-webhook-cache-authorized-ttl=0"],
         webhook(more="authorizedTTL: 5m, unauthorizedTTL: 30s, cacheAuthorizedRequests: false")),
    ],
)  # fmt: skip
def test_webhook_flags_and_the_equivalent_file(flags: list[str], entry: str, tmp_path: Path) -> None:
    files = {"kc": KUBECONFIG, "authz.yaml": HEAD_Z + entry + RBAC}
    change = only(compared(tmp_path, WEBHOOK_FLAGS + flags, [AUTHORIZATION], files))
    assert change.name == "authorization-config"


def test_a_webhook_that_denies_when_it_fails(tmp_path: Path) -> None:
    files = {"kc": KUBECONFIG, "authz.yaml": HEAD_Z + webhook(policy="Deny") + RBAC}
    change = compared(tmp_path, WEBHOOK_FLAGS, [AUTHORIZATION], files).changes[0]
    assert (change.before, change.after) == ({"failurePolicy": "NoOpinion"}, {"failurePolicy": "Deny"})
    assert (change.severity, change.safe_mixed) == ("breaking", True)
    assert change.effect == (
        "If the webhook fails, every request gets 500 except those of system:masters. Probes without credentials fail "
        "too."
    )


def test_always_allow_in_a_file_does_not_disable_anonymous_requests(tmp_path: Path) -> None:
    files = {"authz.yaml": f"{HEAD_Z}- {{type: AlwaysAllow, name: alwaysallow}}\n"}
    change = compared(tmp_path, ["--authorization-mode=AlwaysAllow"], [AUTHORIZATION], files).changes[0]
    assert (change.name, change.before, change.after) == ("anonymous", False, True)
    assert "everybody who reaches the server may do everything" in change.effect


def test_admission_control_and_the_equivalent_flags(tmp_path: Path) -> None:
    from compiler.upstream.catalog import catalog

    plugins = catalog("1.36").plugins.values()
    listed = ["NamespaceLifecycle", "ServiceAccount", "NodeRestriction"]
    off = ",".join(each.name for each in plugins if not each.default_off and each.name not in listed)
    new = ["--enable-admission-plugins=NodeRestriction", f"--disable-admission-plugins={off}"]
    assert compared(tmp_path, [f"--admission-control={','.join(listed)}"], new).changes == ()
