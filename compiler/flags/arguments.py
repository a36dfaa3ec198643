"""From the words of a command line to flags with values.

Kubernetes: github.com/spf13/pflag flag.go, parseArgs; underscores are normalised by component-base/cli/flag.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from compiler.diagnostics import Diagnostic, Location, diagnose
from compiler.flags.text import shown

_IMPLIED = {"bool": "true", "version": "true"}
"""Types that stand alone, with the value that they then have; they never take the next word."""


class Word(NamedTuple):
    """One word of a command line and its place."""

    text: str
    location: Location | None = None
    path: str = ""


class Argument(NamedTuple):
    """One use of a flag. `path` is its place in a structured input, `items` the places of its list elements.

    `implicit` tells that a boolean stood alone, without a value.
    """

    flag: str
    text: str
    location: Location | None = None
    name_location: Location | None = None
    path: str = ""
    items: tuple[Location, ...] = ()
    implicit: bool = False


TypeOf = Callable[[str], str | None]


def split_arguments(
    words: Sequence[Word], type_of: TypeOf, shorthands: dict[str, str] | None = None
) -> tuple[list[Argument], list[Diagnostic]]:
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
        self.problems: list[Diagnostic] = []

    def run(self) -> None:
        while self.position < len(self.words):
            word = self.words[self.position]
            self.position += 1
            if not word.text.startswith("-") or word.text == "-":
                self._positional(word)
            elif word.text == "--":
                for rest in self.words[self.position :]:
                    self._positional(rest)
                return
            elif word.text.startswith("--"):
                self._long(word)
            else:
                self._short(word)

    def _refuse(self, rule: str, word: Word, message: str, hint: str, flag: str = "") -> None:
        self.problems.append(diagnose(rule, message, hint, path=word.path, flag=flag, location=word.location))

    def _positional(self, word: Word) -> None:
        if not word.text:
            return
        before = self.arguments[-1] if self.arguments else None
        if before is not None and before.implicit:
            hint = f"write --{before.flag}={word.text}: a boolean takes its value after =, never as the next word"
        else:
            hint = "remove it: kube-apiserver takes flags only"
        self._refuse("PARSE-02", word, f"{shown(word.text)} is not a flag", hint)

    def _long(self, word: Word) -> None:
        name, equals, value = word.text[2:].partition("=")
        if not name or name[0] in "-=":
            self._refuse("PARSE-01", word, f"{shown(word.text)} is not a flag", "write --NAME=VALUE")
            return
        flag = name.replace("_", "-")
        name_location = _part(word, 0, 2 + len(name))
        if equals:
            location = _part(word, 3 + len(name), len(word.text))
            self.arguments.append(Argument(flag, value, location, name_location, word.path))
        else:
            self._valueless(flag, word, name_location)

    def _valueless(self, flag: str, word: Word, name_location: Location | None) -> None:
        """A flag whose value, if it takes one, is the next word."""
        kind = self.type_of(flag)
        if kind in _IMPLIED:
            implied = _IMPLIED[kind]
            self.arguments.append(Argument(flag, implied, word.location, name_location, word.path, implicit=True))
            return
        following = self.words[self.position] if self.position < len(self.words) else None
        if following is None or (kind is None and following.text.startswith("-")):
            if kind is not None:
                self._refuse("PARSE-01", word, f"--{flag} has no value", f"write --{flag}=VALUE", flag)
            else:
                self.arguments.append(Argument(flag, "", word.location, name_location, word.path))
            return
        self.position += 1
        self.arguments.append(Argument(flag, following.text, following.location, name_location, following.path))

    def _short(self, word: Word) -> None:
        letters = word.text[1:]
        name = letters.partition("=")[0].replace("_", "-")
        if len(name) > 1 and self.type_of(name) is not None:
            self._refuse("PARSE-01", word, f"{shown(word.text)} has one dash", f"write -{shown(word.text)[1:-1]}", name)
            return
        while letters:
            letter, letters = letters[0], letters[1:]
            flag = self.shorthands.get(letter)
            if flag is None:
                self._refuse("PARSE-01", word, f"{shown(word.text)} is not a flag", "write --NAME=VALUE")
                return
            kind = self.type_of(flag)
            if letters.startswith("=") and len(letters) > 1:
                value, letters = letters[1:], ""
            elif kind in _IMPLIED:
                self.arguments.append(
                    Argument(flag, _IMPLIED[kind], word.location, word.location, word.path, implicit=True)
                )
                continue
            elif letters:
                value, letters = letters, ""
            else:
                self._valueless(flag, word, word.location)
                return
            start = len(word.text) - len(value)
            self.arguments.append(Argument(flag, value, _part(word, start, len(word.text)), word.location, word.path))


def _part(word: Word, start: int, end: int) -> Location | None:
    """The place of some characters of a word; the whole word's where it is not written plainly on one line."""
    at = word.location
    if at is None or at.line != at.end_line:
        return at
    quoted = at.end_column - at.column - len(word.text)
    if quoted not in (0, 2):
        return at
    first = at.column + quoted // 2
    return Location(at.file, at.line, first + start, at.line, first + end)


def element_location(argument: Argument, index: int) -> Location | None:
    """The place of one element of a comma-separated value, or of the whole value where it cannot be told."""
    if argument.items:
        return argument.items[index] if index < len(argument.items) else argument.location
    at, text = argument.location, argument.text
    if at is None or at.line != at.end_line or at.end_column - at.column != len(text):
        return at
    start, quoted, number = 0, False, 0
    for position, letter in enumerate(f"{text},"):
        if letter == '"':
            quoted = not quoted
        elif letter == "," and not quoted:
            if number == index:
                return Location(at.file, at.line, at.column + start, at.line, at.column + position)
            number, start = number + 1, position + 1
    return at
