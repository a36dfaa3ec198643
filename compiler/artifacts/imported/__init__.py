"""A kasc document with the flags of any input: typed values, comments on their origins, files and the Pod around."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from compiler import __version__
from compiler.apiserver.context import ServerContext
from compiler.apiserver.startup import Resolved
from compiler.artifacts.files import written_value
from compiler.artifacts.flags import effective_arguments
from compiler.artifacts.imported.contents import content_of
from compiler.artifacts.imported.deployment import deployment_of
from compiler.artifacts.imported.origins import Origins
from compiler.artifacts.imported.values import lowers_to, typed_value
from compiler.artifacts.imported.writer import Entry, Section, as_toml, as_yaml, comment_line
from compiler.inputs.arguments import ANY, Argument
from compiler.inputs.schema.bundle import local_schema, modeline, schema_url
from compiler.inputs.source.node import find
from compiler.upstream.catalog.facts import DEFAULT_FILE_DIRECTORY, STRUCTURED, section_of

_VERSION = r"v?(1\.[0-9]+(?:\.[0-9]+)?)"
_MAX_NAME = 253


class Imported(NamedTuple):
    """The text of a document, and notes about what differs from the input: secrets, and what it cannot contain."""

    text: str
    notes: list[str]


def imported(
    resolved: Resolved,
    form: str,
    version: str | None = None,
    directory: str = "",
    *,
    heading: str = "",
    variables: dict[str, str] | None = None,
) -> Imported:
    """Return the document; `form` is `yaml` or `toml`.

    `version` is the Kubernetes version from the command line, `directory` that of the document, `heading` its first
    comment, if it is not to be about the import. `variables` are the environment variables that stand for keys in
    documents that belong together. Raises NotInTomlError.
    """
    context = resolved.context
    stated = version or context.input.version
    chosen = _version(stated or context.catalog.version, context)
    notes: list[str] = []
    document: list[Entry | Section] = [
        Entry("apiVersion", "kasc/v1"),
        Entry("kind", "APIServer"),
        Entry("kubernetesVersion", chosen, "" if stated else "not in the input: the newest supported version"),
        Section("metadata", _metadata(context)),
        *_options(context, notes, {} if variables is None else variables),
    ]
    deployment = deployment_of(context, chosen, notes)
    if deployment:
        document.append(Section("deployment", [Entry(key, value) for key, value in deployment.items()]))
    minor = context.catalog.version
    url = local_schema(directory, minor) or schema_url(minor, f"v{__version__}")
    comments = [modeline(url, form), comment_line(heading or _heading(context))]
    write = as_toml if form == "toml" else as_yaml
    return Imported(write(comments, document), notes)


def _heading(context: ServerContext) -> str:
    given = context.input
    noun = given.dialect.noun if given.dialect is not None else given.read_as
    return f"Imported by kasc from {os.path.basename(given.start.file)} ({noun.removeprefix('a ').removeprefix('an ')})"


def _version(text: str, context: ServerContext) -> str:
    match = re.match(_VERSION, text)
    return match[1] if match else context.catalog.version


def _metadata(context: ServerContext) -> list[Entry]:
    """Return a name that a document may have, and the labels of a document."""
    name = re.sub("[^-.a-z0-9]+", "-", context.input.name.lower())[:_MAX_NAME].strip("-.")
    labels: dict[str, Any] = {}
    for layer in context.input.layer_roots:
        node = find(layer, "metadata", "labels")
        plain = node.plain() if node is not None else None
        labels |= plain if isinstance(plain, dict) else {}
    labels = {key: value for key, value in labels.items() if isinstance(value, str)}
    entries = [Entry("name", name or "kube-apiserver")]
    return [*entries, Entry("labels", labels)] if labels else entries


def _options(context: ServerContext, notes: list[str], variables: dict[str, str]) -> Iterator[Section]:
    """Yield the option groups, then `extraFlags` with what no option can express.

    The options of a group are in the order of the server's flags, those with the same origin together.
    """
    catalog, flags = context.catalog, context.flags
    origins, paths = Origins(context.input), set[str]()
    groups: dict[str, list[Entry]] = {}
    extra: list[Entry] = []
    for name, effective in effective_arguments(flags):
        # A value that is malformed or unknown counts even if another one follows.
        uses, spec = flags.arguments[name] if name in flags.refused else effective, catalog.flags[name]
        texts, comment = [written_value(use) for use in uses], origins.comment(uses)
        value = None
        if name in STRUCTURED and len(texts) == 1:
            value = _file(context, name, texts[0], paths, notes, variables)
        if value is None or not lowers_to(catalog, spec, value, texts):
            value = typed_value(catalog, spec, texts)
        if value is None:
            extra.append(Entry(name, _extra(texts), comment))
        else:
            groups.setdefault(spec.group, []).append(Entry(spec.key, value, comment))
    extra += _unknown(context, origins)
    for group in catalog.groups:
        if group in groups:
            yield Section(section_of(group), _by_origin(groups[group]))
    if extra:
        yield Section("extraFlags", _by_origin(extra))


def _extra(texts: Sequence[str]) -> str | list[str]:
    return texts[0] if len(texts) == 1 else list(texts)


def _unknown(context: ServerContext, origins: Origins) -> Iterator[Entry]:
    """Yield the flags that this version does not have, and the words that may be any flags."""
    uses: dict[str, list[Argument]] = {}
    for argument in context.input.arguments:
        if argument.flag == ANY:
            yield Entry(argument.text, "", origins.comment([argument]))
        elif argument.flag not in context.catalog.flags:
            uses.setdefault(argument.flag, []).append(argument)
    for flag, arguments in uses.items():
        yield Entry(flag, _extra([each.text for each in arguments]), origins.comment(arguments))


def _file(
    context: ServerContext, flag: str, path: str, paths: set[str], notes: list[str], variables: dict[str, str]
) -> Any:
    """Return path and content of a structured file; None if the document only names it."""
    if not path or path in paths or context.flags.arguments[flag][-1].unknown:
        return None
    content, secrets, problem = content_of(context, flag, path, variables)
    if problem:
        notes.append(f"--{flag}: {path} is not in the document: {problem}")
    if content is None:
        return None
    paths.add(path)
    notes += [f"secret in --{flag}: {secret}" for secret in secrets]
    default = f"{DEFAULT_FILE_DIRECTORY}/{flag}.yaml"
    return {"content": content} if path == default else {"path": path, "content": content}


def _by_origin(entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries with those of one origin together, in the order in which the origins appear."""
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.comment, []).append(entry)
    return [entry for group in groups.values() for entry in group]
