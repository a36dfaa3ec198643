"""Specifiers (`%n`) and variables (`$NAME`, `${NAME}`) in the words of a unit.

systemd: src/shared/specifier.c, specifier_printf; src/core/unit-printf.c; src/basic/env-util.c, replace_env_argv.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from compiler import rules
from compiler.bounds import MAX_EXPANDED
from compiler.diagnostics import NOTE, Location, diagnose
from compiler.inputs.arguments import Word
from compiler.inputs.rewriting import Replacement, location_of, rewritten, trace_of_word
from compiler.inputs.source.node import expands_too_far
from compiler.inputs.systemd import Differences
from compiler.inputs.systemd.findings import Findings
from compiler.inputs.systemd.words import VALUE, split
from compiler.text import shown, shown_bare

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_REFERENCE = re.compile(r"\$(?:\{([^}:]*)([}:]|\Z)|(\$)|.?)", re.DOTALL)
_SPECIFIER = re.compile(r"%(.)", re.DOTALL)
_NAMED = 5
"""The most variables that one finding names."""
_HEX = re.compile(r"\\x([0-9A-Fa-f]{2})")


class SpecifierError(Exception):
    """systemd does not know a specifier, or cannot resolve it; `location` is where it is."""

    def __init__(self, message: str, location: Location | None) -> None:
        super().__init__(message)
        self.location = location


class Specifiers:
    """The specifiers of a service of the system manager, by its unit name.

    The name may be empty if it is unknown. The instance of a template, `NAME@.service`, is only known when it is
    started.
    """

    def __init__(self, name: str, version: Differences) -> None:
        self.version = version
        self.values: dict[str, str | None] = dict.fromkeys("bHlqmvaABMowWsyYcrR")
        self.values |= {"t": "/run", "S": "/var/lib", "C": "/var/cache", "L": "/var/log", "E": "/etc", "T": "/tmp"}
        self.values |= {"D": "/usr/share", "V": "/var/tmp", "h": "/root", "u": "root", "U": "0", "g": "root", "G": "0"}
        self.values |= dict.fromkeys("nNpPiIjJfd") if not name else self._of_name(name)

    def _of_name(self, name: str) -> dict[str, str | None]:
        whole = name.rpartition(".")[0]
        prefix, at, instance = whole.partition("@")
        last = prefix.rpartition("-")[2]
        values: dict[str, str | None] = {"n": name, "N": whole, "p": prefix, "i": instance, "j": last}
        values |= {"P": _unescaped(prefix), "I": _unescaped(instance), "J": _unescaped(last)}
        values |= {"f": f"/{_unescaped(instance if at else prefix).strip('/')}", "d": f"/run/credentials/{name}"}
        if at and not instance:
            values |= dict.fromkeys("nNiIfd")
        return values

    def expand(self, word: Word) -> Word:
        """Return a word with its specifiers replaced. Raises SpecifierError, and KascError as `rewritten` does."""
        if "%" not in word.text:
            return word
        replacements = []
        for match in _SPECIFIER.finditer(word.text):
            letter = match[1]
            if letter == "%":
                replacements.append(Replacement(match.start(), match.end(), "%"))
            elif letter in self.version.specifiers:
                value = self.values.get(letter)
                known = match[0] if value is None else value
                replacements.append(Replacement(*match.span(), known, "" if value is not None else match[0]))
            elif letter.isascii() and letter.isalnum() and self.version.refuses_specifiers:
                where = word.part(*match.span()) or word.location
                raise SpecifierError(f"{shown(match[0])} is not a specifier", where)
        return rewritten(word, replacements)


def _unescaped(name: str) -> str:
    """Return a unit name's part with `-` read as a slash. systemd: src/basic/unit-name.c, unit_name_unescape."""
    slashed = name.replace("-", "/")
    if "\\" not in slashed:
        return slashed
    return _HEX.sub(lambda match: chr(int(match[1], 16)), slashed)


class Environment(NamedTuple):
    """The variables of a service: name -> value, None if the value is only known at run time.

    `is_open` is set if other variables may have values that are only known at run time.
    """

    values: dict[str, Word | None]
    is_open: bool = False


