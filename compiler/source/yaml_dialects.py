"""Where libyaml reads a text otherwise than kube-apiserver's own parser, or than YAML 1.2 says.

The server reads YAML with go-yaml v2, which follows YAML 1.1 in flow collections. Kubernetes 1.31 to 1.37 all have the
same scanner: sigs.k8s.io/yaml/goyaml.v2, later go.yaml.in/yaml/v2, scannerc.go.
"""

from __future__ import annotations

import re
from typing import Any

from compiler.diagnostics import KascError, diagnose
from compiler.source.node import Source
from compiler.source.places import location, shown
from compiler.source.yaml_places import TAG, value_start

# Compiled when needed: few files have such things.
_NAMED = "[&*][0-9A-Za-z_-]+"
_ESCAPE = r"(?s)\\(.)"
_DOUBLE_QUOTED = r'(?s)"(?:[^"\\]|\\.)*"'
# Escapes that can stand in for \' in one text, and the characters that they mean.
_STAND_INS = (("e", "\x1b"), ("a", "\x07"), ("v", "\x0b"), ("f", "\x0c"), ("b", "\x08"), ("0", "\0"))
_MOST_READ = 4_000_000


def check_server_scalar(source: Source, text: str, event: Any, in_flow: bool) -> None:
    """Raise KascError DOC-04 for a scalar that libyaml takes and go-yaml v2 does not."""
    style = event.style
    if style == '"':
        start, end = value_start(text, event), event.end_mark.index
        if "\\/" in text[start:end]:
            for escape in re.compile(_ESCAPE).finditer(text, start, end):
                if escape[1] == "/":
                    message = "the server's YAML parser does not know the escape \\/"
                    _refuse(source, text, *escape.span(), message, "write / without a backslash")
    elif not style and in_flow:
        value = event.value
        if "?" in value:
            index = text.index("?", value_start(text, event))
            # The value may be a secret, so it is not shown.
            message = "inside brackets and braces the server's YAML parser begins a key at this '?'"
            _refuse(source, text, index, index + 1, message, "put the value into quotes")
        if not value and event.tag is not None:
            tag = TAG.search(text, event.start_mark.index, event.end_mark.index)
            if tag is not None and text.startswith(",", tag.end()):
                _refuse(source, text, tag.start(), tag.end() + 1, "the server's YAML parser takes the comma for a part "
                        "of the tag", "remove the tag, or write a value after it")  # fmt: skip


def with_last_break(text: str) -> str:
    """Return a text with a line break after its last line if that is blank.

    To YAML 1.2 such a line is a part of the block scalar that it ends; libyaml reads it only if it ends in a break.
    """
    last = text[max(text.rfind("\n"), text.rfind("\r")) + 1 :]
    return f"{text}\n" if last and not last.strip(" \t") else text


def check_key_indicator(source: Source, text: str, event: Any) -> None:
    """Raise KascError DOC-04 if '?' right before a key in braces was read as an indicator: in YAML 1.2 it is text."""
    index = event.start_mark.index - 1
    if text[index : index + 1] == "?":
        _refuse(source, text, index, index + 1, "YAML readers disagree whether this '?' is a part of the key",
                "put a key that begins with '?' into quotes, or write a space after the '?'")  # fmt: skip


def check_anchor(source: Source, text: str, event: Any) -> None:
    """Raise KascError DOC-04 if the name of an anchor or alias goes on in YAML 1.2 where libyaml ends it."""
    start = event.start_mark.index
    tag = TAG.match(text, start)
    begin = tag.end() if tag is not None else start
    name = re.compile(_NAMED).search(text, begin)
    if name is None:
        return
    end = name.end()
    after = text[end : end + 1]
    if after and after not in " \t\r\n,[]{}":
        _refuse(source, text, end, end + 1, f"YAML readers disagree whether the name {name[0]} goes on "
                f"with {shown(after)}", "write a space after the name")  # fmt: skip


def _refuse(source: Source, text: str, start: int, end: int, message: str, hint: str) -> None:
    raise KascError(diagnose("DOC-04", message, hint, location=location(source, text, start, end)))


class QuoteEscapes:
    r"""The escape \' in double quotes, which go-yaml v2 knows and libyaml refuses.

    libyaml is given a text of the same length with another escape in its place; `value` puts the quote back.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.stand_in = ""
        self.letter = ""
        self._read = 0

    def replace(self, error: Any) -> bool:
        r"""Replace \' in the scalar in which libyaml failed; return whether it is worth another try."""
        mark, begin = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
        if mark is None or begin is None or "unknown escape character" not in (error.problem or ""):
            return False
        # libyaml's mark is at the backslash, that of the parser in Python after it.
        if "\\'" not in self.text[mark.index - 1 : mark.index + 2]:
            return False
        self._read += len(self.text)
        scalar = re.match(_DOUBLE_QUOTED, self.text[begin.index :])
        if scalar is None or self._read > _MOST_READ or not (self.letter or self._choose()):
            return False
        replaced = re.sub(_ESCAPE, lambda found: f"\\{self.letter}" if found[1] == "'" else found[0], scalar[0])
        self.text = self.text[: begin.index] + replaced + self.text[begin.index + len(replaced) :]
        return True

    def _choose(self) -> bool:
        """Choose an escape for a character that the text has in no spelling."""
        for letter, char in _STAND_INS:
            if f"\\{letter}" not in self.text and not re.search(
                rf"\\(?:x|u00|U000000){ord(char):02x}", self.text, re.I
            ):
                self.letter, self.stand_in = letter, char
                return True
        return False

    def value(self, text: str) -> str:
        """Return the value of a double-quoted scalar as the server reads it."""
        return text.replace(self.stand_in, "'") if self.stand_in else text
