"""Whether Go can read a regular expression.

Source: Go regexp/syntax/parse.go with the flags that regexp.Compile gives it. The size of what a pattern compiles to is
judged from below, so a pattern near that limit of 3.3 million instructions may be let through.
"""

from __future__ import annotations

from compiler.flags.text import shown

_MOST_REPEATS = 1000
_DEEPEST = 1000
_LARGEST = (128 << 20) // 40
_PERL_CLASSES = "dDsSwW"
_POSIX_NAMES = "alnum alpha ascii blank cntrl digit graph lower print punct space upper word xdigit"
_POSIX_CLASSES = frozenset(_POSIX_NAMES.split())
_HEX = "0123456789abcdefABCDEF"


class RegexpRefused(Exception):  # noqa: N818
    """A pattern that Go cannot read: what is wrong, and what to write instead."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


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
    """Raises RegexpRefused where Go's regexp.Compile fails. `loose_names`: see unicode_names."""
    _Reader(pattern, loose_names).read()


class _Reader:
    def __init__(self, pattern: str, loose_names: bool) -> None:
        self._text = pattern
        self._at = 0
        self._loose = loose_names
        self._groups = [_Group(captures=False)]

    def read(self) -> None:
        after_repeat = False
        while self._at < len(self._text):
            after_repeat = self._step(after_repeat)
        if len(self._groups) > 1:
            raise self._refused(
                "a parenthesis is not closed", "write ) at the end of the group, or \\( for the character"
            )

    def _refused(self, what: str, hint: str) -> RegexpRefused:
        return RegexpRefused(f"the regular expression {shown(self._text)} cannot be read: {what}", hint)

    def _peek(self, ahead: int = 0) -> str:
        return self._text[self._at + ahead : self._at + ahead + 1]

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

    def _escaped_class(self) -> bool:
        """Read a class such as \\d or \\p{Greek} if one stands here."""
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
        from compiler.cel.unicode_names import is_class_name

        if not name or not is_class_name(name.removeprefix("^"), self._loose):
            written = shown(self._text[self._at : end] if end else self._text[self._at :])
            raise self._refused(f"{written} is no Unicode class", "write a class such as \\pL, \\p{Lu} or \\p{Greek}")
        self._at = end
        return True

    def _escape(self) -> str:
        """Read an escape of one character and give the character. Go: parseEscape."""
        start = self._at
        letter = self._peek(1)
        if not letter:
            raise self._refused("it ends in a backslash", "write \\\\ for the character itself")
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
            hint = "Go has no references to groups: match in another way"
        raise self._refused(f"{shown(self._text[start : self._at])} is no escape", hint)

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
            raise self._refused(
                f"{shown(self._text[start:after])} is no escape", "write two hexadecimal digits, or more in braces"
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
                    raise self._refused(
                        f"the range {shown(self._text[start : self._at])} is the wrong way round",
                        "write the smaller end first, or a - at the end of the class for the character",
                    )
        self._at += 1
        self._push(_Part())

    def _posix_class(self) -> bool:
        end = self._text.find(":]", self._at + 2)
        if len(self._text) - self._at <= 2 or end < 0:
            return False
        name = self._text[self._at + 2 : end]
        if name.removeprefix("^") not in _POSIX_CLASSES:
            written = shown(self._text[self._at : end + 2])
            raise self._refused(f"{written} is no class", "write a class such as [:alpha:] or [:digit:]")
        self._at = end + 2
        return True

    def _class_character(self) -> str:
        letter = self._peek()
        if not letter:
            raise self._refused("a bracket is not closed", "write ] at the end of the class, or \\[ for the character")
        if letter == "\\":
            return self._escape()
        self._at += 1
        return letter


def _joined(parts: list[_Part]) -> _Part:
    """The pieces one after another."""
    if not parts:
        return _Part()
    return _Part(
        sum(part.size for part in parts), max(part.repeats for part in parts), max(part.depth for part in parts)
    )