class Expansion:
    """Replaces the variables in the words of a command."""

    def __init__(self, environment: Environment, findings: Findings) -> None:
        self.environment = environment
        self.findings = findings
        self.dropped: dict[str, Word] = {}
        """Variables without a value that are a whole argument, and their first use."""
        self.parts: dict[str, list[Word]] = {}
        """The words of the variables that were split."""
        self.room = MAX_EXPANDED

    def words(self, words: Sequence[Word]) -> list[Word]:
        """Return the arguments that the program gets. Raises KascError (DOC-02) if they become too long."""
        expanded: list[Word] = []
        for word in words:
            if word.text.startswith("$") and word.text[1:2] not in ("{", "$"):
                expanded += self._split(word)
            else:
                expanded.append(self._replaced(word) if "$" in word.text else word)
        self._report_dropped()
        return expanded

    def _find(self, name: str, word: Word) -> tuple[Word | None, bool]:
        """Return the value of a variable, and whether it is only known at run time."""
        value = self.environment.values.get(name)
        if value is not None:
            self.room -= len(value.text)
            if self.room < 0:
                raise expands_too_far(location_of(word))
            return value, bool(value.unknown)
        return None, name in self.environment.values or self.environment.is_open

    def _split(self, word: Word) -> list[Word]:
        """Return the arguments for a word that is a variable: its value, split into words."""
        name = word.text[1:]
        if not NAME.fullmatch(name):
            hint = "write ${NAME} for a variable inside of an argument, and $$ for a dollar sign"
            what = f"{shown(name)} is not a name of a variable"
            self.findings.ignored(f"systemd drops the argument {shown(word.text)}: {what}", hint, word.location)
            return []
        value, unknown = self._find(name, word)
        if unknown:
            return [word._replace(unknown=word.text)]
        if value is None:
            self.dropped.setdefault(name, word)
            return []
        if name not in self.parts:
            self.parts[name] = split(value.text, trace_of_word(value), VALUE)
        return self.parts[name]

    def _replaced(self, word: Word) -> Word:
        """Return a word with the variables in braces replaced."""
        replacements = []
        for match in _REFERENCE.finditer(word.text):
            if match[3]:
                replacements.append(Replacement(*match.span(), "$"))
            elif match[2] == "}":
                value, unknown = self._find(match[1], word) if NAME.fullmatch(match[1]) else (None, False)
                if unknown:
                    replacements.append(Replacement(*match.span(), match[0], match[0]))
                    continue
                if value is None:
                    self._report_empty(word, match)
                elif match[0] == word.text:
                    return value
                replacements.append(Replacement(*match.span(), value.text if value is not None else ""))
        return rewritten(word, replacements)

    def _report_empty(self, word: Word, match: re.Match[str]) -> None:
        reference = match[0]
        where = word.part(*match.span()) or word.location
        message = f"{shown_bare(reference)} is not set: systemd replaces it with nothing in {shown(word.text)}"
        hint = f"set {shown_bare(match[1])} with Environment= or in an EnvironmentFile="
        if reference == word.text:
            message = f"{shown_bare(reference)} is not set: systemd passes an empty argument"
            hint += f"; ${shown_bare(match[1])} without braces would pass no argument"
        self.findings.ignored(message, hint, where)

    def _report_dropped(self) -> None:
        if not self.dropped:
            return
        names, first = [f"${name}" for name in self.dropped], next(iter(self.dropped.values()))
        others = f" and {len(names) - _NAMED} others" if len(names) > _NAMED else ""
        subject = f"{', '.join(names[:_NAMED])}{others} {'is' if len(names) == 1 else 'are'} not set"
        hint = "set it with Environment= or in an EnvironmentFile=, or remove it"
        self.findings.append(
            diagnose(
                rules.IGNORED_BY_DISTRIBUTION,
                f"{subject}: systemd passes no argument for {'it' if len(names) == 1 else 'them'}",
                hint,
                location=first.location,
                severity=NOTE,
            )
        )
