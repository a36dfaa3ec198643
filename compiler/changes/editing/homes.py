"""Where an input takes a flag that it does not set yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from compiler.artifacts.imported.values import typed_value
from compiler.artifacts.yamlio import dump
from compiler.changes.editing import words
from compiler.changes.editing.inputs import TEXT_KINDS, Input, Step
from compiler.changes.editing.scripts import extended_scripts, is_script
from compiler.changes.editing.trees import Path, Tree, assign, in_documents, value_at
from compiler.changes.editing.uses import located_words
from compiler.inputs.arguments import Argument
from compiler.inputs.source import STANDARD_INPUT, STANDARD_INPUT_NAME
from compiler.inputs.source.node import Lines
from compiler.upstream.catalog.facts import section_of

_MOST_USES = 8
"""Uses after which a flag is tried to be inserted: a word may be in a file or a quotation that takes no other."""

MAP, LISTS, PAIRS, ASSIGNMENTS, WORDS, DASHED = "map", "lists", "pairs", "assignments", "words", "dashed"
_SHAPES: dict[str, tuple[str, ...]] = {
    "kubeadm": (PAIRS, MAP),
    "k3s": (ASSIGNMENTS,),
    "rke2": (ASSIGNMENTS,),
    "talos": (MAP,),
    "k0s": (MAP,),
    "kubespray": (MAP,),
    "kamaji": (WORDS,),
    "openshift": (LISTS,),
    "k8s-snap": (DASHED,),
}
"""The forms of the field for extra arguments, by the kind of input: a map of names to values, a map to lists, a list of
names and values, of `name=value` or of `--name=value`, a map whose names have hyphens."""
_PREFIXES: dict[str, tuple[Path, ...]] = {
    "kubeadm": (
        (),
        ("spec", "kubeadmConfigSpec", "clusterConfiguration"),
        ("spec", "template", "spec", "kubeadmConfigSpec", "clusterConfiguration"),
        ("spec", "clusterConfiguration"),
        ("spec", "template", "spec", "clusterConfiguration"),
    )
}
"""Where objects have the documents of another program."""
_FIELDS: dict[str, dict[str, Path]] = {
    "kubeadm": {"feature-gates": ("featureGates",), "runtime-config": ("runtimeConfig",)},
}
"""Fields of a flag besides those for extra arguments: those of kind."""


def takes_items(kind: str) -> bool:
    """Return whether inputs of a kind have a list for each flag."""
    return LISTS in _SHAPES.get(kind, ())


def insertions(given: Input, flag: str, values: Sequence[str]) -> Iterator[Step]:
    """Yield ways to add a flag, the best first; the values are alternatives."""
    for value in values:
        if given.kind in TEXT_KINDS:
            yield from _in_words(given, flag, value)
        elif given.kind == "document":
            yield from _in_document(given, flag, value)
        elif given.kind == "pod":
            yield from _in_container(given, flag, value)
        else:
            yield from _in_field(given, flag, value)
            yield from _in_arguments(given, flag, value)


def _users(given: Input) -> Iterator[Argument]:
    """Yield the last arguments that the user wrote, the last one first."""
    users = (use for use in reversed(given.reading.server.arguments) if not use.origin and use.name_location)
    return islice(users, _MOST_USES)


def _in_words(given: Input, flag: str, value: str) -> Iterator[Step]:
    for use in _users(given):
        name = use.name_location.file if use.name_location is not None else ""
        if name in given.texts:
            text = given.texts[name].after
            for style in TEXT_KINDS[given.kind]:
                for way in words.insertions(text, located_words(text, use), style(f"--{flag}={value}")):
                    yield {name: way}
    start = given.reading.server.start
    if given.kind == "systemd" and start.file in given.texts:
        text = given.texts[start.file].after
        program = words.FlagWords(words.Span(*Lines(text).span(start)), None)
        for way in words.insertions(text, program, words.for_unit(f"--{flag}={value}")):
            yield {start.file: way}


def _edited(tree: Tree | None, path: Path, value: Any) -> Iterator[Step]:
    """Yield the edits after which a value of a file is another one, if there are any."""
    edits = tree.with_data(lambda data: assign(data, path, value)) if tree is not None else None
    if tree is not None and edits:
        yield {tree.source.name: edits}


def _in_document(given: Input, flag: str, value: str) -> Iterator[Step]:
    spec, catalog = given.reading.catalog.flags.get(flag), given.reading.catalog
    layers = given.reading.server.layers
    name = layers[-1] if layers else ""
    tree = given.tree(STANDARD_INPUT_NAME if name == STANDARD_INPUT else name)
    typed = typed_value(catalog, spec, [value]) if spec is not None else None
    if spec is not None and typed is not None:
        yield from _edited(tree, (0, section_of(spec.group), spec.key), typed)
    yield from _edited(tree, (0, "extraFlags", flag), value)


def _in_container(given: Input, flag: str, value: str) -> Iterator[Step]:
    """Yield ways to add a word after those of a container's command line."""
    word = f"--{flag}={value}"
    for use in _users(given):
        if use.location is None or (tree := given.tree(use.location.file)) is None:
            continue
        path = tree.path_of(use.location)
        if path is None:
            continue
        node = tree.node(path)
        if node is not None and is_script(str(node.value), use):
            for text in extended_scripts(node, use, word):
                yield from _edited(tree, path, text)
        else:
            yield from _edited_list(tree, path, word)


