"""Data files and records of the catalog, names and versions in them, and kinds of flag values."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

DATA = os.path.join(os.path.dirname(__file__), "data")


class FlagSpec(NamedTuple):
    """A flag of one version. `key` is its name in the group of a document; `default` is pflag's string."""

    name: str
    group: str
    key: str
    type: str
    default: str
    deprecated: bool = False
    hidden: bool = False
    shorthand: str = ""

    @property
    def default_text(self) -> str:
        """Return the default for people, `none` if it is empty."""
        return "none" if self.default in ("", "<nil>", "[]", "{}") else self.default


class GateStep(NamedTuple):
    """The state of a feature gate from one minor version on; `minor` 0 is every version. `stage` is empty if GA.

    The step applies from the minimum compatibility version `compatible` on.
    """

    minor: int
    stage: str
    default: bool
    locked: bool
    compatible: int = 0


class Gate(NamedTuple):
    """A feature gate of one version of the binary, oldest step first."""

    name: str
    history: tuple[GateStep, ...]
    depends_on: tuple[str, ...]

    def at(self, minor: int, compatible: int | None = None) -> GateStep | None:
        """Return its state for an emulated and a minimum compatibility version (default: the one before the emulated).

        Return None if the gate did not exist yet. Kubernetes: component-base/featuregate/feature_gate.go,
        featureSpecAtEmulationVersion.
        """
        oldest = minor - 1 if compatible is None else compatible
        state = None
        for step in self.history:
            if step.minor <= minor and step.compatible <= oldest:
                state = step
        return state


class Plugin(NamedTuple):
    """An admission plugin, in the order of the chain."""

    name: str
    default_off: bool


class Resource(NamedTuple):
    """A resource. `served` lists its versions, highest priority first; `stored` is whether it has storage.

    A resource with a `gate` is only served if that feature gate is enabled. `served_emulated` are versions that only a
    server which emulates an older version still serves.
    """

    group: str
    resource: str
    kind: str
    namespaced: bool
    served: tuple[str, ...]
    stored: bool
    gate: str = ""
    served_emulated: tuple[str, ...] = ()

    @property
    def group_resource(self) -> str:
        """`resource.group`, or the bare resource for the core group."""
        return f"{self.resource}.{self.group}" if self.group else self.resource


class Lifecycle(NamedTuple):
    """Minor versions in which a kind's API version is introduced, deprecated and removed; None if not announced."""

    introduced: int | None
    deprecated: int | None
    removed: int | None
    replaced: bool


@cache
def minor_of(version: str) -> int:
    """Return the minor number of a version: `1.36` and `1.36.2` -> 36; `0.0`, before every version, -> 0."""
    return int(version.split(".")[1])


def in_span(row: dict[str, Any], minor: int) -> bool:
    """Return whether a row with `from` and `until` (versions, inclusive, both optional) covers a minor version."""
    return ("from" not in row or minor_of(row["from"]) <= minor) and (
        "until" not in row or minor <= minor_of(row["until"])
    )


@cache
def load(name: str) -> Any:
    """Return the content of a data file, by its name without the suffix."""
    with open(os.path.join(DATA, f"{name}.json"), encoding="utf-8") as file:
        return json.load(file)


@cache
def versions() -> tuple[str, ...]:
    """Return the supported minor versions, oldest first."""
    return tuple(load("versions"))


@cache
def pod_types() -> dict[str, dict[str, list[Any]]]:
    """The fields of Pods and workloads by type, as `tools.generate.pods` writes them."""
    types: dict[str, dict[str, list[Any]]] = load("pods")
    return types


_COMPOUNDS = {"cafile": "CAFile", "certfile": "CertFile", "keyfile": "KeyFile"}
_INITIALISMS = set("API CA CIDR DB DNS HTTP HTTP2 ID IP JSON JWKS OIDC QPS SNI TLS TTL UID URI URL".split())  # noqa: SIM905


