"""The authenticators: anonymous requests and JWT issuers, whether flags or a file declare them.

The flags of the other authenticators have rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from compiler.apiserver.options.oidc import FLAGS as OIDC
from compiler.apiserver.resolved_sections import JWTIssuer
from compiler.changes.change import Change
from compiler.changes.flags import by_row, is_known, meant
from compiler.changes.issuer import read
from compiler.upstream.catalog.facts import CHOICES

if TYPE_CHECKING:
    from compiler.apiserver.resolved_sections import Anonymous
    from compiler.apiserver.startup import Resolved

ANONYMOUS, FILE, ALGORITHMS = "anonymous-auth", "authentication-config", "oidc-signing-algs"
EXPLAINS = frozenset((ANONYMOUS, FILE, *OIDC))
_CONNECTION = ("discovery_url", "egress_selector_type")
_RULES = ("claim_validation_rules", "user_validation_rules")


def compare(old: Resolved, new: Resolved) -> Iterator[Change]:
    """Yield the changes of anonymous requests and of JWT issuers."""
    first, second = old.config.authentication, new.config.authentication
    if first == second or not all(is_known(server, *EXPLAINS) for server in (old, new)):
        return
    if first.jwt.issuers is None or second.jwt.issuers is None:
        if first.jwt.config_file != second.jwt.config_file:
            yield by_row(FILE, old, new, first.jwt.config_file, second.jwt.config_file)
        return
    yield from _anonymous(old, new)
    yield from _issuers(first.jwt.issuers, second.jwt.issuers, old, new)
    if first.jwt.issuers and second.jwt.issuers:
        yield from _algorithms(old, new)


def flag_of(server: Resolved, flag: str) -> str:
    """Return the flag that decides a setting of a server: the one of the file if it is set."""
    return FILE if server.context.flags.text(FILE) else flag


def _anonymous(old: Resolved, new: Resolved) -> Iterator[Change]:
    before, after = (server.config.authentication.anonymous for server in (old, new))
    if before == after or before.enabled is None or after.enabled is None:
        return
    shown = _shown(before), _shown(after)
    flag = flag_of(new, ANONYMOUS)
    if after.enabled and not before.enabled:
        authorizers = new.config.authorization.authorizers or ()
        if not after.conditions and any(each.type == "AlwaysAllow" for each in authorizers):
            yield meant("authenticator", "anonymous", "anonymous.everything", old, new, flag, *shown)
            return
    if before.enabled != after.enabled:
        row = by_row(ANONYMOUS, old, new, before.enabled, after.enabled)
        at = new.context.flags.location(flag)
        yield row._replace(name="anonymous", before=shown[0], after=shown[1], new_at=at)
        return
    if not before.enabled:
        return
    paths = [{each.path for each in one.conditions or ()} for one in (before, after)]
    if paths[0] == paths[1]:
        return
    is_wider = not paths[1] or (paths[0] and paths[0] < paths[1])
    case = "anonymous.widened" if is_wider else "anonymous.narrowed"
    yield meant("authenticator", "anonymous", case, old, new, flag, *shown)


def _shown(anonymous: Anonymous) -> Any:
    """Return whether anonymous requests are admitted, or the paths on which they are."""
    paths = [each.path for each in anonymous.conditions or ()]
    return paths if anonymous.enabled and paths else anonymous.enabled


def _issuers(
    before: tuple[JWTIssuer, ...], after: tuple[JWTIssuer, ...], old: Resolved, new: Resolved
) -> Iterator[Change]:
    first, second = ({issuer.url: issuer for issuer in issuers} for issuers in (before, after))
    bundles = _Bundles(old), _Bundles(new)
    for url in {**first, **second}:
        one, other = first.get(url), second.get(url)
        if one is None or other is None:
            case = "jwt.added" if one is None else "jwt.removed"
            shown = [None if each is None else list(each.audiences) for each in (one, other)]
            yield meant("authenticator", url, case, old, new, flag_of(new, "oidc-issuer-url"), *shown)
        elif one != other:
            yield from _settings(one, other, bundles, old, new)


def _algorithms(old: Resolved, new: Resolved) -> Iterator[Change]:
    """Yield the change of the signing algorithms, of which a file accepts all."""
    accepted = [server.config.authentication.jwt.signing_algorithms for server in (old, new)]
    before, after = (frozenset(CHOICES[ALGORITHMS] if each is None else each) for each in accepted)
    if before == after:
        return
    if None not in accepted:
        yield by_row(ALGORITHMS, old, new, accepted[0], accepted[1])
        return
    case = "algorithms-widened" if before < after else "algorithms-narrowed"
    yield meant("authenticator", ALGORITHMS, f"moved.{case}", old, new, ALGORITHMS, sorted(before), sorted(after))


def _settings(
    one: JWTIssuer, other: JWTIssuer, bundles: tuple[_Bundles, _Bundles], old: Resolved, new: Resolved
) -> Iterator[Change]:
    """Yield the changes of one issuer."""

    def change(case: str, flag: str, before: Any, after: Any) -> Change:
        return meant("authenticator", other.url, f"jwt.{case}", old, new, flag_of(new, flag), before, after)

    if set(one.audiences) != set(other.audiences):
        case = "audience-added" if set(one.audiences) < set(other.audiences) else "audience"
        yield change(case, "oidc-client-id", one.audiences, other.audiences)
    if one.claim_mappings != other.claim_mappings:
        mappings = [_plain_mappings(each.claim_mappings) for each in (one, other)]
        fields = [name for name in mappings[0] if mappings[0][name] != mappings[1][name]]
        shown = [{name: each[name] for name in fields} for each in mappings]
        yield change("claims", "oidc-username-claim", *shown)
    rules = [[repr(rule) for name in _RULES for rule in getattr(each, name)] for each in (one, other)]
    if set(rules[0]) != set(rules[1]):
        case = "rules-removed" if set(rules[1]) < set(rules[0]) else "rules"
        yield change(case, "oidc-required-claim", len(rules[0]), len(rules[1]))
    connection = [[getattr(each, name) for name in _CONNECTION] for each in (one, other)]
    if connection[0] != connection[1] or not _same_ca(one, other, *bundles):
        shown_ca = [each.certificate_authority for each in (one, other)]
        yield change("connection", "oidc-ca-file", shown_ca[0], shown_ca[1])


def _plain_mappings(mappings: Any) -> dict[str, Any]:
    return {
        "username": _plain_mapping(mappings.username),
        "groups": _plain_mapping(mappings.groups),
        "uid": _plain_mapping(mappings.uid),
        "extra": {each.key: each.value_expression for each in mappings.extra} or None,
    }


def _plain_mapping(mapping: Any) -> Any:
    return None if mapping is None else {name: getattr(mapping, name) for name in mapping.fields}


def _same_ca(one: JWTIssuer, other: JWTIssuer, old: _Bundles, new: _Bundles) -> bool:
    """Return whether two issuers are verified with the same CA, be it a file or inline; assumed if it is unknown."""
    if one.certificate_authority == other.certificate_authority != "inline":
        return True
    texts = old.of(one), new.of(other)
    return None in texts or texts[0] == texts[1]


class _Bundles:
    """The CA bundles of the issuers of one server."""

    def __init__(self, server: Resolved) -> None:
        self.server = server

    @cached_property
    def _inline(self) -> dict[str, bytes]:
        """The bundle of each issuer in the file, by the URL of the issuer."""
        return {
            entry["issuer"]["url"].text: entry["issuer"]["certificateAuthority"].text.strip().encode()
            for file in self.server.context.config_files
            for entry in file.root["jwt"].items()
        }

    def of(self, issuer: JWTIssuer) -> bytes | None:
        """Return the text of the bundle, empty for the host's; None if it is not available."""
        if not issuer.certificate_authority:
            return b""
        if issuer.certificate_authority == "inline":
            return self._inline.get(issuer.url)
        data = read(self.server, issuer.certificate_authority)
        return None if data is None else data.strip()
