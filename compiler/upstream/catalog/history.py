"""The history of names: what earlier versions had, what replaces it, and which versions have a name."""

from typing import Any

from compiler.upstream.catalog import catalog
from compiler.upstream.catalog.facts import load, minor_of, versions


def removed(kind: str, name: str) -> dict[str, Any] | None:
    """Return the history of a name that the newest version no longer has, None if unknown.

    `kind` is `flags`, `featureGates`, `admissionPlugins`, `apis` or `configAPIs`. The result may have `removed` (the
    first version without it), `replacement`, `inertSince`, `ga`, `lastDefault`, `neverExisted`, and `successor` if the
    replacement is equivalent.
    """
    entry: dict[str, Any] | None = load("removed")[kind].get(name)
    return entry


def removal(kind: str, name: str, version: str) -> dict[str, Any] | None:
    """Return the result of `removed` for a name that a version no longer has, None if it was removed later."""
    entry = removed(kind, name)
    if entry is None or (entry.get("removed") and minor_of(entry["removed"]) > minor_of(version)):
        return None
    return entry


def flag_advice(name: str) -> str:
    """Return the advice for a removed flag without an equivalent successor, else empty."""
    advice: str = load("advice")["flags"].get(name, "")
    return advice


def gate_advice(name: str, value: bool) -> str:
    """Return the advice for a feature gate that can no longer be set to a value, empty if there is none."""
    advice: str = load("advice")["featureGates"].get(name, {}).get(str(value).lower(), "")
    return advice


def removed_names(kind: str) -> list[str]:
    """Return all names of a kind (see `removed`) that the newest version no longer has, or that never existed."""
    return list(load("removed")[kind])


def known_in(kind: str, name: str) -> tuple[str, ...]:
    """Return the supported versions that have a flag, feature gate, admission plugin, metric or health check.

    `kind` is one of `removed`, or "metrics" or "healthChecks".
    """
    attributes = {
        "flags": "flags",
        "featureGates": "gates",
        "admissionPlugins": "plugins",
        "healthChecks": "health_checks",
    }
    return tuple(version for version in versions() if name in getattr(catalog(version), attributes.get(kind, kind)))
