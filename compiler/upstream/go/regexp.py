"""Whether Go can read a regular expression.

Source: Go regexp/syntax/parse.go with the flags that regexp.Compile gives it. The size of what a pattern compiles to is
judged from below, so a pattern near that limit of 3.3 million instructions may be let through.
"""

from __future__ import annotations

from compiler.text import shown
from compiler.upstream.go.regexp_classes import ClassReader, InvalidRegexpError

_MOST_REPEATS = 1000
_DEEPEST = 1000
_LARGEST = (128 << 20) // 40


__all__ = ["InvalidRegexpError", "check_regexp"]


class _Part:
    """A piece of a pattern: how many instructions it takes, how often its insides repeat, how deep it nests."""

    __slots__ = ("depth", "repeats", "size")

    def __init__(self, size: int = 1, repeats: int = 1, depth: int = 1) -> None:
        self.size = size
        self.repeats = repeats
        self.depth = depth


class _Group:
    """An open parenthesis: the alternatives before, and the pieces of the present one."""

    __slots__ = ("captures", "done", "parts")

    def __init__(self, captures: bool) -> None:
        self.captures = captures
        self.done: list[_Part] = []
        self.parts: list[_Part] = []


def check_regexp(pattern: str, loose_names: bool = False) -> None:
    """Raises InvalidRegexpError where Go's regexp.Compile fails. `loose_names`: see go_unicode_names."""
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
            raise self._refused(
                "a parenthesis is not closed", "write ) at the end of the group, or \\( for the character"
            )

    def _push(self, part: _Part) -> None:
        if part.size > _LARGEST:
            raise self._refused("it is too large", "write smaller repeat counts")
        if part.depth > _DEEPEST:
            raise self._refused("it is nested too deep", "write fewer groups inside one another")
        self._groups[-1].parts.append(part)

    def _step(self, after_repeat: bool) -> bool:
        """Read one piece; whether it was a repetition."""
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
            group.done.append(_joined(group.parts))
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
        found = self._counts()
        if found is None:
            self._at += 1
            self._push(_Part())
            return False
        low, high, end = found
        if low < 0 or low > _MOST_REPEATS or high > _MOST_REPEATS or 0 <= high < low:
            raise self._refused("a repeat count is too large or the wrong way round", f"write at most {_MOST_REPEATS}")
        self._at = end
        self._repeat("{", low, high, after_repeat)
        return True

    def _counts(self) -> tuple[int, int, int] | None:
        """The numbers in {low,high} and where it ends; high is -1 for {low,}, and None stands for a plain brace."""
        low, at = self._count(self._at + 1)
        high = low
        if at and self._text.startswith(",}", at):
            high, at = -1, at + 1
        elif at and self._text.startswith(",", at):
            high, at = self._count(at + 1)
            low = -1 if high < 0 else low
        return (low, high, at + 1) if at and self._text.startswith("}", at) else None

    def _count(self, start: int) -> tuple[int, int]:
        """A number and where it ends, -1 for one that is far too large; the end is 0 where there is no number."""
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
            raise self._refused("a repetition follows a repetition", "put the first one in parentheses")
        parts = self._groups[-1].parts
        if not parts:
            raise self._refused("there is nothing to repeat", f"write a \\ before {sign} for the character itself")
        part = parts.pop()
        if sign != "{":
            self._push(_Part(part.size + (2 if sign == "*" else 1), part.repeats, part.depth + 1))
            return
        times = low if high < 0 else high
        repeats = 1 if high == 0 else part.repeats * max(times, 1)
        if (low >= 2 or high >= 2) and repeats > _MOST_REPEATS:
            raise self._refused(f"it repeats more than {_MOST_REPEATS} times in all", "write smaller repeat counts")
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
            raise self._refused("the name of a group is not one", "write letters, digits and _ between < and >")
        self._groups.append(_Group(captures=True))
        self._at += end + 1

    def _flags(self, rest: str) -> None:
        at, negated, seen = 2, False, False
        while at < len(rest) and rest[at] in "imsU-":
            if rest[at] == "-":
                if negated:
                    break
                negated, seen = True, False
            else:
                seen = True
            at += 1
        letter = rest[at : at + 1]
        if letter not in (":", ")") or (negated and not seen):
            hint = "write flags such as (?i), or (?:...) for a group"
            if letter in ("=", "!", "<"):
                hint = "Go has no lookahead or lookbehind: compare in CEL instead, with &&, || and !"
            raise self._refused(f"{shown(rest[: at + 1])} is not known", hint)
        if letter == ":":
            self._groups.append(_Group(captures=False))
        self._at += at + 1

    def _close(self) -> None:
        if len(self._groups) == 1:
            raise self._refused("a parenthesis is closed that was not opened", "write \\) for the character itself")
        group = self._groups.pop()
        self._at += 1
        alternatives = [*group.done, _joined(group.parts)]
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
    """The pieces one after another."""
    if not parts:
        return _Part()
    return _Part(
        sum(part.size for part in parts), max(part.repeats for part in parts), max(part.depth for part in parts)
    )
