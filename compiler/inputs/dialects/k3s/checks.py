"""What K3s and RKE2 refuse. K3s: pkg/cli/server/server.go, run; RKE2: pkg/cli/cmds, pkg/rke2."""

from __future__ import annotations

from compiler import rules
from compiler.diagnostics import KascError, diagnose
from compiler.inputs.dialects.k3s.file import Item
from compiler.inputs.dialects.k3s.settings import ARGUMENTS, Settings, agent_keys
from compiler.text import shown, shown_bare

_TRIMMED = ("1.31.8", "1.32.4", "1.33.0")
"""The releases since which K3s looks arguments up without their hyphens."""
# The arguments that K3s looks up -> the releases since which it does.
_LOOKED_UP = {
    "tls-min-version": (),
    "tls-cipher-suites": (),
    "authorization-config": ("1.31.8", "1.32.4", "1.33.0"),
    "authentication-config": ("1.31.9", "1.32.5", "1.33.1"),
}
_EGRESS_MODES = ("agent", "cluster", "pod", "disabled")
_PROVIDERS = ("aescbc", "secretbox")
_RECONCILES = ("1.31.7", "1.32.3", "1.33.0")
"""The releases since which K3s checks the intervals of etcd snapshots."""


def value_of(name: str, settings: Settings) -> str:
    """Return the value of an argument of the user, empty if K3s does not find it. K3s: pkg/util/args.go, ArgValue."""
    item = _looked_up(name, settings)
    return item.text.partition("=")[2] if item is not None else ""


def _looked_up(name: str, settings: Settings) -> Item | None:
    for item in settings.arguments.get(name, ()):
        hyphens = item.text.startswith("--")
        if settings.release.has(_LOOKED_UP[name]) and (not hyphens or settings.release.has(_TRIMMED)):
            return item
    return None


def check_settings(settings: Settings) -> None:
    """Report settings that the distribution refuses; raise KascError if it starts no kube-apiserver."""
    _check_combinations(settings)
    _check_choice(settings, "egress-selector-mode", _EGRESS_MODES)
    if settings.boolean("secrets-encryption"):
        _check_choice(settings, "secrets-encryption-provider", _PROVIDERS)
    _check_snapshots(settings)
    _check_arguments(settings)
    for key, reason in (("disable-apiserver", ""), ("cluster-reset", ", resets etcd and exits")):
        if settings.boolean(key):
            item = settings.items(key)[-1]
            message = f"{settings.title} does not start kube-apiserver: {key} is true{reason}"
            hint = f"check the configuration of a server that runs kube-apiserver, or remove {key}"
            where = item.node.location
            raise KascError(diagnose(rules.REFUSED_BY_DISTRIBUTION, message, hint, path=item.path, location=where))
    _report_agent(settings)


def _check_combinations(settings: Settings) -> None:
    endpoint = bool(settings.text("datastore-endpoint"))
    joins = bool(settings.text("server"))
    refused = [
        (
            "cluster-reset-restore-path",
            not settings.boolean("cluster-reset"),
            "needs cluster-reset",
            "set cluster-reset",
        ),
        ("disable-apiserver", endpoint, "excludes datastore-endpoint", "remove one of the two"),
        ("cluster-reset", joins, "excludes server", "remove server before the reset"),
    ]
    if not settings.is_rke2:
        refused += [
            ("disable-etcd", not joins, "needs server", "set server, or remove disable-etcd"),
            ("disable-etcd", endpoint, "excludes datastore-endpoint", "remove one of the two"),
        ]
    for key, applies, why, hint in refused:
        if applies and settings.text(key) not in ("", "0", "f", "F", "false", "False", "FALSE"):
            settings.refuse_value(settings.items(key)[-1], f"{key} {why}", hint)


def _check_choice(settings: Settings, key: str, choices: tuple[str, ...]) -> None:
    value = settings.text(key)
    if value not in choices:
        message = f"{shown(value)} is not a valid {key}"
        settings.refuse_value(settings.items(key)[-1], message, f"write {', '.join(choices[:-1])} or {choices[-1]}")


def _check_snapshots(settings: Settings) -> None:
    if settings.boolean("etcd-disable-snapshots"):
        return
    for key in ("etcd-snapshot-reconcile-interval", *(["etcd-s3-timeout"] if settings.boolean("etcd-s3") else [])):
        if settings.duration(key) <= 0 and settings.release.has(_RECONCILES):
            settings.refuse_value(settings.items(key)[-1], f"{key} is not greater than 0s", "write 5m, for example")


def _check_arguments(settings: Settings) -> None:
    for name in _LOOKED_UP:
        item = _looked_up(name, settings)
        if item is not None and "=" not in item.text:
            settings.refuse_value(item, f"it panics at {name} without a value", f"write {name}=VALUE")
            settings.items(ARGUMENTS).remove(item)
    for item in settings.items(ARGUMENTS):
        if isinstance(item.node.value, dict):
            pairs = list(item.node.value)
            hint = f"write a list of strings, for example '- {shown_bare(pairs[0])}=VALUE'" if pairs else "write a list"
            message = f"{settings.title} passes the mapping as a single argument that is not a flag"
            settings.ignore(message, hint, item.node.location, item.path)


def _report_agent(settings: Settings) -> None:
    """Report a file that may be that of an agent, on which no kube-apiserver runs."""
    if not settings.text("server") or not settings.entries.keys() <= agent_keys(settings.request.kind):
        return
    kind = settings.request.kind
    item = settings.items("server")[-1]
    message = f"the file has no setting of a server: if the node runs `{kind} agent`, it runs no kube-apiserver"
    hint = f"check the file only if the node runs `{kind} server`"
    settings.request.decided_outside(message, hint, item.node.location, item.path)
