"""The oidc flags, from which the server builds one issuer, as an AuthenticationConfiguration would declare it.

Kubernetes: pkg/kubeapiserver/options/authentication.go, validateOIDCOptions and ToAuthenticationConfig;
apiserver/plugin/pkg/authenticator/token/oidc/oidc.go, New.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler import rules
from compiler.apiserver.resolved_sections import ClaimMappings, JWTIssuer, PrefixedClaim, RequiredClaim
from compiler.text import shown
from compiler.upstream.catalog.facts import CHOICES

if TYPE_CHECKING:
    from compiler.apiserver.options.group import OptionGroup

ISSUER, CLIENT, CA_FILE = "oidc-issuer-url", "oidc-client-id", "oidc-ca-file"
USERNAME, USERNAME_PREFIX = "oidc-username-claim", "oidc-username-prefix"
GROUPS, GROUPS_PREFIX = "oidc-groups-claim", "oidc-groups-prefix"
ALGORITHMS, REQUIRED = "oidc-signing-algs", "oidc-required-claim"
FLAGS = (ISSUER, CLIENT, CA_FILE, USERNAME, USERNAME_PREFIX, GROUPS, GROUPS_PREFIX, ALGORITHMS, REQUIRED)
_FILE = "authentication-config"
_FIELDS = {
    ISSUER: "issuer.url",
    CLIENT: "issuer.audiences",
    CA_FILE: "issuer.certificateAuthority",
    USERNAME: "claimMappings.username.claim",
    USERNAME_PREFIX: "claimMappings.username.prefix",
    GROUPS: "claimMappings.groups.claim",
    GROUPS_PREFIX: "claimMappings.groups.prefix",
    REQUIRED: "claimValidationRules",
}
"""Flag -> the field of an AuthenticationConfiguration that replaces it. None replaces --oidc-signing-algs."""


def validate_oidc(group: OptionGroup) -> None:
    """Kubernetes: validateOIDCOptions."""
    flags = group.flags
    given = [flag for flag in FLAGS if flags.changed(flag)]
    if not given:
        return
    if flags.text(_FILE):
        field = _FIELDS.get(given[0])
        them = " ".join(f"--{flag}" for flag in given)
        why = (
            f"write it as jwt[].{field} in the file"
            if field and len(given) == 1
            else "the file replaces the oidc flags"
        )
        hint = f"remove {them}: {why}"
        group.report(
            rules.OIDC_FLAGS_WITH_AUTHENTICATION_CONFIG,
            f"--{given[0]} cannot be given together with --{_FILE}",
            hint,
            given[0],
        )
        return
    missing = [flag for flag in (ISSUER, CLIENT) if not flags.text(flag)]
    if missing and flags.ok(*missing):
        message = f"--{given[0]} is set without --{missing[0]}"
        group.report(rules.OIDC_ISSUER_OR_CLIENT_MISSING, message, f"set --{missing[0]}", given[0])


def check_oidc(group: OptionGroup) -> None:
    """Report what the server refuses when it builds an issuer from the flags; without URL and client it builds none."""
    flags = group.flags
    if flags.text(_FILE) or not (flags.text(ISSUER) and flags.text(CLIENT)):
        return
    from compiler.apiserver.config_files.authentication import URL_HINT, url_problem

    url = flags.text(ISSUER)
    wrong = url_problem(url, group.context.catalog.url_strictness)
    if url in flags.texts("service-account-issuer"):
        message = f"--{ISSUER} {shown(url)} issues service account tokens: no other issuer may have its URL"
        group.report(
            rules.OIDC_ISSUER_IS_SERVICE_ACCOUNT_ISSUER,
            message,
            "use another URL for the issuer, or for --service-account-issuer",
            ISSUER,
        )
    elif wrong:
        group.report(rules.INVALID_OIDC_ISSUER_URL, f"--{ISSUER} {shown(url)} {wrong}", URL_HINT, ISSUER)
    if not flags.text(USERNAME):
        group.report(
            rules.EMPTY_OIDC_USERNAME_CLAIM, f"--{USERNAME} is empty", "write sub, or remove the flag", USERNAME
        )
    if "" in flags.mapping(REQUIRED):
        place = flags.entry(REQUIRED, "")
        group.report(
            rules.INVALID_CLAIM_VALIDATION_RULE,
            f"--{REQUIRED} has no claim before the =",
            "write CLAIM=VALUE",
            REQUIRED,
            place,
        )
    if flags.text(CA_FILE):
        _check_ca(group)
    for index, algorithm in enumerate(flags.texts(ALGORITHMS)):
        known = CHOICES[ALGORITHMS]
        if algorithm not in known:
            hint = group.context.report.suggestions.did_you_mean(algorithm, known) or f"write {', '.join(known)}"
            group.report(
                rules.UNKNOWN_OIDC_SIGNING_ALGORITHM,
                f"--{ALGORITHMS}: {shown(algorithm)} is not known",
                hint,
                ALGORITHMS,
                index,
            )


def _check_ca(group: OptionGroup) -> None:
    """Check the CA; an empty file is ignored."""
    from compiler.apiserver.config_files import read_bytes
    from compiler.apiserver.config_files.keys import check_client_ca_of

    named = group.named(CA_FILE)
    data = read_bytes(named, rules.INVALID_OIDC_CA_FILE)
    if data:
        check_client_ca_of(data, named, rules.INVALID_OIDC_CA_FILE)


def issuers_of_flags(group: OptionGroup) -> tuple[JWTIssuer, ...]:
    """Return the issuer that the flags describe, if any."""
    flags = group.flags
    url, prefix, claim = flags.text(ISSUER), flags.text(USERNAME_PREFIX), flags.text(USERNAME)
    if not (url and flags.text(CLIENT)):
        return ()
    if not prefix and claim != "email":
        prefix = f"{url}#"
    groups = flags.text(GROUPS)
    return (
        JWTIssuer(
            url=url,
            discovery_url="",
            audiences=(flags.text(CLIENT),),
            certificate_authority=flags.text(CA_FILE),
            egress_selector_type="",
            claim_validation_rules=tuple(
                RequiredClaim(claim=name, required_value=value) for name, value in flags.mapping(REQUIRED).items()
            ),
            claim_mappings=ClaimMappings(
                username=PrefixedClaim(claim=claim, prefix="" if prefix == "-" else prefix),
                groups=PrefixedClaim(claim=groups, prefix=flags.text(GROUPS_PREFIX)) if groups else None,
                uid=None,
                extra=(),
            ),
            user_validation_rules=(),
        ),
    )
