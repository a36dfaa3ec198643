"""AuthenticationConfiguration: JWT issuers and anonymous authentication."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from compiler import rules
from compiler.apiserver.config_files import FileRules, load_config
from compiler.apiserver.config_files.claim_mappings import check_claims, claim_mappings, user_rules, validation_rules
from compiler.apiserver.context import NamedFile, ServerContext
from compiler.apiserver.gates import FeatureGates
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


def wrong_with_url(text: str, strictness: int) -> str:
    """What is wrong with the URL of an issuer, as the end of a sentence; empty where nothing is.

    `strictness` is that of `compiler.upstream.go.net`. Kubernetes: validateURL.
    """
    parsed = parse_url(text, strictness)
    if parsed is None:
        return "is not a URL"
    found = [] if parsed.scheme == "https" else ["is not an https URL"]
    parts = {"a user": parsed.user is not None, "a query": parsed.query != "", "a fragment": parsed.fragment != ""}
    found += [f"has {name}" for name, there in parts.items() if there]
    return " and ".join(found)


def check_issuer(
    context: ServerContext, issuer: Field, taken: Sequence[str], selections: Mapping[str, str] | None
) -> None:
    """Report everything that the server would refuse of an issuer by itself."""
    url, discovery, strictness = issuer["url"], issuer["discoveryURL"], context.catalog.url_strictness
    if not url.text:
        url.refuse(
            rules.INVALID_JWT_ISSUER_URL,
            "the issuer has no url",
            "write the issuer's https URL, as tokens have it in iss",
        )
    elif url.text in taken:
        message = f"{shown(url.text)} issues service account tokens: no other issuer can have its URL"
        url.refuse(rules.INVALID_JWT_ISSUER_URL, message, "give the issuer, or --service-account-issuer, another URL")
    elif wrong := wrong_with_url(url.text, strictness):
        url.refuse(rules.INVALID_JWT_ISSUER_URL, f"the url {shown(url.text)} {wrong}", URL_HINT)
    if discovery.text and url.text and discovery.text.rstrip("/") == url.text.rstrip("/"):
        discovery.refuse(
            rules.INVALID_JWT_DISCOVERY_URL,
            "discoveryURL is the same as url",
            "remove it, or name the discovery document",
        )
    elif discovery.text and (wrong := wrong_with_url(discovery.text, strictness)):
        discovery.refuse(rules.INVALID_JWT_DISCOVERY_URL, f"the discoveryURL {shown(discovery.text)} {wrong}", URL_HINT)
    _check_audiences(issuer["audiences"], issuer["audienceMatchPolicy"])
    _check_authority(issuer["certificateAuthority"], context.catalog)
    _check_egress(context, issuer["egressSelectorType"], selections)


def _check_audiences(audiences: Field, policy: Field) -> None:
    entries = audiences.items()
    if not entries:
        audiences.refuse(
            rules.INVALID_JWT_AUDIENCES,
            "the issuer has no audience",
            "name the audience of its tokens: the client's id",
        )
        return
    seen = set()
    for entry in entries:
        if not entry.text:
            entry.refuse(rules.INVALID_JWT_AUDIENCES, "an audience is empty", "write it, or remove the element")
        elif entry.text in seen:
            entry.refuse(rules.INVALID_JWT_AUDIENCES, f"the audience {shown(entry.text)} stands twice", "keep one")
        seen.add(entry.text)
    if policy.text == "MatchAny" or (len(entries) == 1 and not policy.text):
        return
    message = f"audienceMatchPolicy cannot be {shown(policy.text)}" if policy.text else "there are several audiences"
    hint = "write audienceMatchPolicy: MatchAny" if len(entries) > 1 else "write MatchAny, or remove it"
    policy.refuse(rules.INVALID_JWT_AUDIENCE_MATCH_POLICY, message, hint)


def _check_authority(authority: Field, catalog: Catalog) -> None:
    """Kubernetes: client-go/util/cert/pem.go, ParseCertsPEM."""
    if not authority.text:
        return
    from compiler.apiserver.config_files.keys import certificates
    from compiler.upstream.x509 import go_of

    found = certificates(authority.text.encode(), go_of(catalog))
    if None in found:
        hint = "mend the bundle, or take the damaged certificate out"
        authority.refuse(
            rules.INVALID_JWT_CERTIFICATE_AUTHORITY,
            "certificateAuthority holds a certificate that cannot be read",
            hint,
        )
    elif not found:
        hint = "write the certificates themselves in PEM, as a block: certificateAuthority: |"
        authority.refuse(rules.INVALID_JWT_CERTIFICATE_AUTHORITY, "certificateAuthority holds no certificate", hint)


def _check_egress(context: ServerContext, kind: Field, selections: Mapping[str, str] | None) -> None:
    """Kubernetes: validateEgressSelector; oidc.go, egressLookupForType."""
    if not kind.text:
        return
    if kind.text not in _EGRESS_TYPES:
        message = f"{shown(kind.text)} is not a kind of egress selection"
        kind.refuse(rules.INVALID_JWT_EGRESS_SELECTOR, message, f"write {' or '.join(_EGRESS_TYPES)}, in small letters")
    elif context.gates.known(_EGRESS_GATE) and not context.gates.on(_EGRESS_GATE):
        kind.refuse(
            rules.INVALID_JWT_EGRESS_SELECTOR,
            f"egressSelectorType needs the gate {_EGRESS_GATE}",
            f"leave {_EGRESS_GATE} on",
        )
    elif selections is not None and kind.text not in selections and not _egress_is_wrong(context.report):
        message = f"the egress selector says nothing of {kind.text}"
        hint = "add it to the file of --egress-selector-config-file, or remove egressSelectorType"
        kind.refuse(rules.INVALID_JWT_EGRESS_SELECTOR, message, hint)


def _egress_is_wrong(report: Report) -> bool:
    """Whether the egress selector's own file is refused: then it tells nothing of what is missing in it."""
    return any((found.rule or "").startswith("EGR-") for found in report.diagnostics)