def _edited_list(tree: Tree, path: Path, item: Any) -> Iterator[Step]:
    """Yield the edits after which a list has another item after the one at a path."""
    items = value_at(tree.data, path[:-1])
    if isinstance(items, list) and isinstance(path[-1], int):
        yield from _edited(tree, path[:-1], [*items[: path[-1] + 1], item, *items[path[-1] + 1 :]])


# Distributions


def _in_field(given: Input, flag: str, value: str) -> Iterator[Step]:
    """Yield ways to set the field that decides a flag."""
    field = given.reading.server.settings.get(flag)
    paths: list[Path] = [tuple(field.split("."))] if field and "[" not in field else []
    if path := _FIELDS.get(given.kind, {}).get(flag):
        paths.append(path)
    for tree in _trees(given):
        for path in paths:
            for where in in_documents(tree, path):
                if path in _FIELDS.get(given.kind, {}).values() and not _is_kind(tree, where[0]):
                    continue
                for typed in _values(given, flag, value, value_at(tree.data, where)):
                    yield from _edited(tree, where, typed)


def _is_kind(tree: Tree, number: str | int) -> bool:
    api = value_at(tree.data, (number, "apiVersion"))
    return isinstance(api, str) and api.startswith("kind.x-k8s.io/")


def _values(given: Input, flag: str, value: str, current: Any) -> Iterator[Any]:
    """Yield the forms that a field may have: of the type of the flag, then as text."""
    reading = given.reading
    items = reading.items_of(flag, value)
    if isinstance(current, list | None) and reading.is_list(flag):
        former = current or []
        names = [item["name"] for item in former if isinstance(item, dict) and "name" in item]
        if len(names) == len(former):
            yield [*former, *({"name": item} for item in items if item not in names)]
    if reading.is_list(flag):
        pairs = [item.partition("=") for item in items]
        if all(equals for _, equals, _ in pairs):
            if all(text in ("true", "false") for _, _, text in pairs):
                yield {key: text == "true" for key, _, text in pairs}
            yield {key: text for key, _, text in pairs}
        else:
            yield items
    elif value in ("true", "false"):
        yield value == "true"
    elif value.isascii() and value.isdecimal() and len(value) < 19:
        yield int(value)
    yield value


def _trees(given: Input) -> Iterator[Tree]:
    """Yield the files of the input, the last one that has flags of the user first."""
    names = [use.location.file for use in reversed(given.reading.server.arguments) if use.location and not use.origin]
    for name in dict.fromkeys([*names, *given.texts]):
        tree = given.tree(name)
        if tree is not None:
            yield tree


