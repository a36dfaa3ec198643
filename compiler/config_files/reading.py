"""The content of a structured file that a flag names, from the input itself or from the host's files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.diagnostics import Diagnostic, KascError, Location, diagnose
from compiler.flags.text import shown
from compiler.host import MissingFile
from compiler.source.node import Node, Source

if TYPE_CHECKING:
    from compiler.options.group import OptionGroup


def load_node(group: OptionGroup, flag: str, path: str, rule: str) -> Node | None:
    """The parsed content; None where no mapping covers the path, and after reporting what is wrong under `rule`."""
    run = group.run
    inline = run.host.content(path)
    if inline is not None:
        return inline
    try:
        data = run.host.read(path)
    except MissingFile as problem:
        hint = "make the file, or mend the path"
        group.refuse(rule, f"--{flag}: {shown(path)} cannot be read: {problem}", hint, flag)
        return None
    if data is None:
        return None
    if not data:
        group.refuse(rule, f"--{flag}: {shown(path)} is empty", "write its content, or remove the flag", flag)
        return None
    return _parse(group, flag, path, rule, data)


def _parse(group: OptionGroup, flag: str, path: str, rule: str, data: bytes) -> Node | None:
    from compiler.source.yaml_source import parse_yaml

    name = group.run.host.local(path) or path
    problems: list[Diagnostic] = []
    try:
        node = parse_yaml(Source(name, data.decode()), problems)
    except UnicodeDecodeError:
        group.refuse(rule, f"--{flag}: {shown(path)} is not text in UTF-8", "save it as UTF-8", flag)
        return None
    except KascError as error:
        found = error.diagnostic
        location = found.location or Location(name, 1, 1, 1, 2)
        group.run.report.add(diagnose(rule, found.message, found.hint, flag=flag, location=location))
        return None
    for found in problems:
        group.run.report.add(diagnose(rule, found.message, found.hint, flag=flag, location=found.location))
    return node
