"""AuthenticationConfiguration: whose tokens the server believes, and what anonymous requests may reach.

Kubernetes: pkg/kubeapiserver/options/authentication.go, ToAuthenticationConfig;
apiserver/pkg/apis/apiserver/validation/validation.go, ValidateAuthenticationConfiguration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from compiler.config_files.claim_mappings import check_claims, described_claims
from compiler.config_files.field import Field
from compiler.config_files.issuer import check_issuer, described_issuer
from compiler.config_files.reading import FileRules, load_config
from compiler.flags.text import shown
from compiler.options.authenticators import Anonymous

if TYPE_CHECKING:
    from compiler.options.authentication import AuthenticationOptions

FLAG = "authentication-config"
KINDS = ("AuthenticationConfiguration",)
_RULES = FileRules(read="JWT-01", empty="JWT-01", decode="JWT-01")
_MOST_ISSUERS = 64


class ConfiguredAuthentication(NamedTuple):
    """What a file says; `anonymous` is None where it leaves anonymous requests to the flag."""

    anonymous: Anonymous | None
    issuers: list[dict[str, Any]]


def load_authentication(group: AuthenticationOptions) -> ConfiguredAuthentication | None:
    """What the file says; None where its content cannot be had. Reports what the server would refuse."""
    config = load_config(group.named(FLAG), KINDS, _RULES)
    if config is None:
        return None
    root = config.root
    entries = root["jwt"].items()
    if len(entries) > _MOST_ISSUERS:
        message = f"{len(entries)} issuers are more than {_MOST_ISSUERS}"
        entries[_MOST_ISSUERS].refuse("JWT-04", message, f"keep up to {_MOST_ISSUERS}")
    else:
        for entry in entries:
            check_issuer(group, entry["issuer"])
            check_claims(group, entry)
        for name in ("url", "discoveryURL"):
            _check_unique([entry["issuer"][name] for entry in entries], name)
    issuers = [{**described_issuer(entry["issuer"]), **described_claims(entry)} for entry in entries]
    return ConfiguredAuthentication(_anonymous(group, root["anonymous"]), issuers)


def _check_unique(fields: list[Field], name: str) -> None:
    seen = set()
    for field in fields:
        if field.text and field.text in seen:
            field.refuse("JWT-06", f"two issuers have the {name} {shown(field.text)}", "keep one of the two")
        seen.add(field.text)


def _anonymous(group: AuthenticationOptions, section: Field) -> Anonymous | None:
    if not section.given:
        return None
    gates, gate = group.run.gates, "AnonymousAuthConfigurableEndpoints"
    enabled, conditions = section["enabled"], section["conditions"]
    if group.flags.changed("anonymous-auth"):
        message = "anonymous is set, and --anonymous-auth is given as well"
        section.refuse("JWT-02", message, "remove --anonymous-auth, or the section")
    elif gates.known(gate) and not gates.on(gate):
        hint = f"switch {gate} on, or use --anonymous-auth"
        section.refuse("JWT-03", f"anonymous needs the gate {gate}", hint)
    if not enabled.on and conditions.items() and not enabled.is_bad:
        message = "anonymous requests have conditions, but are not enabled"
        conditions.refuse("JWT-03", message, "write enabled: true, or remove the conditions")
    return Anonymous(bool(enabled.on), tuple(condition["path"].text for condition in conditions.items()))
