"""Encryption at rest: what each resource is written and read with, and whether two servers can read each other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple

from compiler.apiserver.config_files.encryption import KINDS, EncryptionConfiguration
from compiler.changes.change import Change
from compiler.changes.flags import by_row, is_known, meant
from compiler.text.redaction import hide_in_message
from compiler.upstream.names import GroupResource

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved
    from compiler.inputs.schema.field import Field

FLAG = "encryption-provider-config"
EXPLAINS = frozenset((FLAG,))
_CUSTOM = ("{group}", "{resource}")
"""Stands for custom resources that no entry names."""


class _Reader(NamedTuple):
    """A key that values can be read with; the prefix is None for identity. The secret is compared and never shown."""

    prefix: str | None
    secret: str


_IDENTITY = (_Reader(None, ""),)
_Readers = tuple[_Reader, ...]


def compare(old: Resolved, new: Resolved) -> Iterator[Change]:
    """Yield the change of each resource, and of KMS plugins."""
    if not (is_known(old, FLAG) and is_known(new, FLAG)):
        return
    paths = [server.context.flags.text(FLAG) for server in (old, new)]
    configs = [_config(server) for server in (old, new)]
    if configs[0] is None or configs[1] is None:
        if paths[0] != paths[1]:
            yield _of_files(paths, old, new)
        return
    yield from _kms(configs[0], configs[1], old, new)
    secrets = _comparable((configs[0], _secrets(old)), (configs[1], _secrets(new)))
    if configs[0].entries == configs[1].entries and secrets[0] == secrets[1]:
        return
    of_old, of_new = _Side(configs[0], secrets[0]), _Side(configs[1], secrets[1])
    is_off = not configs[1].entries
    alike: dict[Any, Change] = {}
    for group, resource in _resources(old, new):
        before, after = of_old.readers(group, resource), of_new.readers(group, resource)
        if before == after:
            continue
        name = "custom resources" if (group, resource) == _CUSTOM else str(GroupResource(resource, group))
        case = f"encryption.{_case(before, after, of_new.lists(group, resource), is_off)}"
        key = (case, before, after)
        if key not in alike:
            alike[key] = meant("storage", name, case, old, new, FLAG, _shown(before), _shown(after))
        yield alike[key]._replace(name=hide_in_message(name))


def _of_files(paths: list[str], old: Resolved, new: Resolved) -> Change:
    """Return the change of files that are not available: by their parts if one consists of others."""
    parts = [server.context.host.parts(path) for server, path in zip((old, new), paths, strict=True)]
    before, after = (tuple(_Reader(path or None, "") for path in each) for each in parts)
    if len(before) == len(after) == 1:
        return by_row(FLAG, old, new, *paths)
    case = _case(before, after, bool(paths[1]), not paths[1])
    return meant("storage", FLAG, f"encryption.{case}", old, new, FLAG, *paths)


def _config(server: Resolved) -> EncryptionConfiguration | None:
    """Return the configuration, an empty one without the flag; None if the file is not available."""
    if not server.context.flags.text(FLAG):
        return EncryptionConfiguration()
    return server.storage_factory.encryption


def _case(before: _Readers, after: _Readers, is_listed: bool, is_off: bool) -> str:
    """Return the case of a resource that is read with other keys, the first of which writes."""
    old_writer, new_writer = before[0], after[0]
    dropped = set(before) - set(after)
    if new_writer not in before:
        return _case_of_unknown_writer(before, new_writer)
    if old_writer in dropped:
        if is_listed:
            return "key-replaced"
        return "removed" if is_off else "resource-removed"
    if dropped:
        return "identity-removed" if _IDENTITY[0] in dropped else "reader-removed"
    if new_writer != old_writer:
        return "writer-identity" if new_writer.prefix is None else "writer-changed"
    return "reader-added" if len(set(after)) > len(set(before)) else "reordered"


def _case_of_unknown_writer(before: _Readers, writer: _Reader) -> str:
    """Return the case of a writer that the old server cannot read."""
    if any(each.prefix == writer.prefix for each in before):
        return "secret-changed"
    if writer.secret and any(each.secret == writer.secret and _provider(each) == _provider(writer) for each in before):
        return "key-renamed"
    return "writer-first" if before[0].prefix is None else "key-replaced"


def _provider(reader: _Reader) -> str:
    """Return the type of a provider: `aescbc`."""
    return (reader.prefix or "").split(":")[2] if reader.prefix else ""


def _shown(readers: _Readers) -> dict[str, Any]:
    """Return what a resource is written and read with: names of keys without their secrets."""
    names = [each.prefix.removeprefix("k8s:enc:").rstrip(":") if each.prefix else "identity" for each in readers]
    return {"write": names[0], "read": list(dict.fromkeys(names))}


class _Side:
    """What one server reads each resource with; secrets of each entry in the order of its prefixes."""

    def __init__(self, config: EncryptionConfiguration, secrets: list[list[str]]) -> None:
        self.config = config
        aligned = [
            (names, tuple(map(_Reader, prefixes, own if len(own) == len(prefixes) else [""] * len(prefixes))))
            for (names, prefixes), own in zip(config.entries, [*secrets, *[[]] * len(config.entries)], strict=False)
        ]
        self.by_name: dict[str, _Readers] = {}
        for names, readers in aligned:
            for name in names:
                self.by_name[name] = self.by_name.get(name, ()) + readers

    def readers(self, group: str, resource: str) -> _Readers:
        """Return the keys of a resource, identity if it is not listed."""
        return self._matching(group, resource) or _IDENTITY

    def lists(self, group: str, resource: str) -> bool:
        """Return whether an entry covers a resource."""
        return bool(self._matching(group, resource))

    def _matching(self, group: str, resource: str) -> _Readers:
        """Kubernetes: StaticTransformers.TransformerForResource, see `EncryptionConfiguration.providers_for`."""
        names = (str(GroupResource(resource, group)), f"*.{group}", "*.*")
        return next((self.by_name[name] for name in names if name in self.by_name), ())


def _resources(old: Resolved, new: Resolved) -> list[tuple[str, str]]:
    """Return the resources that both servers store, and the custom resources that an entry names."""
    rows = [{(row.group, row.resource) for row in server.storage_factory.rows()} for server in (old, new)]
    custom = {
        (group, resource)
        for server in (old, new)
        for group, resource, _, _ in server.storage_factory.custom_exceptions()
        if resource != "*"
    }
    return [*sorted(rows[0] & rows[1]), *sorted(custom), _CUSTOM]


def _secrets(server: Resolved) -> list[list[str]]:
    """Return the secrets of each entry, one for each prefix as the loader lists them; they are only compared."""
    roots = [file.root for file in server.context.config_files if file.kind in KINDS]
    return [_secrets_of(entry) for root in roots[-1:] for entry in root["resources"].items()]


def _comparable(*sides: tuple[EncryptionConfiguration, list[list[str]]]) -> list[list[list[str]]]:
    """Return the secrets of each side; a key that is a reference on one side counts as the key of its name."""
    known: list[dict[str | None, set[str]]] = [{}, {}]
    for (config, secrets), by_prefix in zip(sides, known, strict=True):
        for (_, prefixes), own in zip(config.entries, secrets, strict=False):
            for prefix, secret in zip(prefixes, own, strict=False):
                by_prefix.setdefault(prefix, set()).add(secret)
    unknown = {
        prefix
        for prefix in known[0].keys() & known[1].keys()
        if len(known[0][prefix]) == len(known[1][prefix]) == 1
        and sum(secret.startswith("{") for each in known for secret in each[prefix]) == 1
    }
    return [
        [
            ["" if prefix in unknown else secret for prefix, secret in zip_longest(prefixes, own, fillvalue="")]
            for (_, prefixes), own in zip(config.entries, secrets, strict=False)
        ]
        for config, secrets in sides
    ]


def _secrets_of(entry: Field) -> list[str]:
    secrets: list[str] = []
    for provider in entry["providers"].items():
        for kind, settings in provider.entries():
            if kind in ("kms", "identity"):
                secrets.append("")
            elif settings.is_set:
                nodes = [key["secret"].node for key in settings["keys"].items()]
                secrets += [repr(node.plain()) if node is not None else "" for node in nodes]
    return secrets


def _kms(
    before: EncryptionConfiguration, after: EncryptionConfiguration, old: Resolved, new: Resolved
) -> Iterator[Change]:
    """Yield the plugins that are called in another way under the same name."""
    known = {(plugin.api_version, plugin.name): plugin for plugin in before.kms}
    for plugin in after.kms:
        same = known.get((plugin.api_version, plugin.name))
        if same is not None and same[2:] != plugin[2:]:
            places = [{"endpoint": each.endpoint, "timeout": f"{each.timeout / 1e9:g}s"} for each in (same, plugin)]
            yield meant("storage", f"kms {plugin.name}", "encryption.kms-plugin", old, new, FLAG, *places)
