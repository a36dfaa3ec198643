"""RKE2: its own settings, and the static Pod of kube-apiserver.

RKE2: pkg/executor/staticpod/staticpod.go, APIServer; pkg/cli/cmds and pkg/rke2 for the settings that it refuses.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from compiler.inputs.arguments import Word
from compiler.inputs.dialects.k3s.file import Item
from compiler.inputs.dialects.k3s.settings import Settings
from compiler.text import shown
from compiler.upstream.go.strconv import InvalidValueError, parse_bool

_PLUGINS = "enable-admission-plugins"
_PSA = "pod-security-admission-config-file"
_POLICY = "audit-policy-file"
_PROFILE = "profile"
_CLOUD_NAME = "cloud-provider-name"
_CLOUD_CONFIG = "cloud-provider-config"
_PSA_FILE = "/etc/rancher/rke2/rke2-pss.yaml"
_POLICY_FILE = "/etc/rancher/rke2/audit-policy.yaml"
_LIMITS = {"audit-log-maxage": "30", "audit-log-maxbackup": "10", "audit-log-maxsize": "100"}
KEYS = {"admission-control-config-file": _PSA, "audit-policy-file": _POLICY}
"""Flags that a key of RKE2 sets, if the user does not."""
_REMOVED = ("--advertise-port", "--basic-auth-file")
# Changes -> the releases since which they apply.
_PLUGINS_LAST = ("1.31.8", "1.32.4", "1.33.0")
_PLUGINS_FIRST_AGAIN = ("1.31.11", "1.32.7", "1.33.3", "1.34.0")
_WITHOUT_CLOUD = ("1.33.0",)
_WITHOUT_AWS = ("1.31.3", "1.32.0")
_SHORT_TOKENS = ("1.31.14", "1.32.10", "1.33.6", "1.34.2", "1.35.0")
_PROFILES = {"cis": (), "etcd": ("1.31.10", "1.32.6", "1.33.2")}
_PROFILES_UNTIL = {"cis-1.23": ("1.31.10", "1.32.6", "1.33.2")}
_CHARTS = ("rancher-vsphere", "harvester")
"""Cloud providers that RKE2 runs as charts. RKE2: pkg/cli/cmds/root.go, validateCloudProviderName."""
_CNI = ("calico", "canal", "cilium", "flannel")
_INGRESS = ("ingress-nginx", "traefik")
_RESOURCES = ("control-plane-resource-requests", "control-plane-resource-limits")
_PROBES = "control-plane-probe-configuration"
_MAX_REMOVALS = 1000
"""Removed arguments that are followed as exactly as in RKE2's loop; nobody repeats one more often."""
_MAX_PROBE = 2**31 - 1


def with_plugins(items: Sequence[Item | tuple[str, Word]], settings: Settings) -> list[Item | tuple[str, Word]]:
    """Return the user's arguments with the one that RKE2 adds to them. RKE2: pkg/cli/defaults/defaults.go, Set."""
    own = (_PLUGINS, settings.set_by(_PLUGINS, "NodeRestriction"))
    given = [each for each in items if isinstance(each, Item)]
    others = [each for each in items if not isinstance(each, Item)]
    release = settings.release
    last = (
        any(f"{_PLUGINS}{sign}" in settings.arguments for sign in ("", "+", "-"))
        and release.has(_PLUGINS_LAST)
        and not release.has(_PLUGINS_FIRST_AGAIN)
    )
    return [*given, own, *others] if last else [own, *given, *others]


def static_pod(words: list[Word], settings: Settings, through_kine: bool) -> list[Word]:
    """Return the arguments of the static Pod, from those that K3s would pass."""
    log_path, kept = _filtered(words, settings, through_kine)
    if settings.text(_CLOUD_NAME) and not settings.release.has(_WITHOUT_CLOUD):
        kept = [*_cloud(settings), *kept]
    is_cis = settings.text(_PROFILE).startswith("cis")
    if is_cis and settings.release.has(_SHORT_TOKENS):
        kept = [settings.set_by("service-account-extend-token-expiration", "false", _PROFILE), *kept]
    policy = settings.text(_POLICY) or (_POLICY_FILE if is_cis else "")
    if policy:
        keys = (_POLICY, _PROFILE)
        audit = [settings.set_by("audit-policy-file", policy, *keys)]
        audit += [settings.set_by(flag, value, *keys) for flag, value in _LIMITS.items()]
        if not log_path:
            path = settings.path("server/logs/audit.log")
            audit.append(settings.set_by("audit-log-path", path, *keys, unknown=settings.unknown_directory))
        kept = [*audit, *kept]
    psa = settings.set_by("admission-control-config-file", settings.text(_PSA) or _PSA_FILE, _PSA, _PROFILE)
    return [psa, *kept]


def _filtered(words: list[Word], settings: Settings, through_kine: bool) -> tuple[str, list[Word]]:
    """Return the user's audit log path, and the arguments without those that RKE2 removes or moves to the front.

    RKE2 removes elements of the slice that its loop ranges over: it skips the argument after a removed one, so that the
    second of two is kept. Once it has put an argument to the front, it works on a copy, and removes the one before.
    """
    array, kept, shared, removals, log_path = list(words), list(words), True, 0, ""
    for index in range(len(words)):
        word = array[index]
        name, _, value = word.text.partition("=")
        if name == "--audit-log-path":
            log_path = value
        elif (name in _REMOVED or (name == "--etcd-servers" and through_kine)) and removals < _MAX_REMOVALS:
            removals += 1
            del kept[index : index + 1]
            if shared:  # the other elements move, and the last one stays
                del array[index]
                array.append(array[-1])
            if name in _REMOVED:
                _report_removed(word, settings)
            else:
                kept.insert(0, _kine(word, settings))
                shared = False
    return log_path, kept


