"""Syntax check of Go regular expressions.

Source: Go regexp/syntax/parse.go with the flags of regexp.Compile. The size of the compiled program is a lower bound,
so a pattern near the limit of 3.3 million instructions may be accepted.
"""

from __future__ import annotations

from compiler.text import shown
from compiler.upstream.go.regexp_classes import ClassReader, InvalidRegexpError

_MAX_REPEATS = 1000
_MAX_DEPTH = 1000
_MAX_SIZE = (128 << 20) // 40


__all__ = ["InvalidRegexpError", "check_regexp"]


class _Part:
    """A piece of a pattern: its size in instructions, repetitions of its contents and nesting depth."""

    __slots__ = ("depth", "repeats", "size")

    def __init__(self, size: int = 1, repeats: int = 1, depth: int = 1) -> None:
        self.size = size
        self.repeats = repeats
        self.depth = depth


class _Group:
    """An open group: the finished alternatives, and the pieces of the current one."""

    __slots__ = ("alternatives", "captures", "parts")

    def __init__(self, captures: bool) -> None:
        self.captures = captures
        self.alternatives: list[_Part] = []
        self.parts: list[_Part] = []


def check_regexp(pattern: str, loose_names: bool = False) -> None:
    """Raise InvalidRegexpError if Go's regexp.Compile fails. `loose_names`: see go_unicode_names."""
    _Reader(pattern, loose_names).read()


