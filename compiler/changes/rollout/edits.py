"""The edits of a document that lead from one phase of a rollout to the next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from compiler.artifacts.files import written_value
from compiler.changes.flags import digest, plain
from compiler.changes.rollout.configuration import UNSET, differing
from compiler.changes.version import NAME as VERSION
from compiler.text.redaction import HIDDEN, hide_in_message, is_secret_name
from compiler.upstream.catalog.facts import STRUCTURED, section_of

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved
    from compiler.changes.rollout.configuration import Configuration

_ENCRYPTION = "EncryptionConfiguration"


class Edit(NamedTuple):
    """Another value of a flag, whose option has this path in a kasc document.

    Values are the texts of the flag, one for each time it is set, or None. For an encryption configuration they say
    what each resource is written and read with, without secrets.
    """

    flag: str
    path: str
    before: Any
    after: Any


class State(NamedTuple):
    """A configuration that servers run with, and what kasc makes of it."""

    configuration: Configuration
    server: Resolved


def edits_between(before: State, after: State) -> Iterator[Edit]:
    """Yield the edits from one state to another, the version first."""
    versions = before.configuration.version, after.configuration.version
    if versions[0] != versions[1]:
        yield Edit(VERSION, "kubernetesVersion", *versions)
    for flag in differing(before.configuration, after.configuration):
        if flag:
            yield Edit(flag, _path(after.server, flag), *(_shown(state, flag) for state in (before, after)))


def _path(server: Resolved, flag: str) -> str:
    spec = server.context.catalog.flags.get(flag)
    return f"{section_of(spec.group)}.{spec.key}" if spec is not None else f"extraFlags.{flag}"


def _shown(state: State, flag: str) -> Any:
    value = state.configuration.value(flag)
    if value == UNSET:
        return None
    texts = [HIDDEN if is_secret_name(flag) else hide_in_message(written_value(use)) for use in value.uses]
    if STRUCTURED.get(flag) == _ENCRYPTION and state.server.storage_factory.encryption is not None:
        return {"path": texts[-1], "resources": list(_resources(state.server))}
    return (
        {"path": texts[-1], "content": digest([file.content.plain() for file in value.files])} if value.files else texts
    )


def _resources(server: Resolved) -> Iterator[dict[str, Any]]:
    encryption = server.storage_factory.encryption
    for names, prefixes in encryption.entries if encryption is not None else ():
        providers = [prefix.removeprefix("k8s:enc:").rstrip(":") if prefix else "identity" for prefix in prefixes]
        yield plain(server, "", {"resources": list(names), "providers": providers})
