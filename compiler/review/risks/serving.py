"""Serving: old TLS versions, weak cipher suites, and CORS.

Kubernetes: apiserver/pkg/server/options/serving.go; apiserver/pkg/server/filters/cors.go.
"""

from __future__ import annotations

from compiler import rules
from compiler.review.context import Risks
from compiler.text import shown

_SUITES, _MINIMUM, _ORIGINS = "tls-cipher-suites", "tls-min-version", "cors-allowed-origins"
_OLD = ("VersionTLS10", "VersionTLS11")
_ANY = r"(\(\?i\))?\^?(\(?(https?|\.[*+]|http\(?s\)?\?)\)?:)?(//)?\(?(\.[*+]\??)?\)?\$?"
"""Common expressions that match every origin; the general case is not checked."""


def find(risks: Risks) -> None:
    """Check the values that are set; the defaults are secure."""
    flags = risks.flags
    minimum, suites = flags.text(_MINIMUM), flags.texts(_SUITES)
    if minimum in _OLD:
        message = f"--{_MINIMUM} {minimum} allows clients to use an insecure TLS version"
        risks.report(rules.INSECURE_TLS_VERSION, message, "set VersionTLS12 or VersionTLS13", _MINIMUM)
    if suites and minimum == "VersionTLS13":
        message = f"--{_SUITES} has no effect: the cipher suites of TLS 1.3 are not configurable"
        risks.report(rules.CIPHER_SUITES_IGNORED_BY_TLS13, message, f"remove --{_SUITES}", _SUITES)
    else:
        _check_suites(risks, suites)
    for index, origin in enumerate(flags.texts(_ORIGINS)):
        if _matches_all(origin):
            message = f"--{_ORIGINS}: {shown(origin)} matches every origin: any page can use its visitors' credentials"
            risks.report(
                rules.CORS_ALLOWS_ANY_ORIGIN,
                message,
                r"match only known hosts, for example ^https://console\.example\.com$",
                _ORIGINS,
                index,
            )


def _check_suites(risks: Risks, suites: tuple[str, ...]) -> None:
    insecure = risks.catalog.tls("insecureCiphers") if suites else ()
    weak = [suite for suite in suites if suite in insecure]
    if weak:
        message = f"--{_SUITES}: {', '.join(weak)} {'is' if len(weak) == 1 else 'are'} weak"
        hint = f"remove {'it' if len(weak) == 1 else 'them'}, or the flag: the default has no weak cipher suite"
        risks.report(rules.INSECURE_CIPHER_SUITE, message, hint, _SUITES, suites.index(weak[0]))


def _matches_all(origin: str) -> bool:
    import re

    return re.fullmatch(_ANY, origin) is not None
