"""What the listener lets through: old protocols, weak ciphers, foreign web pages.

Kubernetes: apiserver/pkg/server/options/serving.go; apiserver/pkg/server/filters/cors.go.
"""

from __future__ import annotations

from compiler import rules
from compiler.review.context import Risks
from compiler.text import shown

_SUITES, _MINIMUM, _ORIGINS = "tls-cipher-suites", "tls-min-version", "cors-allowed-origins"
_OLD = ("VersionTLS10", "VersionTLS11")
_ANY = r"(\(\?i\))?\^?(\(?(https?|\.[*+]|http\(?s\)?\?)\)?:)?(//)?\(?(\.[*+]\??)?\)?\$?"
"""Expressions that fit every page, as people write them: deciding it of any expression is not worth its price."""


def find(risks: Risks) -> None:
    """Look at what was set by hand; the defaults are sound."""
    flags = risks.flags
    minimum, suites = flags.text(_MINIMUM), flags.texts(_SUITES)
    if minimum in _OLD:
        message = f"--{_MINIMUM} {minimum} lets clients use a broken protocol"
        risks.report(rules.INSECURE_TLS_VERSION, message, "write VersionTLS12 or VersionTLS13", _MINIMUM)
    if suites and minimum == "VersionTLS13":
        message = f"--{_SUITES} has no effect: the suites of TLS 1.3 cannot be chosen"
        risks.report(rules.CIPHER_SUITES_IGNORED_BY_TLS13, message, f"remove --{_SUITES}", _SUITES)
    else:
        _check_suites(risks, suites)
    for index, origin in enumerate(flags.texts(_ORIGINS)):
        if _fits_all(origin):
            message = f"--{_ORIGINS}: {shown(origin)} fits every web page: each may act with its visitors' credentials"
            risks.report(
                rules.CORS_ALLOWS_ANY_ORIGIN,
                message,
                r"name the hosts, such as ^https://console\.example\.com$",
                _ORIGINS,
                index,
            )


def _check_suites(risks: Risks, suites: tuple[str, ...]) -> None:
    insecure = risks.catalog.tls("insecureCiphers") if suites else ()
    weak = [suite for suite in suites if suite in insecure]
    if weak:
        message = f"--{_SUITES}: {', '.join(weak)} {'is' if len(weak) == 1 else 'are'} weak"
        hint = f"remove {'it' if len(weak) == 1 else 'them'}, or the flag: the default has no weak suite"
        risks.report(rules.INSECURE_CIPHER_SUITE, message, hint, _SUITES, suites.index(weak[0]))


def _fits_all(origin: str) -> bool:
    import re

    return re.fullmatch(_ANY, origin) is not None
