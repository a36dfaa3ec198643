"""Strict decoding of structured files: known fields, of the right kind, each once."""

from __future__ import annotations

from collections.abc import Iterable

from compiler.diagnostics import Location, Report, diagnose
from compiler.flags.text import shown
from compiler.source.node import Node
from compiler.suggest import did_you_mean


class Checker:
    """Reports what is wrong in one structured file, each finding with its rule, place and path.

    `prefix` is the path of the option in a document, empty for other inputs.
    """

    def __init__(self, report: Report, flag: str, prefix: str = "") -> None:
        self.report = report
        self.flag = flag
        self.prefix = f"{prefix}.content" if prefix else ""

    def refuse(self, rule: str, node: Node, path: str, message: str, hint: str, key: str = "") -> None:
        """Report a broken rule at a node, or at one of its keys."""
        location: Location = node.key_location(key) if key else node.location
        last = path.rpartition(".")[2]
        if not key and isinstance(node.value, dict) and last in node.value:
            location = node.value[last].location
        full = f"{self.prefix}.{path}".strip(".") if self.prefix else path
        self.report.add(diagnose(rule, message, hint, path=full, flag=self.flag, location=location))

    def kind(self, rule: str, root: Node, versions: dict[str, str]) -> bool:
        """Whether the root is a mapping of one of the kinds (kind -> apiVersion)."""
        if not isinstance(root.value, dict):
            self.refuse(rule, root, "", "the file is not a mapping", f"begin it with kind: {next(iter(versions))}")
            return False
        kind, version = self.text(rule, root, "kind", "kind"), self.text(rule, root, "apiVersion", "apiVersion")
        if versions.get(kind) != version:
            wanted, api = next(iter(versions.items()))
            message = f"the file is {shown(kind or 'of no kind')} of {shown(version or 'no apiVersion')}"
            self.refuse(rule, root, "kind", message, f"write apiVersion: {api} and kind: {wanted}")
            return False
        return True

    def fields(self, rule: str, node: Node, known: Iterable[str], path: str) -> bool:
        """Whether the node is a mapping; reports fields that the server does not know."""
        if not isinstance(node.value, dict):
            self.refuse(rule, node, path, f"{path or 'the file'} is not a mapping", "write keys and values")
            return False
        names = tuple(known)
        for key in node.value:
            if key not in names:
                hint = did_you_mean(key, names) or (f"known are {', '.join(names)}" if names else "remove it")
                self.refuse(rule, node, f"{path}.{key}".lstrip("."), f"{shown(key)} is not a known field", hint, key)
        return True

    def items(self, rule: str, node: Node, key: str, path: str) -> list[Node]:
        """The elements of a list field; empty where it is missing or null, and after reporting that it is no list."""
        found = node.get(key)
        if found is None or found.value is None:
            return []
        if not isinstance(found.value, list):
            self.refuse(rule, found, path, f"{key} is not a list", "write a list", "")
            return []
        return found.value

    def text(self, rule: str, node: Node, key: str, path: str) -> str:
        """A text field; empty where it is missing or null, and after reporting that it is no text."""
        found = node.get(key)
        if found is None or found.value is None:
            return ""
        if not isinstance(found.value, str):
            self.refuse(rule, found, path, f"{key} is not a text", "put it in quotes")
            return ""
        return found.value
