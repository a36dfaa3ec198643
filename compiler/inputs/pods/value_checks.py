"""Checks of single values that the validation of Pods, containers and probes shares."""

from __future__ import annotations

from collections.abc import Iterator

from compiler import rules
from compiler.inputs.pods.fields import FieldChecker, opening
from compiler.inputs.source.node import Node, text_of
from compiler.rules import Rule
from compiler.text import did_you_mean, shown
from compiler.upstream.names import is_label, is_port_name

SUBDOMAIN_HINT = "use lowercase letters, digits, '-' and '.'"
LABEL_HINT = "use at most 63 lowercase letters, digits and '-'"
_PORT_HINT = "use at most 15 lowercase letters, digits and '-'"


class ValueChecks:
    """Reports invalid values to the checker of the manifest's fields, at most one diagnostic for each path.

    `path` arguments of the methods are those of the parent mapping, `key` is the key of the value in it.
    """

    def __init__(self, checker: FieldChecker) -> None:
        self.checker = checker
        self.reported = {problem.path for problem in checker.problems}

    def report(self, rule: Rule, node: Node, path: str, message: str, hint: str) -> None:
        """Report a value, unless it was reported before."""
        if path not in self.reported and not self.checker.is_full:
            self.reported.add(path)
            self.checker.report(rule, f"{path}: {message}", hint, path, opening(node))

    def invalid(self, node: Node, path: str, message: str, hint: str) -> None:
        """Report an invalid value (POD-14)."""
        self.report(rules.INVALID_POD_VALUE, node, path, message, hint)

    def missing(self, node: Node, path: str, hint: str) -> None:
        """Report a missing required field (POD-12)."""
        self.report(rules.MISSING_POD_FIELD, node, path, "required field is missing", hint)

    def exclusive(self, node: Node, path: str, message: str, hint: str) -> None:
        """Report fields of which exactly one must be set (POD-17)."""
        self.report(rules.MUTUALLY_EXCLUSIVE_POD_FIELDS, node, path, message, hint)

    def duplicate(self, node: Node, path: str, message: str, hint: str) -> None:
        """Report a duplicate value (POD-15)."""
        self.report(rules.DUPLICATE_POD_VALUE, node, path, message, hint)

    def one_of(self, parent: Node, key: str, path: str, values: tuple[str, ...]) -> None:
        """Report a string that is not one of `values` (POD-13)."""
        node = parent.get(key)
        if node is not None and isinstance(node.value, str) and node.value not in values:
            hint = did_you_mean(node.value, values) or f"write {', '.join(value for value in values if value)}"
            message = f"{shown(node.value)} is not supported"
            self.report(rules.UNSUPPORTED_POD_VALUE, node, f"{path}.{key}", message, hint)

    def label(self, parent: Node, key: str, path: str, kind: str) -> None:
        """Report a name that is not an RFC 1123 label; `kind` is what it is the name of."""
        node = parent.get(key)
        text = text_of(node)
        if node is not None and text and not is_label(text):
            self.invalid(node, f"{path}.{key}", f"{shown(text)} is not a valid {kind}", LABEL_HINT)

    def unique(self, parent: Node, key: str, path: str, first: dict[str, str], kind: str) -> None:
        """Report a string that is in `first`, which maps each to the path of its first occurrence."""
        node = parent.get(key)
        text = text_of(node)
        if node is not None and text:
            if text in first:
                message = f"duplicate {kind} {shown(text)}, first at {first[text]}"
                self.duplicate(node, f"{path}.{key}", message, "rename or remove one of the two")
            first.setdefault(text, path)

    def no_backsteps(self, parent: Node, key: str, path: str) -> bool:
        """Report a path with `..` as an element; return whether it has none."""
        node = parent.get(key)
        if node is None or ".." not in text_of(node).split("/"):
            return True
        message = f"{shown(text_of(node))} contains '..' as a path element"
        self.invalid(node, f"{path}.{key}", message, "write the path without '..'")
        return False

    def relative(self, parent: Node, key: str, path: str) -> None:
        """Report a path that is not relative or has `..` as an element."""
        node = parent.get(key)
        if self.no_backsteps(parent, key, path) and node is not None and text_of(node).startswith("/"):
            message = f"{shown(text_of(node))} is not a relative path"
            self.invalid(node, f"{path}.{key}", message, "remove the leading slash")

    def port(self, parent: Node, key: str, path: str) -> None:
        """Report an invalid port number or name. Kubernetes: ValidatePortNumOrName."""
        node = parent.get(key)
        if node is None or node.value is None:
            return
        if isinstance(node.value, str):
            if not is_port_name(node.value):
                hint = f"write {node.value} without quotes" if node.value.isdecimal() and key != "name" else _PORT_HINT
                message = f"{shown(node.value)} is not a valid port name"
                self.invalid(node, f"{path}.{key}", message, hint)
        elif not 1 <= int_value(node) <= 65535 and not (key == "hostPort" and int_value(node) == 0):
            message = f"{node.text} is not a valid port number: it is not between 1 and 65535"
            self.invalid(node, f"{path}.{key}", message, "write a port, for example 6443")


def entries(node: Node | None) -> Iterator[tuple[str, Node]]:
    """Yield the entries of a mapping, none for any other node."""
    if node is not None and isinstance(node.value, dict):
        yield from node.value.items()


def int_value(node: Node | None) -> int:
    """Return the integer part of a number, 0 for any other node."""
    value = node.value if node is not None else None
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**63
    return int(value) if is_number and isinstance(value, int | float) else 0