FLAG = "authentication-config"
KINDS = ("AuthenticationConfiguration",)
_RULES = FileRules(
    read=rules.INVALID_AUTHENTICATION_CONFIG,
    empty=rules.INVALID_AUTHENTICATION_CONFIG,
    decode=rules.INVALID_AUTHENTICATION_CONFIG,
)
_MOST_ISSUERS = 64


class ConfiguredAuthentication(NamedTuple):
    """What a file says; `anonymous` is None where it leaves anonymous requests to the flag."""

    anonymous: Anonymous | None
    issuers: tuple[JWTIssuer, ...]


def load_authentication(
    named: NamedFile,
    service_account_issuers: Sequence[str],
    selections: Mapping[str, str] | None,
    anonymous_is_set: bool,
) -> ConfiguredAuthentication | None:
    """What the file says; None where its content cannot be had. Reports what the server would refuse."""
    config = load_config(named, KINDS, _RULES)
    if config is None:
        return None
    root = config.root
    entries = root["jwt"].items()
    if len(entries) > _MOST_ISSUERS:
        message = f"{len(entries)} issuers are more than {_MOST_ISSUERS}"
        entries[_MOST_ISSUERS].refuse(rules.TOO_MANY_JWT_ISSUERS, message, f"keep up to {_MOST_ISSUERS}")
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
    """What the server keeps of an issuer."""
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
    seen = set()
    for field in fields:
        if field.text and field.text in seen:
            field.refuse(
                rules.DUPLICATE_JWT_ISSUER_URL,
                f"two issuers have the {name} {shown(field.text)}",
                "keep one of the two",
            )
        seen.add(field.text)


def _anonymous(gates: FeatureGates, section: Field, is_set: bool) -> Anonymous | None:
    if not section.given:
        return None
    gate = "AnonymousAuthConfigurableEndpoints"
    enabled, conditions = section["enabled"], section["conditions"]
    if is_set:
        message = "anonymous is set, and --anonymous-auth is given as well"
        section.refuse(rules.ANONYMOUS_AUTH_SET_TWICE, message, "remove --anonymous-auth, or the section")
    elif gates.known(gate) and not gates.on(gate):
        hint = f"switch {gate} on, or use --anonymous-auth"
        section.refuse(rules.INVALID_ANONYMOUS_CONDITIONS, f"anonymous needs the gate {gate}", hint)
    if not enabled.on and conditions.items() and not enabled.is_bad:
        message = "anonymous requests have conditions, but are not enabled"
        conditions.refuse(rules.INVALID_ANONYMOUS_CONDITIONS, message, "write enabled: true, or remove the conditions")
    paths = tuple(AnonymousCondition(path=condition["path"].text) for condition in conditions.items())
    return Anonymous(enabled=bool(enabled.on), conditions=paths)
