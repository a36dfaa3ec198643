"""The fields of Pods and workloads, decoded as strictly as by Kubernetes.

Kubernetes: staging/src/k8s.io/api/core/v1/types.go; apimachinery/pkg/runtime/serializer/json.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from compiler import rules
from compiler.bounds import MAX_FINDINGS
from compiler.diagnostics import Diagnostic, Location, diagnose
from compiler.inputs.source.node import Node
from compiler.rules import Rule
from compiler.text import closest, did_you_mean, shown, shown_bare
from compiler.upstream.catalog.facts import minor_of, pod_types

ROOTS = {
    "Pod": ("core.v1", "v1"),
    "PodTemplate": ("core.v1", "v1"),
    "ReplicationController": ("core.v1", "v1"),
    "Deployment": ("apps.v1", "apps/v1"),
    "DaemonSet": ("apps.v1", "apps/v1"),
    "StatefulSet": ("apps.v1", "apps/v1"),
    "ReplicaSet": ("apps.v1", "apps/v1"),
    "Job": ("batch.v1", "batch/v1"),
    "CronJob": ("batch.v1", "batch/v1"),
}
"""Kind -> package of its Go type, and its apiVersion."""
_INT32 = 2**31
_INTEGER = "an integer"
_KINDS: dict[type, str] = {bool: "a boolean", int: "a number", float: "a number", dict: "a mapping", list: "a list"}


class FieldSpec(NamedTuple):
    """A field of a type. `first` and `last` are the first and last minor version with it, 0 if unbounded."""

    type: str
    required: bool = False
    first: int = 0
    last: int = 0

    def is_in(self, minor: int) -> bool:
        """Return whether a minor version has the field."""
        return self.first <= minor <= (self.last or minor)


def fields_of(name: str) -> dict[str, FieldSpec]:
    """Return the fields of a type in all known versions."""
    return {field: FieldSpec(row[0], *map(int, row[1:])) for field, row in pod_types()[name].items()}  # type: ignore[arg-type]


class FieldChecker:
    """Checks a manifest against the types of one Kubernetes version, and adds diagnostics to `problems`.

    `skipped` are the paths of values that are checked elsewhere. If `lenient`, missing fields are not reported.
    `misspelled` collects the paths of required fields with a misspelled name.
    """

    def __init__(
        self,
        version: str,
        problems: list[Diagnostic],
        skipped: frozenset[str] = frozenset(),
        lenient: bool = False,
    ) -> None:
        self.version = version
        self.minor = minor_of(version)
        self.problems = problems
        self.skipped = skipped
        self.lenient = lenient
        self.misspelled: list[str] = []
        self._fields: dict[str, dict[str, FieldSpec]] = {}
        self._scalars: dict[str, Callable[[Any], str]] = {
            "s": lambda value: "" if isinstance(value, str) else "a string",
            "t": lambda value: "" if isinstance(value, str) else "a time",
            "y": lambda value: "" if isinstance(value, str) else "a base64 string",
            "b": lambda value: "" if isinstance(value, bool) else "a boolean",
            "i": lambda value: "" if _is_integer(value, _INT32) else _INTEGER,
            "l": lambda value: "" if _is_integer(value, 2**63) else _INTEGER,
            "n": lambda value: "" if isinstance(value, int | float) and not isinstance(value, bool) else "a number",
            "p": lambda value: "" if isinstance(value, str) or _is_integer(value, _INT32) else "a number or a string",
            "q": lambda value: "" if _is_quantity(value) else "a quantity",
            "o": lambda value: "" if isinstance(value, dict) else "a mapping",
        }

    def check(self, node: Node, kind: str, path: str = "") -> None:
        """Check a value of a type; null is the same as a missing value."""
        value = node.value
        if value is None or path in self.skipped:
            return
        if kind.startswith("[]"):
            if not isinstance(value, list):
                self._report_type(node, path, "a list")
                return
            for index, item in enumerate(value):
                self.check(item, kind[2:], f"{path}[{index}]")
        elif kind.startswith("{}"):
            if not isinstance(value, dict):
                self._report_type(node, path, "a mapping")
                return
            for key, item in value.items():
                self.check(item, kind[2:], f"{path}.{key}")
        elif kind in self._scalars:
            expected = self._scalars[kind](value)
            if expected:
                self._report_type(node, path, expected)
        else:
            self._check_object(node, kind, path)

    def _check_object(self, node: Node, kind: str, path: str) -> None:
        value = node.value
        if not isinstance(value, dict):
            self._report_type(node, path, "a mapping")
            return
        fields = self._fields.get(kind) or self._fields.setdefault(kind, fields_of(kind))
        misspelled = set()
        for key, child in value.items():
            spec, child_path = fields.get(key), f"{path}.{key}" if path else key
            if spec is None or not spec.is_in(self.minor):
                misspelled.add(self._report_unknown(node, key, spec, kind, child_path))
            else:
                self.check(child, spec.type, child_path)
        for key, spec in fields.items():
            if not spec.required or not spec.is_in(self.minor):
                continue
            if key in misspelled:
                self.misspelled.append(f"{path}.{key}")
            else:
                self._check_required(node, key, path)

    def _check_required(self, node: Node, key: str, path: str) -> None:
        child = node.get(key)
        if child is None or child.value in (None, "", []):
            child_path = f"{path}.{key}" if path else key
            if child_path not in self.skipped:
                where = child.location if child is not None and child.value is not None else opening(node)
                state = "empty" if child is not None and child.value is not None else "missing"
                message = f"{child_path}: required field is {state}"
                self.report(rules.MISSING_POD_FIELD, message, f"set {key}", child_path, where)

    def _report_unknown(self, node: Node, key: str, spec: FieldSpec | None, kind: str, path: str) -> str:
        """Report a field that its type does not have; return the field with a similar name, empty if there is none."""
        similar = ""
        if self.is_full:
            return similar
        if spec is not None:
            change = f"added in 1.{spec.first}" if self.minor < spec.first else f"removed in 1.{spec.last + 1}"
            message = f"{shown_bare(path)} is not a field of {kind} in Kubernetes {self.version}: it was {change}"
            hint = "remove it, or use a version that has it"
        else:
            message = f"{shown_bare(path)} is not a field of {kind}: the kubelet ignores it, kubectl rejects it"
            names = [name for name, each in self._fields[kind].items() if each.is_in(self.minor)]
            similar = closest(key, names)
            hint = did_you_mean(key, names) or self._move_hint(key) or "remove it"
        self.report(rules.UNKNOWN_POD_FIELD, message, hint, path, node.key_location(key))
        return similar

    def _move_hint(self, key: str) -> str:
        """Return the hint to move a field that belongs to another type; empty if no type has it."""
        for kind in ("PodSpec", "Container", "VolumeMount", "HTTPGetAction", "Probe", "Volume", "ObjectMeta"):
            if key in fields_of(kind):
                return f"move it: {key} is a field of {kind}"
        return ""

    def _report_type(self, node: Node, path: str, expected: str) -> None:
        value = node.value
        # Values of variables and headers may be secrets.
        scalar = not isinstance(value, dict | list) and not path.endswith(".value")
        shown_value = f"{shown(node.text)} is " if scalar and not isinstance(value, str) else ""
        kind = _KINDS.get(type(value), "a string")
        if expected == _INTEGER and kind == "a number":
            problem = "an integer out of range" if _is_integer(value, None) else "not an integer"
            message = f"{path}: {shown(node.text)} is {problem}"
        else:
            message = (
                f"{path}: {shown_value}{kind}, not {expected}" if shown_value else f"{path} is {kind}, not {expected}"
            )
        hint = "write true or false" if expected == "a boolean" else f"write {expected}"
        if expected in ("a string", "a number or a string") and scalar:
            hint = f'quote it: "{node.text}"'
        elif expected == "a string" and not isinstance(value, dict | list):
            hint = "quote it"
        elif isinstance(value, str) and value and _is_valid_unquoted(expected, value):
            hint = f"write {value} without quotes"
        elif expected == "a list":
            hint = "start each item with '- '"
        self.report(rules.WRONG_TYPE_OF_POD_FIELD, message, hint, path, node.location)

    @property
    def is_full(self) -> bool:
        """Whether there are more diagnostics than a report lists."""
        return len(self.problems) > MAX_FINDINGS

    def report(self, rule: Rule, message: str, hint: str, path: str, where: Location) -> None:
        """Add a diagnostic, unless there are too many or it is about a missing field of an excerpt."""
        if self.is_full or (self.lenient and rule in (rules.MISSING_POD_FIELD, rules.WRONG_POD_API_VERSION)):
            return
        self.problems.append(diagnose(rule, message, hint, path=path, location=where))


def opening(node: Node) -> Location:
    """Return the location of a value, only its start if it has several lines: a report does not need all of them."""
    at = node.location
    return at if at.line == at.end_line else Location(at.file, at.line, at.column, at.line, at.column + 1)


def _is_quantity(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _is_integer(value: Any, bound: int | None) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float) or (isinstance(value, float) and value % 1):
        return False
    return bound is None or -bound <= value < bound


def _is_valid_unquoted(expected: str, text: str) -> bool:
    return text in ("true", "false") if expected == "a boolean" else expected == _INTEGER and text.isdecimal()