def key_of(flag: str) -> str:
    """Return the document key of a flag: `service-cluster-ip-range` -> `serviceClusterIPRange`."""
    first, *rest = flag.split("-")
    return first + "".join(
        _COMPOUNDS.get(word) or (word.upper() if word.upper() in _INITIALISMS else word[:1].upper() + word[1:])
        for word in rest
    )


@cache
def section_of(group: str) -> str:
    """Return the document key of an option group: `secure_serving` -> `secureServing`."""
    first, *rest = group.split("_")
    return first + "".join(word.capitalize() for word in rest)


def span(consecutive: Sequence[str]) -> str:
    """Return a range of consecutive versions: `1.33`, or `1.31 to 1.37`."""
    return consecutive[0] if len(consecutive) == 1 else f"{consecutive[0]} to {consecutive[-1]}"


def nearest(version: str | None) -> str:
    """Return the supported minor version closest to a version, for example `1.29`; the newest one for None."""
    known = versions()
    if version is None or not version.removeprefix("v").startswith(("0.", "1.")):
        return known[-1]
    minor = min(max(minor_of(version), minor_of(known[0])), minor_of(known[-1]))
    return f"1.{minor}"


def descriptions() -> dict[str, Any]:
    """Return `options` (flag -> what it does, unit, example) and `plugins` (name -> what it does)."""
    import yaml

    with open(os.path.join(DATA, "descriptions.yaml"), encoding="utf-8") as file:
        loaded: dict[str, Any] = yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return loaded


STRUCTURED = {
    "authentication-config": "AuthenticationConfiguration",
    "authorization-config": "AuthorizationConfiguration",
    "encryption-provider-config": "EncryptionConfiguration",
    "audit-policy-file": "Policy",
    "admission-control-config-file": "AdmissionConfiguration",
    "egress-selector-config-file": "EgressSelectorConfiguration",
    "tracing-config-file": "TracingConfiguration",
    "authentication-token-webhook-config-file": "Config",
    "authorization-webhook-config-file": "Config",
    "audit-webhook-config-file": "Config",
}
"""Flags that name a structured file -> its kind. A document may contain the file inline."""

DEFAULT_FILE_DIRECTORY = "/etc/kubernetes/kasc"

READ_FILES = (
    *STRUCTURED,
    "allow-metric-labels-manifest",
    "authorization-policy-file",
    "client-ca-file",
    "cloud-config",
    "etcd-cafile",
    "etcd-certfile",
    "etcd-keyfile",
    "kubelet-certificate-authority",
    "kubelet-client-certificate",
    "kubelet-client-key",
    "oidc-ca-file",
    "peer-ca-file",
    "proxy-client-cert-file",
    "proxy-client-key-file",
    "requestheader-client-ca-file",
    "service-account-key-file",
    "service-account-signing-key-file",
    "tls-cert-file",
    "tls-private-key-file",
    "tls-sni-cert-key",
    "token-auth-file",
)
"""Flags with paths of files that the server reads."""

WRITTEN_FILES = ("audit-log-path",)
"""Flags with the path of a file that the server writes."""

WRITTEN_DIRECTORIES = ("cert-dir",)
"""Flags with the path of a directory that the server writes to."""

CHOICES = {
    "audit-log-format": ("json", "legacy"),
    "audit-log-mode": ("batch", "blocking", "blocking-strict"),
    "audit-log-version": ("audit.k8s.io/v1",),
    "audit-webhook-mode": ("batch", "blocking", "blocking-strict"),
    "audit-webhook-version": ("audit.k8s.io/v1",),
    "authentication-token-webhook-version": ("v1", "v1beta1"),
    "authorization-mode": ("AlwaysAllow", "AlwaysDeny", "ABAC", "Webhook", "RBAC", "Node"),
    "authorization-webhook-version": ("v1", "v1beta1"),
    "endpoint-reconciler-type": ("lease", "master-count", "none"),
    "logging-format": ("text", "json"),
    "oidc-signing-algs": ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512"),
    "storage-backend": ("etcd3",),
    "storage-media-type": ("application/vnd.kubernetes.protobuf", "application/json", "application/yaml"),
}
"""Flags whose value, or each element of it, is one of a fixed set in every version."""
