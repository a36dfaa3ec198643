"""A place in a structured file: what stands there, and how to report what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING

from compiler.bounds import MAX_DEPTH
from compiler.diagnostics import Location, Report, diagnose

if TYPE_CHECKING:
    from compiler.source.node import Node

_MOST_STEPS = 2 * MAX_DEPTH
"""Steps of a path: a key and an index for each level of nesting."""


class Findings:
    """Takes the findings about one structured file.

    `prefix` is the path of the content in a document, empty for a file of its own. What could not be decoded is kept
    in `bad`: nothing more is said about such a place, or about what lies in it.
    """

    def __init__(self, report: Report, flag: str, prefix: str = "") -> None:
        self.report = report
        self.flag = flag
        self.prefix = prefix
        self.bad: set[str] = set()

    def add(self, rule: str, path: str, location: Location, message: str, hint: str, severity: str = "") -> None:
        """Report a broken rule, unless its place is known to be undecodable."""
        if (self.bad and self._is_bad(path)) or self.report.passes_over(rule, self.flag, severity):
            return
        full = f"{self.prefix}.{path}".strip(".") if self.prefix else path
        self.report.add(diagnose(rule, message, hint, path=full, flag=self.flag, location=location, severity=severity))

    def _is_bad(self, path: str) -> bool:
        ends = (found.start() for found in islice(re.finditer(r"[.\[]", path), _MOST_STEPS))
        return path in self.bad or any(path[:end] in self.bad for end in ends)


class Field:
    """A value of a structured file, which may be missing.

    `path` is its place in the file (`jwt[0].issuer.url`). A missing value stands where the mapping around it stands.
    What the decoder refused reads as missing.
    """

    __slots__ = ("findings", "location", "node", "path")

    def __init__(self, node: Node | None, path: str, findings: Findings, location: Location) -> None:
        self.node = node
        self.path = path
        self.findings = findings
        self.location = location

    @property
    def given(self) -> bool:
        """Whether a value other than null stands here."""
        return self.node is not None and self.node.value is not None

    @property
    def is_null(self) -> bool:
        """Whether null is written here."""
        return self.node is not None and self.node.value is None

    @property
    def is_bad(self) -> bool:
        """Whether the decoder refused what stands here."""
        return self.path in self.findings.bad

    def __getitem__(self, key: str) -> Field:
        """The field of a mapping under a key."""
        path = f"{self.path}.{key}" if self.path else key
        child = self.node.get(key) if self.node is not None else None
        if child is not None and path in self.findings.bad:
            return Field(None, path, self.findings, child.location)
        return Field(child, path, self.findings, child.location if child is not None else self.location)

    def in_any_case(self, key: str) -> list[Field]:
        """The fields of a mapping that encoding/json takes for a key, whatever their case; the last one counts.

        Those of YAML come in the order of their names, for it is turned into JSON first. The one under the key itself
        where there is none.
        """
        value = self.node.value if self.node is not None else None
        keys = [name for name in value if name.lower() == key.lower()] if isinstance(value, dict) else []
        if self.node is not None and not self.node.source.json:
            keys.sort()
        return [self[name] for name in keys] or [self[key]]

    def items(self) -> list[Field]:
        """The elements of a list; none where there is no list."""
        value = self.node.value if self.node is not None else None
        if not isinstance(value, list):
            return []
        return [Field(item, f"{self.path}[{i}]", self.findings, item.location) for i, item in enumerate(value)]

    def entries(self) -> list[tuple[str, Field]]:
        """Keys and values of a mapping; none where there is no mapping."""
        value = self.node.value if self.node is not None else None
        return [(key, self[key]) for key in value] if isinstance(value, dict) else []

    def key_location(self, key: str) -> Location:
        """Where a key of this mapping stands."""
        return self.node.key_location(key) if self.node is not None else self.location

    @property
    def text(self) -> str:
        """A text; empty where there is none."""
        value = self.node.value if self.node is not None else None
        return value if isinstance(value, str) else ""

    @property
    def on(self) -> bool | None:
        """A boolean; None where there is none."""
        value = self.node.value if self.node is not None else None
        return value if isinstance(value, bool) else None

    @property
    def number(self) -> int | None:
        """A whole number; None where there is none."""
        value = self.node.value if self.node is not None else None
        if isinstance(value, float) and value.is_integer():
            return int(value)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    @property
    def duration(self) -> int | None:
        """A duration in nanoseconds; None where there is none, or none that can be read."""
        if not self.text:
            return None
        from compiler.flags.numbers import InvalidValueError, parse_duration

        try:
            return parse_duration(self.text)
        except InvalidValueError:
            return None

    def did_you_mean(self, words: Iterable[str]) -> str:
        """`did you mean WORD?` for the text here, empty if none is near."""
        return self.findings.report.suggestions.did_you_mean(self.text, words)

    def refuse(self, rule: str, message: str, hint: str) -> None:
        """Report a broken rule at this place."""
        self.findings.add(rule, self.path, self.location, message, hint)
