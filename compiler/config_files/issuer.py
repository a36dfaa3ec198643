"""The issuer of one entry of an AuthenticationConfiguration; the oidc flags share what is said of its URL.

Kubernetes: apiserver/pkg/apis/apiserver/validation/validation.go, validateIssuer;
apiserver/plugin/pkg/authenticator/token/oidc/oidc.go, New.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compiler.config_files.field import Field
from compiler.flags.go_url import parse_url
from compiler.flags.text import shown

if TYPE_CHECKING:
    from compiler.catalog import Catalog
    from compiler.options.authentication import AuthenticationOptions

URL_HINT = "write https://HOST/PATH, without user, query and fragment"
_EGRESS_TYPES = ("controlplane", "cluster")
_EGRESS_GATE = "StructuredAuthenticationConfigurationEgressSelector"


def wrong_with_url(text: str, strictness: int) -> str:
    """What is wrong with the URL of an issuer, as the end of a sentence; empty where nothing is.

    `strictness` is that of `compiler.flags.go_url`. Kubernetes: validateURL.
    """
    parsed = parse_url(text, strictness)
    if parsed is None:
        return "is not a URL"
    found = [] if parsed.scheme == "https" else ["is not an https URL"]
    parts = {"a user": parsed.user is not None, "a query": parsed.query != "", "a fragment": parsed.fragment != ""}
    found += [f"has {name}" for name, there in parts.items() if there]
    return " and ".join(found)


def check_issuer(group: AuthenticationOptions, issuer: Field) -> None:
    """Report everything that the server would refuse of an issuer by itself."""
    url, discovery, strictness = issuer["url"], issuer["discoveryURL"], group.run.catalog.url_strictness
    if not url.text:
        url.refuse("JWT-05", "the issuer has no url", "write the issuer's https URL, as tokens have it in iss")
    elif url.text in group.issuers:
        message = f"{shown(url.text)} issues service account tokens: no other issuer can have its URL"
        url.refuse("JWT-05", message, "give the issuer, or --service-account-issuer, another URL")
    elif wrong := wrong_with_url(url.text, strictness):
        url.refuse("JWT-05", f"the url {shown(url.text)} {wrong}", URL_HINT)
    if discovery.text and url.text and discovery.text.rstrip("/") == url.text.rstrip("/"):
        discovery.refuse("JWT-07", "discoveryURL is the same as url", "remove it, or name the discovery document")
    elif discovery.text and (wrong := wrong_with_url(discovery.text, strictness)):
        discovery.refuse("JWT-07", f"the discoveryURL {shown(discovery.text)} {wrong}", URL_HINT)
    _check_audiences(issuer["audiences"], issuer["audienceMatchPolicy"])
    _check_authority(issuer["certificateAuthority"], group.run.catalog)
    _check_egress(group, issuer["egressSelectorType"])


def _check_audiences(audiences: Field, policy: Field) -> None:
    entries = audiences.items()
    if not entries:
        audiences.refuse("JWT-08", "the issuer has no audience", "name the audience of its tokens: the client's id")
        return
    seen = set()
    for entry in entries:
        if not entry.text:
            entry.refuse("JWT-08", "an audience is empty", "write it, or remove the element")
        elif entry.text in seen:
            entry.refuse("JWT-08", f"the audience {shown(entry.text)} stands twice", "keep one")
        seen.add(entry.text)
    if policy.text == "MatchAny" or (len(entries) == 1 and not policy.text):
        return
    message = f"audienceMatchPolicy cannot be {shown(policy.text)}" if policy.text else "there are several audiences"
    hint = "write audienceMatchPolicy: MatchAny" if len(entries) > 1 else "write MatchAny, or remove it"
    policy.refuse("JWT-09", message, hint)


def _check_authority(authority: Field, catalog: Catalog) -> None:
    """Kubernetes: client-go/util/cert/pem.go, ParseCertsPEM."""
    if not authority.text:
        return
    from compiler.config_files.certificate import go_of
    from compiler.config_files.keys import certificates

    found = certificates(authority.text.encode(), go_of(catalog))
    if None in found:
        hint = "mend the bundle, or take the damaged certificate out"
        authority.refuse("JWT-10", "certificateAuthority holds a certificate that cannot be read", hint)
    elif not found:
        hint = "write the certificates themselves in PEM, as a block: certificateAuthority: |"
        authority.refuse("JWT-10", "certificateAuthority holds no certificate", hint)


def _check_egress(group: AuthenticationOptions, kind: Field) -> None:
    """Kubernetes: validateEgressSelector; oidc.go, egressLookupForType."""
    if not kind.text:
        return
    run = group.run
    selections = run.egress_selector.selections
    if kind.text not in _EGRESS_TYPES:
        message = f"{shown(kind.text)} is not a kind of egress selection"
        kind.refuse("JWT-11", message, f"write {' or '.join(_EGRESS_TYPES)}, in small letters")
    elif run.gates.known(_EGRESS_GATE) and not run.gates.on(_EGRESS_GATE):
        kind.refuse("JWT-11", f"egressSelectorType needs the gate {_EGRESS_GATE}", f"leave {_EGRESS_GATE} on")
    elif selections is not None and kind.text not in selections and not _egress_is_wrong(group):
        message = f"the egress selector says nothing of {kind.text}"
        hint = "add it to the file of --egress-selector-config-file, or remove egressSelectorType"
        kind.refuse("JWT-11", message, hint)


def _egress_is_wrong(group: AuthenticationOptions) -> bool:
    """Whether the egress selector's own file is refused: then it tells nothing of what is missing in it."""
    return any((found.rule or "").startswith("EGR-") for found in group.run.report.diagnostics)


def described_issuer(issuer: Field) -> dict[str, Any]:
    """The resolved form of an issuer."""
    return {
        "url": issuer["url"].text,
        "discoveryURL": issuer["discoveryURL"].text,
        "audiences": [audience.text for audience in issuer["audiences"].items()],
        "certificateAuthority": "inline" if issuer["certificateAuthority"].text else "",
        "egressSelectorType": issuer["egressSelectorType"].text,
    }