class _Reader(ClassReader):
    def __init__(self, pattern: str, loose_names: bool) -> None:
        super().__init__(pattern, loose_names)
        self._groups = [_Group(captures=False)]

    def read(self) -> None:
        after_repeat = False
        while self._at < len(self._text):
            after_repeat = self._step(after_repeat)
        if len(self._groups) > 1:
            raise self._invalid("missing closing )", "write ) at the end of the group, or \\( for the character")

    def _push(self, part: _Part) -> None:
        if part.size > _MAX_SIZE:
            raise self._invalid("expression too large", "write smaller repeat counts")
        if part.depth > _MAX_DEPTH:
            raise self._invalid("expression nests too deeply", "reduce the nesting of groups")
        self._groups[-1].parts.append(part)

    def _step(self, after_repeat: bool) -> bool:
        """Read one piece and return whether it was a repetition operator."""
        letter = self._peek()
        if letter in "*+?":
            self._at += 1
            self._repeat(letter, 0, 0, after_repeat)
            return True
        if letter == "{":
            return self._braces(after_repeat)
        if letter == "(":
            self._open()
        elif letter == ")":
            self._close()
        elif letter == "|":
            group = self._groups[-1]
            group.alternatives.append(_joined(group.parts))
            group.parts = []
            self._at += 1
        elif letter == "[":
            self._class()
            self._push(_Part())
        elif letter == "\\":
            self._backslash()
        else:
            self._at += 1
            self._push(_Part())
        return False

    def _braces(self, after_repeat: bool) -> bool:
        counts = self._counts()
        if counts is None:
            self._at += 1
            self._push(_Part())
            return False
        low, high, end = counts
        if low < 0 or low > _MAX_REPEATS or high > _MAX_REPEATS or 0 <= high < low:
            raise self._invalid("invalid repeat count", f"write at most {_MAX_REPEATS}, the smaller number first")
        self._at = end
        self._repeat("{", low, high, after_repeat)
        return True

    def _counts(self) -> tuple[int, int, int] | None:
        """Return the numbers in {low,high} and its end; high is -1 for {low,}. Return None for a literal brace."""
        low, at = self._count(self._at + 1)
        high = low
        if at and self._text.startswith(",}", at):
            high, at = -1, at + 1
        elif at and self._text.startswith(",", at):
            high, at = self._count(at + 1)
            low = -1 if high < 0 else low
        return (low, high, at + 1) if at and self._text.startswith("}", at) else None

    def _count(self, start: int) -> tuple[int, int]:
        """Return a number, -1 if it is far too large, and its end, 0 if there is no number."""
        end = start
        while end < len(self._text) and self._text[end] in "0123456789":
            end += 1
        digits = self._text[start:end]
        if not digits or (digits[0] == "0" and len(digits) > 1):
            return 0, 0
        return (int(digits) if len(digits) < 9 else -1), end

    def _repeat(self, sign: str, low: int, high: int, after_repeat: bool) -> None:
        if self._peek() == "?":
            self._at += 1
        if after_repeat:
            raise self._invalid("invalid nested repetition operator", "put the first one in parentheses")
        parts = self._groups[-1].parts
        if not parts:
            raise self._invalid(
                f"missing argument to repetition operator {sign}", f"write \\{sign} for the character itself"
            )
        part = parts.pop()
        if sign != "{":
            self._push(_Part(part.size + (2 if sign == "*" else 1), part.repeats, part.depth + 1))
            return
        times = low if high < 0 else high
        repeats = 1 if high == 0 else part.repeats * max(times, 1)
        if (low >= 2 or high >= 2) and repeats > _MAX_REPEATS:
            raise self._invalid(f"it repeats more than {_MAX_REPEATS} times in total", "write smaller repeat counts")
        size = high * part.size + high - low
        if high < 0:
            size = low * part.size + 1 if low else part.size + 2
        self._push(_Part(max(size, 1), repeats, part.depth + 1))

    def _open(self) -> None:
        if self._peek(1) != "?":
            self._at += 1
            self._groups.append(_Group(captures=True))
            return
        rest = self._text[self._at :]
        start = 4 if rest.startswith("(?P<") and len(rest) > 4 else 3 if rest.startswith("(?<") and len(rest) > 3 else 0
        if start and rest[3:4] not in ("=", "!"):
            self._named(rest, start)
            return
        self._flags(rest)

    def _named(self, rest: str, start: int) -> None:
        end = rest.find(">")
        name = rest[start:end]
        if end < 0 or not name or not all(c == "_" or (c.isascii() and c.isalnum()) for c in name):
            raise self._invalid("invalid group name", "write letters, digits and _ between < and >")
        self._groups.append(_Group(captures=True))
        self._at += end + 1

    def _flags(self, rest: str) -> None:
        at, negated, has_flags = 2, False, False
        while at < len(rest) and rest[at] in "imsU-":
            if rest[at] == "-":
                if negated:
                    break
                negated, has_flags = True, False
            else:
                has_flags = True
            at += 1
        letter = rest[at : at + 1]
        if letter not in (":", ")") or (negated and not has_flags):
            hint = "write flags, for example (?i), or (?:...) for a group"
            if letter in ("=", "!", "<"):
                hint = "Go does not support lookahead and lookbehind: combine CEL conditions with &&, || and !"
            raise self._invalid(f"invalid or unsupported syntax {shown(rest[: at + 1])}", hint)
        if letter == ":":
            self._groups.append(_Group(captures=False))
        self._at += at + 1

    def _close(self) -> None:
        if len(self._groups) == 1:
            raise self._invalid("unexpected )", "write \\) for the character itself")
        group = self._groups.pop()
        self._at += 1
        alternatives = [*group.alternatives, _joined(group.parts)]
        part = _Part(
            max(each.size for each in alternatives),
            max(each.repeats for each in alternatives),
            max(each.depth for each in alternatives),
        )
        self._push(_Part(part.size + 2, part.repeats, part.depth + 1) if group.captures else part)

    def _backslash(self) -> None:
        letter = self._peek(1)
        if letter and letter in "AbBz":
            self._at += 2
        elif letter == "Q":
            quoted, _, _ = self._text[self._at + 2 :].partition("\\E")
            for _ in quoted:
                self._push(_Part())
            self._at += 2 + len(quoted)
            self._at += 2 if self._text.startswith("\\E", self._at) else 0
            return
        elif not self._escaped_class():
            self._escape()
        self._push(_Part())


def _joined(parts: list[_Part]) -> _Part:
    """Return the concatenation of pieces."""
    if not parts:
        return _Part()
    return _Part(
        sum(part.size for part in parts), max(part.repeats for part in parts), max(part.depth for part in parts)
    )
