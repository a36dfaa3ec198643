"""Variables of Ansible as Kubespray's templates use them: values of the file, defaults, and references to both.

Only references to other variables are evaluated; the value of any other Jinja template is unknown. Secrets of Ansible
Vault are unknown as well.
"""

from __future__ import annotations

import re
from typing import NamedTuple, TypeAlias

from compiler.inputs.source.node import Node

Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | None"
"""A value of a variable, as Ansible has it."""
_NAME = r"[A-Za-z_][A-Za-z0-9_]{0,200}"
_SINGLE = re.compile(rf"\s*\{{\{{-?\s*({_NAME})\s*-?\}}\}}\s*")
_REFERENCE = re.compile(rf"\{{\{{-?\s*({_NAME})\s*-?\}}\}}")
_UNDEFINED = re.compile(r"\s*\{\{-?\s*undef\(.*\)\s*-?\}\}\s*", re.DOTALL)
_MARKS = ("{{", "{%", "{#")
_VAULT = "$ANSIBLE_VAULT;"
_MAX_LENGTH = 100_000
"""Maximum length of a string that references are inserted into."""


class Value(NamedTuple):
    """The value of a variable. `node` is that of the file, None for a default.

    `unknown` is set if the file does not decide the value; `defined` is false for a variable that does not exist.
    """

    plain: Plain = None
    node: Node | None = None
    unknown: bool = False
    defined: bool = True

    @property
    def is_true(self) -> bool:
        """Whether a condition of a template holds: Python's truth; an unknown value is not true."""
        return not self.unknown and bool(self.plain)

    @property
    def may_be_true(self) -> bool:
        """Whether the value is true or unknown."""
        return self.unknown or bool(self.plain)


UNDEFINED = Value(defined=False)


class Variables:
    """The variables of a file, with the defaults of Kubespray's roles."""

    def __init__(self, root: Node, defaults: dict[str, Plain], raw_lines: set[int]) -> None:
        self.root = root
        self.defaults = defaults
        self.raw_lines = raw_lines
        """The lines of values that are tagged `!unsafe`: Ansible does not evaluate them."""
        self.undecided: set[str] = set()
        """Variables on which the flags depend and which the file does not decide: the default is assumed."""
        self.placeholders: set[str] = set()
        """What stands for unknown parts of values."""
        self._values: dict[str, Value] = {}
        self._active: set[str] = set()

    def node(self, name: str) -> Node | None:
        """Return the value of a variable in the file."""
        return self.root.get(name)

    def get(self, name: str) -> Value:
        """Return the value of a variable; unknown if it refers to itself."""
        if name in self._values:
            return self._values[name]
        node = self.node(name)
        if name in self._active:
            return Value(None, node, unknown=True)
        self._active.add(name)
        if node is not None:
            value = self.of(node)
        elif name in self.defaults:
            value = self.evaluated(self.defaults[name])
        else:
            value = UNDEFINED
        self._active.discard(name)
        self._values[name] = value
        return value

    def is_true(self, name: str) -> bool:
        """Return whether a condition on a variable holds; if it is unknown, whether it does by default."""
        value = self.get(name)
        if not value.unknown:
            return value.is_true
        self.undecided.add(name)
        return self.evaluated(self.defaults.get(name)).is_true

    def unknown_with(self, prefixes: tuple[str, ...]) -> bool:
        """Return whether a variable with one of the prefixes is unknown."""
        names = (*self.defaults, *(self.root.value if isinstance(self.root.value, dict) else ()))
        return any(self.get(name).unknown for name in names if name.startswith(prefixes))

    def items(self, name: str) -> list[str]:
        """Return what `join` and loops of a template iterate over in a variable; nothing if it is not true."""
        value = self.get(name)
        return elements(value.plain) if value.is_true else []

    def placeholder(self, name: str) -> str:
        """Return what stands for an unknown value."""
        text = f"$({name.upper().replace('-', '_')})"
        self.placeholders.add(text)
        return text

    def unknown_in(self, text: str) -> str:
        """Return the first placeholder in a text, empty if there is none."""
        return next((name for name in re.findall(r"\$\([^()]*\)", text) if name in self.placeholders), "")

    def of(self, node: Node) -> Value:
        """Return the value of a node of the file."""
        if node.span[0] in self.raw_lines and isinstance(node.value, str):
            return Value(node.value, node)
        return self.evaluated(_plain(node))._replace(node=node)

    def evaluated(self, plain: Plain) -> Value:
        """Return a value with its references replaced."""
        if isinstance(plain, str):
            return self._text(plain)
        if isinstance(plain, list):
            items = [self.evaluated(item) for item in plain]
            return Value([item.plain for item in items], unknown=any(item.unknown for item in items))
        if isinstance(plain, dict):
            entries = {key: self.evaluated(item) for key, item in plain.items()}
            unknown = any(item.unknown for item in entries.values())
            return Value({key: item.plain for key, item in entries.items()}, unknown=unknown)
        return Value(plain)

    def _text(self, text: str) -> Value:
        if text.startswith(_VAULT):
            return Value("", unknown=True)
        if not any(mark in text for mark in _MARKS):
            return Value(text)
        single = _SINGLE.fullmatch(text)
        if single is not None:
            value = self.get(single[1])
            # A variable that the file does not define may come from another file.
            return Value(value.plain, unknown=value.unknown or not value.defined)
        if _UNDEFINED.fullmatch(text):
            return UNDEFINED
        if any(mark in _REFERENCE.sub("", text) for mark in _MARKS):
            return Value(text, unknown=True)
        return self._interpolated(text)

    def _interpolated(self, text: str) -> Value:
        result, position, unknown = "", 0, False
        for match in _REFERENCE.finditer(text):
            value = self.get(match[1])
            unknown = unknown or value.unknown or not value.defined
            result += text[position : match.start()] + rendered(value.plain)
            position = match.end()
            if len(result) > _MAX_LENGTH:
                return Value(text, unknown=True)
        return Value(result + text[position:], unknown=unknown)


def _plain(node: Node) -> Plain:
    if isinstance(node.value, dict):
        return {key: _plain(item) for key, item in node.value.items()}
    if isinstance(node.value, list):
        return [_plain(item) for item in node.value]
    return node.value


def rendered(plain: Plain) -> str:
    """Return a value as a template writes it: Python's text; nothing for null."""
    return "" if plain is None else str(plain)


def elements(plain: Plain) -> list[str]:
    """Return what `join` and a loop of a template iterate over: items, keys, or the characters of a string."""
    if isinstance(plain, str | list | dict):
        return [rendered(item) for item in plain]
    return [rendered(plain)]
