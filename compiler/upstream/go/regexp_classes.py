"""Character classes and escapes of Go regular expressions."""

from __future__ import annotations

import os

from compiler.text import shown

_sections: dict[str, frozenset[str]] = {}


def is_class_name(name: str, loose: bool) -> bool:
    """Return whether Go knows \\p{name}.

    `loose`: case, spaces, hyphens and underscores are ignored (Go 1.25 and later). Scripts with an underscore or an
    inner uppercase letter in their name cannot be named then: Go looks up the normalized name among the original ones.
    """
    if not _sections:
        _sections.update(_read_data())
    categories, scripts = _sections["categories"], _sections["scripts"]
    if not loose:
        return name == "Any" or name in categories or name in scripts
    normalized = _normalized(name)
    if normalized in ("Any", "Assigned", "Ascii") or normalized in categories or normalized in scripts:
        return True
    return normalized in {_normalized(alias) for alias in _sections["aliases"]}


def _normalized(name: str) -> str:
    plain = name.replace("_", "").replace("-", "").replace(" ", "")
    return plain[:1].upper() + "".join(letter.lower() if letter.isascii() else letter for letter in plain[1:])


def _read_data() -> dict[str, frozenset[str]]:
    path = os.path.join(os.path.dirname(__file__), "data", "unicode_names.txt")
    with open(path, encoding="utf-8") as file:
        blocks = [block.partition("]\n") for block in file.read().split("\n[")[1:]]
    return {name: frozenset(words.partition("\n#")[0].split()) for name, _, words in blocks}


_PERL_CLASSES = "dDsSwW"
_POSIX_NAMES = "alnum alpha ascii blank cntrl digit graph lower print punct space upper word xdigit"
_POSIX_CLASSES = frozenset(_POSIX_NAMES.split())
_HEX = "0123456789abcdefABCDEF"


class InvalidRegexpError(Exception):
    """A pattern that Go cannot compile, with message and hint."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ClassReader:
    """Reads classes and escapes of a pattern, and raises InvalidRegexpError if they are invalid."""

    def __init__(self, pattern: str, loose_names: bool) -> None:
        self._text = pattern
        self._at = 0
        self._loose = loose_names

    def _invalid(self, reason: str, hint: str) -> InvalidRegexpError:
        return InvalidRegexpError(f"invalid regular expression {shown(self._text)}: {reason}", hint)

    def _peek(self, ahead: int = 0) -> str:
        return self._text[self._at + ahead : self._at + ahead + 1]

    def _escaped_class(self) -> bool:
        """Read a class, for example \\d or \\p{Greek}, and return whether there is one."""
        letter = self._peek(1)
        if self._peek() != "\\" or not letter:
            return False
        if letter in _PERL_CLASSES:
            self._at += 2
            return True
        if letter not in "pP":
            return False
        name, end = self._peek(2), self._at + 3
        if name == "{":
            end = self._text.find("}", self._at) + 1
            name = self._text[self._at + 3 : end - 1] if end else ""

        if not name or not is_class_name(name.removeprefix("^"), self._loose):
            invalid = shown(self._text[self._at : end] if end else self._text[self._at :])
            hint = "write a class, for example \\pL, \\p{Lu} or \\p{Greek}"
            raise self._invalid(f"{invalid} is not a valid Unicode class", hint)
        self._at = end
        return True

    def _escape(self) -> str:
        """Read an escape sequence and return its character. Go: parseEscape."""
        start = self._at
        letter = self._peek(1)
        if not letter:
            raise self._invalid("trailing backslash", "write \\\\ for the character itself")
        self._at += 2
        if letter in "01234567" and (letter == "0" or (self._peek() and self._peek() in "01234567")):
            digits = letter
            while len(digits) < 3 and self._peek() and self._peek() in "01234567":
                digits += self._peek()
                self._at += 1
            return chr(int(digits, 8))
        if letter == "x":
            return self._hexadecimal(start)
        if letter in "afnrtv":
            return {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}[letter]
        if letter.isascii() and not letter.isalnum():
            return letter
        hint = f"write {letter} without the backslash"
        if letter in "123456789":
            hint = "Go does not support backreferences"
        raise self._invalid(f"{shown(self._text[start : self._at])} is not a valid escape sequence", hint)

    def _hexadecimal(self, start: int) -> str:
        digits, after = self._text[self._at : self._at + 2], self._at + 2
        if digits[:1] == "{":
            end = self._text.find("}", self._at)
            digits, after = (self._text[self._at + 1 : end], end + 1) if end > 0 else ("", after)
        elif len(digits) < 2:
            digits = ""
        if (
            not digits
            or not all(digit in _HEX for digit in digits)
            or int(digits.lstrip("0")[:8] or "0", 16) > 0x10FFFF
        ):
            raise self._invalid(
                f"{shown(self._text[start:after])} is not a valid escape sequence",
                "write two hexadecimal digits, or more in braces",
            )
        self._at = after
        return chr(int(digits, 16))

    def _class(self) -> None:
        """Read [...]. Go: parseClass."""
        self._at += 1
        if self._peek() == "^":
            self._at += 1
        first = True
        while first or self._peek() != "]":
            first = False
            if self._text.startswith("[:", self._at) and self._posix_class():
                continue
            if self._escaped_class():
                continue
            start = self._at
            low = self._class_character()
            if self._peek() == "-" and self._peek(1) not in ("", "]"):
                self._at += 1
                if self._class_character() < low:
                    raise self._invalid(
                        f"invalid character class range {shown(self._text[start : self._at])}",
                        "write the smaller character first, or a - at the end of the class for the character",
                    )
        self._at += 1

    def _posix_class(self) -> bool:
        end = self._text.find(":]", self._at + 2)
        if len(self._text) - self._at <= 2 or end < 0:
            return False
        name = self._text[self._at + 2 : end]
        if name.removeprefix("^") not in _POSIX_CLASSES:
            invalid = shown(self._text[self._at : end + 2])
            hint = "write a class, for example [:alpha:] or [:digit:]"
            raise self._invalid(f"{invalid} is not a valid class", hint)
        self._at = end + 2
        return True

    def _class_character(self) -> str:
        letter = self._peek()
        if not letter:
            raise self._invalid("missing closing ]", "write ] at the end of the class, or \\[ for the character")
        if letter == "\\":
            return self._escape()
        self._at += 1
        return letter