def _in_arguments(given: Input, flag: str, value: str) -> Iterator[Step]:
    """Yield ways to add a flag to the field for extra arguments."""
    dialect = given.reading.server.dialect
    shapes = _SHAPES.get(given.kind, ())
    if dialect is None or not shapes:
        return
    setting = tuple(_SETTINGS.get(dialect.setting, dialect.setting).split("."))
    for tree in _trees(given):
        for owner in _owners(tree):
            paths = list(_existing(owner, setting)) or list(_missing(owner, given.kind, setting))
            if dialect.setting in _SETTINGS and owner is tree:
                yield from _in_patch(tree, flag, value)
                continue
            for path in paths:
                current = value_at(owner.data, path)
                for shape in shapes:
                    for new in _with_flag(current, shape, flag, value):
                        yield from _edited(owner, path, new)


_SETTINGS = {"kubeadmConfigPatches": "apiServer.extraArgs"}
"""Fields that have the documents of another program."""


def _in_patch(tree: Tree, flag: str, value: str) -> Iterator[Step]:
    """Yield ways to add a patch of the document of another program that has the flag."""
    path: Path = (0, "kubeadmConfigPatches")
    patches = value_at(tree.data, path)
    for arguments in ([{"name": flag, "value": value}], {flag: value}):
        text = dump({"kind": "ClusterConfiguration", "apiServer": {"extraArgs": arguments}})
        yield from _edited(tree, path, [*(patches if isinstance(patches, list) else ()), text])


def _owners(tree: Tree) -> Iterator[Tree]:
    """Yield the trees in the strings of a list of patches, then the tree itself."""
    for number in range(len(tree.data)):
        patches = value_at(tree.data, (number, "kubeadmConfigPatches"))
        for index in range(len(patches)) if isinstance(patches, list) else ():
            inner = tree.inner((number, "kubeadmConfigPatches", index))
            if inner is not None and value_at(inner.data, (0, "kind")) == "ClusterConfiguration":
                yield inner
    yield tree


def _existing(tree: Tree, setting: Path) -> Iterator[Path]:
    """Yield the paths of the fields for extra arguments in a tree."""
    kinds = {value_at(document, ("kind",)) for document in tree.data}
    if setting[0] in kinds:
        yield from (path for path in in_documents(tree, setting) if value_at(tree.data, path) is not None)
        return
    suffix = setting[-2:]
    pending: list[tuple[Path, Any]] = [((number,), data) for number, data in enumerate(tree.data)]
    while pending:
        path, data = pending.pop()
        for key, value in data.items() if isinstance(data, dict) else ():
            inner = (*path, key)
            names = (*inner[:-1], str(key).removesuffix("+"))
            if names[-len(suffix) :] == suffix and (len(suffix) > 1 or len(names) == 2):
                yield inner
            elif len(inner) < 9:
                pending.append((inner, value))


def _missing(tree: Tree, kind: str, setting: Path) -> Iterator[Path]:
    """Yield the paths at which the field may be added, those with the most existing parents first."""
    paths = [path for prefix in _PREFIXES.get(kind, ((),)) for path in in_documents(tree, (*prefix, *setting))]
    data = tree.data

    def existing(path: Path) -> int:
        return sum(value_at(data, path[:length]) is not None for length in range(1, len(path)))

    return iter(sorted(paths, key=existing, reverse=True)[:_MOST_USES])


def _with_flag(current: Any, shape: str, flag: str, value: str) -> Iterator[Any]:
    """Yield a field for extra arguments with another one, if it can have this form."""
    if shape in (MAP, LISTS, DASHED):
        if isinstance(current, dict | None):
            entries = current or {}
            name = f"--{flag}" if shape == DASHED else flag
            former = entries.get(name)
            yield {**entries, name: [*(former if isinstance(former, list) else ()), value] if shape == LISTS else value}
        return
    items = [current] if isinstance(current, str) else current
    if isinstance(items, list | None):
        item = {PAIRS: {"name": flag, "value": value}, ASSIGNMENTS: f"{flag}={value}", WORDS: f"--{flag}={value}"}[
            shape
        ]
        yield [*(items or []), item]