def _kine(word: Word, settings: Settings) -> Word:
    if not word.origin:
        message = "RKE2 replaces --etcd-servers: it connects kube-apiserver to its own kine"
        settings.ignore(message, "set datastore-endpoint instead", word.location or settings.start, word.path)
    path = settings.path("server/kine.sock")
    keys = ("datastore-endpoint", "disable-etcd")
    return settings.set_by("etcd-servers", f"unixs://{path}", *keys, unknown=settings.unknown_directory)


def _report_removed(word: Word, settings: Settings) -> None:
    name = word.text.partition("=")[0]
    if not word.origin:
        message = f"RKE2 removes {name}, which kube-apiserver does not have"
        settings.ignore(message, "remove it", word.location or settings.start, word.path)


def _cloud(settings: Settings) -> list[Word]:
    """Return the flags of the cloud provider, which 1.31 and 1.32 have."""
    name = settings.text(_CLOUD_NAME)
    if name == "aws" and settings.release.has(_WITHOUT_AWS):
        return []
    provider = "external" if name in _CHARTS else name
    return [
        settings.set_by("cloud-provider", provider, _CLOUD_NAME),
        settings.set_by("cloud-config", settings.text(_CLOUD_CONFIG), _CLOUD_CONFIG, _CLOUD_NAME),
    ]


def check(settings: Settings) -> None:
    """Report what RKE2 refuses or ignores in its own settings."""
    _check_profile(settings)
    _check_cloud(settings)
    _check_charts(settings, "cni", _CNI)
    _check_charts(settings, "ingress-controller", _INGRESS)
    _check_pods(settings)
    for item in settings.given("secrets-encryption"):
        if not _is_true(item.text):
            message = "RKE2 always encrypts secrets, and ignores this value"
            settings.ignore(message, "remove secrets-encryption", item.node.location, item.path)


def _is_true(text: str) -> bool:
    try:
        return parse_bool(text)
    except InvalidValueError:
        return True


def _check_profile(settings: Settings) -> None:
    profile, release = settings.text(_PROFILE), settings.release
    valid = profile in _PROFILES and release.has(_PROFILES[profile])
    valid |= profile in _PROFILES_UNTIL and not release.has(_PROFILES_UNTIL[profile])
    if profile and not valid:
        item = settings.items(_PROFILE)[-1]
        settings.refuse_value(item, f"{shown(profile)} is not a valid profile", "write cis")
    protects = settings.items("protect-kernel-defaults")
    if profile.startswith("cis") and protects and not settings.boolean("protect-kernel-defaults"):
        message = "the profile cis needs protect-kernel-defaults"
        settings.refuse_value(protects[-1], message, "remove protect-kernel-defaults, or set it to true")


def _check_cloud(settings: Settings) -> None:
    external = settings.items("node-external-ip")
    if external and (_CLOUD_NAME in settings or _CLOUD_CONFIG in settings):
        message = "node-external-ip cannot be set together with a cloud provider"
        settings.refuse_value(external[-1], message, "remove node-external-ip, or the cloud provider")
    if settings.text(_CLOUD_CONFIG) and not settings.text(_CLOUD_NAME):
        item = settings.items(_CLOUD_CONFIG)[-1]
        settings.refuse_value(item, f"{_CLOUD_CONFIG} needs {_CLOUD_NAME}", f"set {_CLOUD_NAME}")


def _check_charts(settings: Settings, key: str, choices: tuple[str, ...]) -> None:
    """Report unknown plugins and combinations. RKE2: pkg/cli/cmds/server.go, validateCNI, disableExceptSelected."""
    values = list(settings.parts(key))
    if not values:
        return
    item = values[-1][1]
    if key == "cni":
        names = [value for value, _ in values]
        if names == ["multus"]:
            settings.refuse_value(item, "multus needs another CNI plugin", "write multus,canal")
            return
        if len(names) > 2 or (len(names) == 2 and names[0] != "multus"):
            settings.refuse_value(item, "cni takes one plugin, or multus and one plugin", "write multus,canal")
            return
        values = values[len(names) - 1 :]
    for value, item in values:
        if value not in (*choices, "none"):
            settings.refuse_value(item, f"{shown(value)} is not a valid {key}", f"write {', '.join(choices)} or none")


def _check_pods(settings: Settings) -> None:
    """Report settings of the Pods that RKE2 refuses or ignores. RKE2: pkg/podtemplate."""
    for key in (*_RESOURCES, _PROBES):
        for part, item in settings.parts(key):
            _, equals, value = part.partition("=")
            number = re.fullmatch(r"\+?[0-9]{1,20}", value) and int(value) <= _MAX_PROBE
            if not equals or (key == _PROBES and not number):
                example = "kube-apiserver-liveness-timeout-seconds=15" if key == _PROBES else "kube-apiserver-cpu=500m"
                settings.refuse_value(
                    item, f"{key}: {shown(part)} is not valid", f"write NAME=VALUE, for example {example}"
                )
    for item in settings.items("kube-apiserver-extra-mount"):
        parts = item.text.split(":")
        if not 2 <= len(parts) <= 4 or (len(parts) == 3 and parts[2].lower() not in ("ro", "rw")):
            message = f"RKE2 ignores the invalid mount {shown(item.text)}"
            settings.ignore(message, "write /path/on/host:/path/in/container:ro", item.node.location, item.path)
    for item in settings.items("kube-apiserver-extra-env"):
        if "=" not in item.text:
            message = "RKE2 ignores the variable without a value"
            settings.ignore(message, "write NAME=VALUE", item.node.location, item.path)
