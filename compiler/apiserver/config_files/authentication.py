"""AuthenticationConfiguration: JWT issuers and anonymous authentication."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from compiler import rules
from compiler.apiserver.config_files import FileRules, load_config
from compiler.apiserver.config_files.claim_mappings import check_claims, claim_mappings, user_rules, validation_rules
from compiler.apiserver.context import FeatureGates, NamedFile, ServerContext
from compiler.apiserver.resolved_sections import Anonymous, AnonymousCondition, JWTIssuer
from compiler.diagnostics import Report
from compiler.inputs.schema.field import Field
from compiler.text import shown
from compiler.upstream.go.net import parse_url

if TYPE_CHECKING:
    from compiler.upstream.catalog import Catalog


URL_HINT = "write https://HOST/PATH, without user, query and fragment"
_EGRESS_TYPES = ("controlplane", "cluster")
_EGRESS_GATE = "StructuredAuthenticationConfigurationEgressSelector"


def url_problem(text: str, strictness: int) -> str:
    """Return the problem of an issuer URL, as the predicate of a sentence; empty if it is valid.

    `strictness` is that of `compiler.upstream.go.net`. Kubernetes: validateURL.
    """
    parsed = parse_url(text, strictness)
    if parsed is None:
        return "is not a valid URL"
    problems = [] if parsed.scheme == "https" else ["is not an https URL"]
    parts = {"a user": parsed.user is not None, "a query": parsed.query != "", "a fragment": parsed.fragment != ""}
    problems += [f"has {name}" for name, present in parts.items() if present]
    return " and ".join(problems)


def check_issuer(
    context: ServerContext, issuer: Field, service_account_issuers: Sequence[str], selections: Mapping[str, str] | None
) -> None:
    """Report the errors of a single issuer."""
    url, discovery, strictness = issuer["url"], issuer["discoveryURL"], context.catalog.url_strictness
    if not url.text:
        url.report(
            rules.INVALID_JWT_ISSUER_URL,
            "the issuer has no url",
            "write the https URL of the issuer, as in the iss claim of its tokens",
        )
    elif url.text in service_account_issuers:
        message = f"{shown(url.text)} is the issuer of service account tokens; another issuer must not have its URL"
        url.report(rules.INVALID_JWT_ISSUER_URL, message, "give the issuer, or --service-account-issuer, another URL")
    elif problem := url_problem(url.text, strictness):
        url.report(rules.INVALID_JWT_ISSUER_URL, f"the url {shown(url.text)} {problem}", URL_HINT)
    if discovery.text and url.text and discovery.text.rstrip("/") == url.text.rstrip("/"):
        discovery.report(
            rules.INVALID_JWT_DISCOVERY_URL,
            "discoveryURL is the same as url",
            "remove it, or set the URL of the discovery document",
        )
    elif discovery.text and (problem := url_problem(discovery.text, strictness)):
        discovery.report(
            rules.INVALID_JWT_DISCOVERY_URL, f"the discoveryURL {shown(discovery.text)} {problem}", URL_HINT
        )
    _check_audiences(issuer["audiences"], issuer["audienceMatchPolicy"])
    _check_authority(issuer["certificateAuthority"], context.catalog)
    _check_egress(context, issuer["egressSelectorType"], selections)


def _check_audiences(audiences: Field, policy: Field) -> None:
    entries = audiences.items()
    if not entries:
        audiences.report(
            rules.INVALID_JWT_AUDIENCES,
            "the issuer has no audiences",
            "add the audience of its tokens: the client ID",
        )
        return
    audience_values = set()
    for entry in entries:
        if not entry.text:
            entry.report(rules.INVALID_JWT_AUDIENCES, "an audience is empty", "write it, or remove the element")
        elif entry.text in audience_values:
            entry.report(rules.INVALID_JWT_AUDIENCES, f"duplicate audience {shown(entry.text)}", "keep one")
        audience_values.add(entry.text)
    if policy.text == "MatchAny" or (len(entries) == 1 and not policy.text):
        return
    message = (
        f"audienceMatchPolicy cannot be {shown(policy.text)}"
        if policy.text
        else "more than one audience without audienceMatchPolicy"
    )
    hint = "write audienceMatchPolicy: MatchAny" if len(entries) > 1 else "write MatchAny, or remove it"
    policy.report(rules.INVALID_JWT_AUDIENCE_MATCH_POLICY, message, hint)


def _check_authority(authority: Field, catalog: Catalog) -> None:
    """Kubernetes: client-go/util/cert/pem.go, ParseCertsPEM."""
    if not authority.text:
        return
    from compiler.apiserver.config_files.keys import certificates
    from compiler.upstream.x509 import go_of

    keys = certificates(authority.text.encode(), go_of(catalog))
    if None in keys:
        hint = "fix the bundle, or remove the invalid certificate"
        authority.report(
            rules.INVALID_JWT_CERTIFICATE_AUTHORITY,
            "certificateAuthority contains an invalid certificate",
            hint,
        )
    elif not keys:
        hint = "write the PEM certificates inline, as a block scalar: certificateAuthority: |"
        authority.report(rules.INVALID_JWT_CERTIFICATE_AUTHORITY, "certificateAuthority contains no certificate", hint)


def _check_egress(context: ServerContext, kind: Field, selections: Mapping[str, str] | None) -> None:
    """Kubernetes: validateEgressSelector; oidc.go, egressLookupForType."""
    if not kind.text:
        return
    if kind.text not in _EGRESS_TYPES:
        message = f"{shown(kind.text)} is not a valid egress selector type"
        kind.report(rules.INVALID_JWT_EGRESS_SELECTOR, message, f"write {' or '.join(_EGRESS_TYPES)}, in lowercase")
    elif context.gates.known(_EGRESS_GATE) and not context.gates.on(_EGRESS_GATE):
        kind.report(
            rules.INVALID_JWT_EGRESS_SELECTOR,
            f"egressSelectorType requires the feature gate {_EGRESS_GATE}",
            f"do not disable {_EGRESS_GATE}",
        )
    elif selections is not None and kind.text not in selections and not _egress_is_invalid(context.report):
        message = f"the egress selector configuration has no selection {kind.text}"
        hint = "add it to the file of --egress-selector-config-file, or remove egressSelectorType"
        kind.report(rules.INVALID_JWT_EGRESS_SELECTOR, message, hint)


def _egress_is_invalid(report: Report) -> bool:
    """Return whether the egress selector configuration has errors: its selections are unknown then."""
    return any((diagnostic.rule or "").startswith("EGR-") for diagnostic in report.diagnostics)


KINDS = ("AuthenticationConfiguration",)
_RULES = FileRules(
    read=rules.INVALID_AUTHENTICATION_CONFIG,
    empty=rules.INVALID_AUTHENTICATION_CONFIG,
    decode=rules.INVALID_AUTHENTICATION_CONFIG,
)
_MAX_ISSUERS = 64


class ConfiguredAuthentication(NamedTuple):
    """Authentication of a file; `anonymous` is None if the file leaves it to the flag."""

    anonymous: Anonymous | None
    issuers: tuple[JWTIssuer, ...]


def load_authentication(
    named: NamedFile,
    service_account_issuers: Sequence[str],
    selections: Mapping[str, str] | None,
    anonymous_is_set: bool,
) -> ConfiguredAuthentication | None:
    """Return the authentication of the file, None if its content is unavailable; report its errors."""
    config = load_config(named, KINDS, _RULES)
    if config is None:
        return None
    root = config.root
    entries = root["jwt"].items()
    if len(entries) > _MAX_ISSUERS:
        message = f"{len(entries)} issuers; the limit is {_MAX_ISSUERS}"
        entries[_MAX_ISSUERS].report(rules.TOO_MANY_JWT_ISSUERS, message, f"keep at most {_MAX_ISSUERS}")
    else:
        for entry in entries:
            check_issuer(named.context, entry["issuer"], service_account_issuers, selections)
            check_claims(named.context.catalog, entry)
        for name in ("url", "discoveryURL"):
            _check_unique([entry["issuer"][name] for entry in entries], name)
    return ConfiguredAuthentication(
        _anonymous(named.context.gates, root["anonymous"], anonymous_is_set), tuple(map(_issuer, entries))
    )


def _issuer(entry: Field) -> JWTIssuer:
    """Return the effective configuration of an issuer."""
    issuer = entry["issuer"]
    return JWTIssuer(
        url=issuer["url"].text,
        discovery_url=issuer["discoveryURL"].text,
        audiences=tuple(audience.text for audience in issuer["audiences"].items()),
        certificate_authority="inline" if issuer["certificateAuthority"].text else "",
        egress_selector_type=issuer["egressSelectorType"].text,
        claim_validation_rules=validation_rules(entry),
        claim_mappings=claim_mappings(entry["claimMappings"]),
        user_validation_rules=user_rules(entry),
    )


def _check_unique(fields: list[Field], name: str) -> None:
    values = set()
    for field in fields:
        if field.text and field.text in values:
            field.report(
                rules.DUPLICATE_JWT_ISSUER_URL,
                f"duplicate {name} {shown(field.text)}",
                "keep one of the issuers",
            )
        values.add(field.text)


def _anonymous(gates: FeatureGates, section: Field, is_set: bool) -> Anonymous | None:
    if not section.is_set:
        return None
    gate = "AnonymousAuthConfigurableEndpoints"
    enabled, conditions = section["enabled"], section["conditions"]
    if is_set:
        message = "anonymous is mutually exclusive with --anonymous-auth"
        section.report(rules.ANONYMOUS_AUTH_SET_TWICE, message, "remove --anonymous-auth, or the section")
    elif gates.known(gate) and not gates.on(gate):
        hint = f"enable {gate}, or use --anonymous-auth"
        section.report(rules.INVALID_ANONYMOUS_CONDITIONS, f"anonymous requires the feature gate {gate}", hint)
    if not enabled.on and conditions.items() and not enabled.is_bad:
        message = "anonymous has conditions but is not enabled"
        conditions.report(rules.INVALID_ANONYMOUS_CONDITIONS, message, "write enabled: true, or remove the conditions")
    paths = tuple(AnonymousCondition(path=condition["path"].text) for condition in conditions.items())
    return Anonymous(enabled=bool(enabled.on), conditions=paths)
