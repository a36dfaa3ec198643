"""What differs between versions of kubeadm, and the Kubernetes version that a configuration names.

Kubernetes: cmd/kubeadm/app/features/features.go, constants/constants.go, util/version.go, util/config/common.go.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from compiler.inputs.dialects.backports import Release
from compiler.upstream.catalog.facts import minor_of, nearest, versions

_SORTS_DEFAULTS_SINCE = ("1.32.12", "1.33.8", "1.34.4", "1.35.1")
"""The first patch release of each minor version that sorts only its own flags, and keeps the order of extra arguments.

Kubernetes: ArgumentsToCommand, changed in 1.36.0. Before, all are sorted together.
"""
ENDPOINTS_REQUIRED_SINCE = 35
"""The first minor version that refuses an external etcd without endpoints. Kubernetes: ValidateEtcd."""
NAMED_PROBE_PORT_SINCE = 34
"""The first minor version in which the probes name a port of the container. Kubernetes: GetStaticPodSpecs."""
API_VERSIONS = ("v1beta3", "v1beta4")
"""Versions of kubeadm.k8s.io that kubeadm 1.31 to 1.36 reads."""
OLD_API_VERSIONS = {
    "v1alpha1": "1.11",
    "v1alpha2": "1.12",
    "v1alpha3": "1.14",
    "v1beta1": "1.15",
    "v1beta2": "1.22",
}
"""Older versions of kubeadm.k8s.io -> a kubeadm that migrates them. Kubernetes: validateSupportedVersion."""
GATES: dict[str, tuple[int, int]] = {
    "ControlPlaneKubeletLocalMode": (0, 35),
    "EtcdLearnerMode": (0, 32),
    "NodeLocalCRISocket": (32, 0),
    "PublicKeysECDSA": (0, 0),
    "RootlessControlPlane": (0, 0),
    "WaitForAllControlPlaneComponents": (0, 34),
}
"""kubeadm's feature gates -> the first and last minor version that knows them, 0 if unbounded."""
ALGORITHMS: dict[str, tuple[int, int]] = {
    "ECDSA-P256": (0, 0),
    "ECDSA-P384": (34, 0),
    "RSA-2048": (0, 0),
    "RSA-3072": (0, 0),
    "RSA-4096": (0, 0),
}
"""Values of encryptionAlgorithm, in the same form."""

_RELEASE = re.compile(r"v?(0|[1-9][0-9]*+)\.(0|[1-9][0-9]*+)\.(0|[1-9][0-9]*+)([-\w.+]*+)", re.ASCII)
_LABEL = r"(?:latest|stable)+(?:-[1-9](?:\.[1-9][0-9]?)?)?"
_BUCKET = r"(?:(?:release|ci)/)?([-\w.+]+)"
_EXTRA = r"(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"


def known_at(table: dict[str, tuple[int, int]], minor: int) -> list[str]:
    """Return the names of a table that a minor version knows, sorted."""
    return sorted(name for name, (first, last) in table.items() if first <= minor and (not last or minor <= last))


def minor_of_release(release: str | None) -> int:
    """Return the minor number of a version of kubeadm, the newest known one for None.

    Versions before the first supported one count as that.
    """
    match = re.match(r"1\.([0-9]{1,4})\b", release or "")
    oldest = minor_of(versions()[0])
    return max(int(match[1]), oldest) if match else minor_of(nearest(None))


def sorts_all(release: str | None) -> bool:
    """Return whether a version of kubeadm sorts extra arguments together with its own flags.

    A version without a patch number counts as the newest patch release, None as the newest version.

    >>> [sorts_all(release) for release in ("1.31.9", "1.33.7", "1.33.8", "1.33", None)]
    [True, True, False, False, False]
    """
    return not Release(release or "").has(_SORTS_DEFAULTS_SINCE)


class Named(NamedTuple):
    """A Kubernetes version in a configuration: `1.36.3`, empty for a label without one; the reason if it is refused.

    `pre_release` is set for a pre-release, which is older than its release.
    """

    version: str = ""
    problem: str = ""
    pre_release: bool = False


def kubernetes_version(text: str) -> Named:
    """Return the version that a value of kubernetesVersion names. Kubernetes: KubernetesReleaseVersion.

    >>> kubernetes_version("ci/v1.36.0-alpha.1")
    Named(version='1.36.0', problem='', pre_release=True)
    >>> kubernetes_version("stable-1.36").version
    '1.36'
    """
    bucket = re.fullmatch(_BUCKET, text, re.ASCII)
    for candidate in (text, bucket[1] if bucket else ""):
        match = _RELEASE.fullmatch(candidate)
        if match is not None:
            return _release(candidate, match)
    label = bucket[1] if bucket else ""
    if not re.fullmatch(_LABEL, label):
        return Named(problem="it is neither a version such as v1.36.3 nor a label such as stable-1.36")
    line = label.rpartition("-")[2]
    return Named(line if "." in line else "")


def _release(text: str, match: re.Match[str]) -> Named:
    extra = re.fullmatch(_EXTRA, match[4], re.ASCII)
    identifiers = (extra[1] or "").split(".") if extra else []
    if extra is None or any(each.isdecimal() and each.startswith("0") and each != "0" for each in identifiers):
        return Named(problem=f"{match[4]} is not a valid pre-release or build")
    if any(len(part) > 18 for part in match.groups()[:3]):
        return Named(problem="a number in it is too large")
    return Named(".".join(match.groups()[:3]), "", bool(extra[1]))


def is_older(named: Named, minor: int) -> bool:
    """Return whether a whole version is older than the release 1.MINOR.0. Kubernetes: NormalizeKubernetesVersion."""
    if named.version.count(".") != 2:
        return False
    numbers = tuple(map(int, named.version.split(".")))
    return numbers < (1, minor, 0) or (numbers == (1, minor, 0) and named.pre_release)
