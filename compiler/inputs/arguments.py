"""From the words of a command line to flags with values.

Kubernetes: github.com/spf13/pflag flag.go, parseArgs; underscores are normalised by component-base/cli/flag.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from compiler.diagnostics import Location, Problems, diagnose
from compiler.text import shown
from compiler.text.suggest import Suggestion
from compiler.upstream.go.strconv import FALSE, TRUE

_BOOLEANS = frozenset(text.lower() for text in TRUE | FALSE)
_IMPLIED = {"bool": "true", "version": "true"}
"""Types that stand alone, with the value that they then have; they never take the next word."""

ANY = ""
"""The name of the flag in an argument that may be any flag, or several."""

Trace = Callable[[int, int], Location]
"""The place of some characters of a text, by the index of the first one and that behind the last."""


class Word(NamedTuple):
    """One word of a command line and its place.

    `trace` is set where the text is not written plainly, on one line and without quotes. `unknown` names a variable
    in it that only the running server's environment has.
    """

    text: str
    location: Location | None = None
    path: str = ""
    trace: Trace | None = None
    unknown: str = ""

    def part(self, start: int, end: int) -> Location | None:
        """The place of some of its characters."""
        return _part(self.text, self.location, self.trace, start, end)


def may_be_any(word: Word) -> bool:
    """Whether the unknown part of a word covers the name of its flag, so that it may be any flags."""
    return any(sign in word.text.partition("=")[0] for sign in "$`")


class Argument(NamedTuple):
    """One use of a flag. `path` is its place in a structured input, `items` the places of its list elements.

    The flag is `ANY` if the word is unknown as a whole. `implicit` tells that a boolean stood alone, without a value.
    `trace` and `unknown` are about the value's text, as for a Word.
    """

    flag: str
    text: str
    location: Location | None = None
    name_location: Location | None = None
    path: str = ""
    items: tuple[Location, ...] = ()
    implicit: bool = False
    trace: Trace | None = None
    unknown: str = ""

    def part(self, start: int, end: int) -> Location | None:
        """The place of some characters of the value; the whole value's where it cannot be told."""
        return _part(self.text, self.location, self.trace, start, end)

    def element(self, index: int, spans: Sequence[tuple[int, int]]) -> Location | None:
        """The place of one element of a list; `spans` are the elements' places in the text."""
        if self.items:
            return self.items[index] if index < len(self.items) else self.location
        return self.part(*spans[index]) if index < len(spans) else self.location


def _part(text: str, at: Location | None, trace: Trace | None, start: int, end: int) -> Location | None:
    if trace is not None:
        return trace(start, end)
    if at is None or at.line != at.end_line or at.end_column - at.column != len(text):
        return at
    return Location(at.file, at.line, at.column + start, at.line, at.column + end)


def shifted(trace: Trace | None, offset: int) -> Trace | None:
    """The trace of what is left of a text behind its first characters."""
    return None if trace is None else lambda start, end: trace(offset + start, offset + end)


TypeOf = Callable[[str], str | None]


def split_arguments(
    words: Sequence[Word], type_of: TypeOf, shorthands: dict[str, str] | None = None
) -> tuple[list[Argument], Problems]:
    """The flags that words give, and what cannot be read as one.

    `type_of` tells a flag's type, None for an unknown one; those are returned too, with what is likely their value.
    """
    splitter = _Splitter(words, type_of, {"v": "v", "h": "help"} if shorthands is None else shorthands)
    splitter.run()
    return splitter.arguments, splitter.problems


