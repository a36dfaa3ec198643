"""Parser of command-line words: flags and their values.

Kubernetes: github.com/spf13/pflag flag.go, parseArgs; underscores are normalised by component-base/cli/flag.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from compiler import rules
from compiler.diagnostics import Location, Problems, diagnose
from compiler.rules import Rule
from compiler.text import Suggestion, shown, shown_bare
from compiler.upstream.go.strconv import FALSE_STRINGS, TRUE_STRINGS

_BOOLEANS = frozenset(word.lower() for word in TRUE_STRINGS | FALSE_STRINGS)
_NO_OPT_DEFAULT = {"bool": "true", "version": "true"}
"""Flag types without a value and their implied value; they never consume the next word. pflag: NoOptDefVal."""

ANY = ""
"""Flag name of an argument that may be any flag, or several."""

Trace = Callable[[int, int], Location]
"""Location of a range of characters in a string, by start and exclusive end."""


class Word(NamedTuple):
    """One word of a command line and its location.

    `trace` is set if the word is quoted or spans lines. `unknown` names a variable in it that is only known in the
    environment of the running server. `origin` is the title of the distribution that sets the flag (`kubeadm`), empty
    if the user does.
    """

    text: str
    location: Location | None = None
    path: str = ""
    trace: Trace | None = None
    unknown: str = ""
    origin: str = ""

    def part(self, start: int, end: int) -> Location | None:
        """Return the location of a range of its characters."""
        return _part(self.text, self.location, self.trace, start, end)


def may_be_any(word: Word) -> bool:
    """Return whether the unknown part of a word covers the flag name, so that it may be any flags."""
    return any(mark in word.text.partition("=")[0] for mark in "$`")


class Argument(NamedTuple):
    """One use of a flag. `path` is its path in a structured input, `items` the locations of its list elements.

    The flag is `ANY` if the whole word is unknown. `trace`, `unknown` and `origin` describe the value, as for a Word.
    """

    flag: str
    text: str
    location: Location | None = None
    name_location: Location | None = None
    path: str = ""
    items: tuple[Location, ...] = ()
    trace: Trace | None = None
    unknown: str = ""
    origin: str = ""

    def part(self, start: int, end: int) -> Location | None:
        """Return the location of a range of characters of the value, or of the whole value if unknown."""
        return _part(self.text, self.location, self.trace, start, end)

    def element(self, index: int, spans: Sequence[tuple[int, int]]) -> Location | None:
        """Return the location of one list element; `spans` are the ranges of the elements in the value."""
        if self.items:
            return self.items[index] if index < len(self.items) else self.location
        return self.part(*spans[index]) if index < len(spans) else self.location

    def described(self, position: str) -> str:
        """Return where a position of the value comes from.

        >>> Argument("v", "2").described("a.yaml:3")
        'a.yaml:3'
        >>> Argument("v", "2", path="logging.level", origin="k3s").described("a.yaml:3")
        'set by k3s (logging.level, a.yaml:3)'
        """
        if not self.origin:
            return position
        return f"set by {self.origin} ({self.path}, {position})" if self.path else f"set by {self.origin}"


def _part(text: str, location: Location | None, trace: Trace | None, start: int, end: int) -> Location | None:
    if trace is not None:
        return trace(start, end)
    if location is None or location.line != location.end_line or location.end_column - location.column != len(text):
        return location
    return Location(location.file, location.line, location.column + start, location.line, location.column + end)


def shift(trace: Trace | None, offset: int) -> Trace | None:
    """Return the trace of a string without its first characters."""
    return None if trace is None else lambda start, end: trace(offset + start, offset + end)


TypeOf = Callable[[str], str | None]


def split_arguments(
    words: Sequence[Word], type_of: TypeOf, shorthands: dict[str, str] | None = None
) -> tuple[list[Argument], Problems]:
    """Return the flags of a command line, and the problems of words that are not flags.

    `type_of` returns a flag's type, None for an unknown flag; unknown flags are returned too, with their likely value.
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
        self.last_boolean: Argument | None = None
        """The boolean flag without a value in the previous word."""
        self.after_unknown = False

    def run(self) -> None:
        while self.position < len(self.words):
            word = self.words[self.position]
            self.position += 1
            before, self.last_boolean = self.last_boolean, None
            after_unknown, self.after_unknown = self.after_unknown, False
            if word.unknown and may_be_any(word):
                self.arguments.append(
                    Argument(ANY, word.text, word.location, None, word.path, trace=word.trace, unknown=word.unknown)
                )
                self.after_unknown = True
                continue
            if after_unknown and not word.text.startswith("-"):
                continue  # it may be the value of a flag in the previous word
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

    def _report(self, word: Word, message: str, hint: str, flag: str = "", rule: Rule = rules.UNKNOWN_FLAG) -> None:
        make = partial(diagnose, path=word.path, flag=flag, location=word.location)
        self.problems.report(rule, make, rule, message, hint)

    def _positional(self, word: Word, before: Argument | None) -> None:
        if not word.text:
            return
        hint = "remove it: kube-apiserver accepts only flags"
        if before is not None and word.text.lower() in _BOOLEANS:
            value = word.text if word.text in TRUE_STRINGS or word.text in FALSE_STRINGS else word.text.lower()
            hint = f"write --{before.flag}={value}: a boolean flag does not consume the next word"
        self._report(word, f"{shown(word.text)} is not a flag", hint, rule=rules.UNEXPECTED_ARGUMENT)

    def _long(self, word: Word) -> None:
        name, equals, _ = word.text[2:].partition("=")
        if not name or name[0] == "-":
            hint = f"write {shown_bare('--' + word.text.lstrip('-'))}" if name.strip("-") else "write --NAME=VALUE"
            self._report(word, f"{shown(word.text)} is not a flag", hint)
            return
        flag = name.replace("_", "-")
        name_location = word.part(0, 2 + len(name))
        if " " in name and self._spaced(word, *word.text[2:].split(" ", 1)):
            return
        if equals:
            self._add(flag, word, 3 + len(name), name_location)
        else:
            self._valueless(flag, word, name_location)

    def _spaced(self, word: Word, name: str, rest: str) -> bool:
        """Return whether a word is a known flag and its value separated by a space; report it and add the argument."""
        flag, value = name.replace("_", "-"), rest.strip().removeprefix("=").strip()
        if self.type_of(flag) is None:
            return False
        message = f"{shown(word.text)} is one argument; flag names do not contain spaces"
        self._report(word, message, f"write --{flag}={shown_bare(value)}", flag)
        self.arguments.append(Argument(flag, value, word.location, word.location, word.path, unknown=word.text))
        return True

    def _add(self, flag: str, word: Word, start: int, name_location: Location | None) -> None:
        """Add a flag whose value starts at an index of the same word."""
        text, location = word.text[start:], word.part(start, len(word.text))
        trace = shift(word.trace, start)
        self.arguments.append(
            Argument(
                flag, text, location, name_location, word.path, trace=trace, unknown=word.unknown, origin=word.origin
            )
        )

    def _valueless(self, flag: str, word: Word, name_location: Location | None) -> None:
        """Add a flag whose value, if it needs one, is the next word."""
        kind = self.type_of(flag)
        if kind in _NO_OPT_DEFAULT:
            self._add_without_value(flag, word, name_location)
            return
        following = self.words[self.position] if self.position < len(self.words) else None
        if following is None or (kind is None and following.text.startswith("-")):
            if kind is not None:
                self._report(word, f"flag needs an argument: --{flag}", f"write --{flag}=VALUE", flag)
            else:
                self.arguments.append(Argument(flag, "", word.location, name_location, word.path))
            return
        self.position += 1
        text, location, path, trace, unknown, origin = following
        self.arguments.append(
            Argument(flag, text, location, name_location, path, trace=trace, unknown=unknown, origin=origin)
        )

    def _add_without_value(self, flag: str, word: Word, name_location: Location | None) -> None:
        implied = _NO_OPT_DEFAULT[self.type_of(flag) or ""]
        self.last_boolean = Argument(flag, implied, word.location, name_location, word.path)
        self.arguments.append(self.last_boolean)

    def _short(self, word: Word) -> None:
        letters = word.text[1:]
        name = letters.partition("=")[0].replace("_", "-")
        if len(name) > 1 and self.type_of(name) is not None:
            flag_part = word.text.partition("=")[0]
            hint = Suggestion(f"write -{shown_bare(word.text)}", flag_part, f"-{flag_part}")
            self._report(word, f"{shown(word.text)} begins with a single dash", hint, name)
            return
        for index, letter in enumerate(letters):
            flag = self.shorthands.get(letter)
            if flag is None:
                self._report(word, f"{shown(word.text)} is not a flag", "write --NAME=VALUE")
                return
            rest = letters[index + 1 :]
            if rest.startswith("=") and len(rest) > 1:
                self._add(flag, word, index + 3, word.location)
                return
            if self.type_of(flag) in _NO_OPT_DEFAULT:
                self._add_without_value(flag, word, word.location)
            elif rest:
                self._add(flag, word, index + 2, word.location)
                return
            else:
                self._valueless(flag, word, word.location)