class _Splitter:
    def __init__(self, words: Sequence[Word], type_of: TypeOf, shorthands: dict[str, str]) -> None:
        self.words = words
        self.type_of = type_of
        self.shorthands = shorthands
        self.position = 0
        self.arguments: list[Argument] = []
        self.problems = Problems()
        self.alone: Argument | None = None
        """The boolean without a value that the word before this one gave."""
        self.behind_open = False

    def run(self) -> None:
        while self.position < len(self.words):
            word = self.words[self.position]
            self.position += 1
            before, self.alone = self.alone, None
            behind_open, self.behind_open = self.behind_open, False
            if word.unknown and may_be_any(word):
                self.arguments.append(
                    Argument(ANY, word.text, word.location, None, word.path, trace=word.trace, unknown=word.unknown)
                )
                self.behind_open = True
                continue
            if behind_open and not word.text.startswith("-"):
                continue  # it may be the value of a flag in the word before
            if not word.text.startswith("-") or word.text == "-":
                self._positional(word, before)
            elif word.text == "--":
                for rest in self.words[self.position :]:
                    self._positional(rest, None)
                return
            elif word.text.startswith("--"):
                self._long(word)
            else:
                self._short(word)

    def _refuse(self, word: Word, message: str, hint: str, flag: str = "", rule: str = "PARSE-01") -> None:
        make = partial(diagnose, path=word.path, flag=flag, location=word.location)
        self.problems.report(rule, make, rule, message, hint)

    def _positional(self, word: Word, before: Argument | None) -> None:
        if not word.text:
            return
        hint = "remove it: kube-apiserver takes flags only"
        if before is not None and word.text.lower() in _BOOLEANS:
            value = word.text if word.text in TRUE or word.text in FALSE else word.text.lower()
            hint = f"write --{before.flag}={value}: a boolean takes its value after =, never as the next word"
        self._refuse(word, f"{shown(word.text)} is not a flag", hint, rule="PARSE-02")

    def _long(self, word: Word) -> None:
        name, equals, _ = word.text[2:].partition("=")
        if not name or name[0] == "-":
            hint = f"write {shown('--' + word.text.lstrip('-'))[1:-1]}" if name.strip("-") else "write --NAME=VALUE"
            self._refuse(word, f"{shown(word.text)} is not a flag", hint)
            return
        flag = name.replace("_", "-")
        name_location = word.part(0, 2 + len(name))
        if " " in name and self._spaced(word, *word.text[2:].split(" ", 1)):
            return
        if equals:
            self._give(flag, word, 3 + len(name), name_location)
        else:
            self._valueless(flag, word, name_location)

    def _spaced(self, word: Word, name: str, rest: str) -> bool:
        """Whether a word is a known flag and its value with a space between them; reported, and read as meant."""
        flag, value = name.replace("_", "-"), rest.strip().removeprefix("=").strip()
        if self.type_of(flag) is None:
            return False
        message = f"{shown(word.text)} is one argument, and no flag has a space in its name"
        self._refuse(word, message, f"write --{flag}={shown(value)[1:-1]}", flag)
        self.arguments.append(Argument(flag, value, word.location, word.location, word.path, unknown=word.text))
        return True

    def _give(self, flag: str, word: Word, start: int, name_location: Location | None) -> None:
        """A flag with its value in the same word, from an index on."""
        text, location = word.text[start:], word.part(start, len(word.text))
        trace = shifted(word.trace, start)
        self.arguments.append(
            Argument(flag, text, location, name_location, word.path, trace=trace, unknown=word.unknown)
        )

    def _valueless(self, flag: str, word: Word, name_location: Location | None) -> None:
        """A flag whose value, if it takes one, is the next word."""
        kind = self.type_of(flag)
        if kind in _IMPLIED:
            self._stand_alone(flag, word, name_location)
            return
        following = self.words[self.position] if self.position < len(self.words) else None
        if following is None or (kind is None and following.text.startswith("-")):
            if kind is not None:
                self._refuse(word, f"--{flag} has no value", f"write --{flag}=VALUE", flag)
            else:
                self.arguments.append(Argument(flag, "", word.location, name_location, word.path))
            return
        self.position += 1
        text, location, path, trace, unknown = following
        self.arguments.append(Argument(flag, text, location, name_location, path, trace=trace, unknown=unknown))

    def _stand_alone(self, flag: str, word: Word, name_location: Location | None) -> None:
        implied = _IMPLIED[self.type_of(flag) or ""]
        self.alone = Argument(flag, implied, word.location, name_location, word.path, implicit=True)
        self.arguments.append(self.alone)

    def _short(self, word: Word) -> None:
        letters = word.text[1:]
        name = letters.partition("=")[0].replace("_", "-")
        if len(name) > 1 and self.type_of(name) is not None:
            written = word.text.partition("=")[0]
            hint = Suggestion(f"write -{shown(word.text)[1:-1]}", written, f"-{written}")
            self._refuse(word, f"{shown(word.text)} begins with one dash alone", hint, name)
            return
        for index, letter in enumerate(letters):
            flag = self.shorthands.get(letter)
            if flag is None:
                self._refuse(word, f"{shown(word.text)} is not a flag", "write --NAME=VALUE")
                return
            rest = letters[index + 1 :]
            if rest.startswith("=") and len(rest) > 1:
                self._give(flag, word, index + 3, word.location)
                return
            if self.type_of(flag) in _IMPLIED:
                self._stand_alone(flag, word, word.location)
            elif rest:
                self._give(flag, word, index + 2, word.location)
                return
            else:
                self._valueless(flag, word, word.location)
