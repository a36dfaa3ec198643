"""The environment of a service: `Environment=`, `EnvironmentFile=`, `PassEnvironment=` and `UnsetEnvironment=`.

systemd: src/core/load-fragment.c, config_parse_environ and the like; src/core/execute.c, exec_context_load_environment.
"""

from __future__ import annotations

from typing import NamedTuple

from compiler.bounds import MAX_NODES
from compiler.inputs import UnreadableFileError
from compiler.inputs.arguments import Word
from compiler.inputs.rewriting import location_of, trace_of_word
from compiler.inputs.systemd.environment_file import parse_environment_file
from compiler.inputs.systemd.expansion import NAME, Environment, SpecifierError, Specifiers
from compiler.inputs.systemd.findings import Findings
from compiler.inputs.systemd.server_files import ServerFiles
from compiler.inputs.systemd.unit_file import Assignment
from compiler.inputs.systemd.words import COMMAND, NAMES, Grammar, QuotingError, extract
from compiler.text import shown

_OF_MANAGER = (
    *("PATH", "LANG", "LC_ALL", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "INVOCATION_ID", "JOURNAL_STREAM"),
    *("SYSTEMD_EXEC_PID", "NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "WATCHDOG_PID"),
    *("WATCHDOG_USEC", "MAINPID", "MANAGERPID", "RUNTIME_DIRECTORY", "STATE_DIRECTORY", "CACHE_DIRECTORY"),
    *("LOGS_DIRECTORY", "CONFIGURATION_DIRECTORY", "CREDENTIALS_DIRECTORY", "LOG_NAMESPACE"),
)
"""Variables that the manager may set. systemd: src/core/execute.c, build_environment; systemd.exec(5)."""


class _File(NamedTuple):
    path: Word
    optional: bool


class EnvironmentSettings:
    """The settings of a service that decide its environment, in the order of their assignments."""

    def __init__(self, specifiers: Specifiers, findings: Findings) -> None:
        self.specifiers = specifiers
        self.findings = findings
        self.values: dict[str, Word] = {}
        self.files: list[_File] = []
        self.passed: list[str] = []
        self.unset: list[str] = []
        self.unavailable: list[Word] = []
        """The paths of the environment files that kasc cannot read."""

    def apply(self, assignment: Assignment) -> None:
        """Apply the assignment of one of the keys; an empty one resets the setting."""
        if assignment.key == "Environment":
            if not assignment.value:
                self.values.clear()
            for word in self._words(assignment, COMMAND):
                self._assign(word)
        elif assignment.key == "EnvironmentFile":
            self._add_file(assignment)
        else:
            names = self.passed if assignment.key == "PassEnvironment" else self.unset
            if not assignment.value:
                names.clear()
            passes = assignment.key == "PassEnvironment"
            for word in self._words(assignment, NAMES if passes else COMMAND):
                if NAME.fullmatch(word.text if passes else word.text.partition("=")[0]):
                    names.append(word.text)
                else:
                    self._ignored(word.text, f"it is not a name of a variable for {assignment.key}=", word)

    def _words(self, assignment: Assignment, grammar: Grammar) -> list[Word]:
        """Return the words of an assignment, with their specifiers replaced; those before an error count."""
        words: list[Word] = []
        grammar = grammar._replace(quotes_inside=self.specifiers.version.quotes_inside)
        position = 0
        while True:
            try:
                extracted = extract(assignment.value, position, assignment.trace, grammar)
            except QuotingError as error:
                where = assignment.trace(error.start, error.end)
                message = f"systemd ignores the rest of {assignment.key}=: {error}"
                self.findings.ignored(message, "close the quote, and write \\\\ for a backslash", where)
                return words
            if extracted is None or len(words) > MAX_NODES:
                return words
            position = extracted.end
            try:
                words.append(self.specifiers.expand(extracted.word))
            except SpecifierError as error:
                self._ignored(extracted.word.text, str(error), extracted.word, "write %% for a percent sign")

    def _ignored(self, text: str, reason: str, word: Word, hint: str = "write NAME=VALUE") -> None:
        self.findings.ignored(f"systemd ignores {shown(text)}: {reason}", hint, word.location)

    def _assign(self, word: Word) -> None:
        name, equals, value = word.text.partition("=")
        if not equals or not NAME.fullmatch(name):
            hint = 'write NAME=VALUE, in quotes if the value has spaces: "NAME=A B"'
            self._ignored(word.text, "it is not an assignment", word, hint)
            return
        start = len(name) + 1
        whole, base = location_of(word), trace_of_word(word)
        self.values[name] = word._replace(
            text=value,
            location=word.part(start, len(word.text)) or whole,
            trace=lambda first, last: base(start + first, start + last),
        )

    def _add_file(self, assignment: Assignment) -> None:
        if not assignment.value:
            self.files.clear()
            return
        word = Word(assignment.value, assignment.location, trace=assignment.trace)
        try:
            word = self.specifiers.expand(word)
        except SpecifierError as error:
            self._ignored(word.text, str(error), word, "write %% for a percent sign")
            return
        optional = word.text.startswith("-")
        path = word.text.removeprefix("-")
        if not path.startswith("/") or ".." in path.split("/"):
            self._ignored(path, "it is not an absolute path", word, "write EnvironmentFile=/PATH, without quotes")
            return
        self.files.append(_File(word._replace(text=path), optional))

    def environment(self, files: ServerFiles) -> Environment:
        """Return the environment of the service; what stops its start is reported."""
        values: dict[str, Word | None] = {**dict.fromkeys((*_OF_MANAGER, *self.passed)), **self.values}
        is_open = False
        for file in self.files:
            variables = self._read(file, files)
            if variables is None:
                # Such a file may set any variable, also one that was set before it.
                is_open = True
                values = dict.fromkeys(values)
                self.unavailable.append(file.path)
            else:
                values |= variables
        for name in self.unset:
            name, equals, text = name.partition("=")
            value = values.get(name)
            if not equals or (value is not None and value.text == text):
                values[name] = _UNSET
        return Environment({name: value for name, value in values.items() if value is not _UNSET}, is_open)

    def _read(self, file: _File, files: ServerFiles) -> dict[str, Word] | None:
        """Return the variables of a file, or of all files that match a pattern; None if it is not accessible."""
        path = file.path
        if path.unknown:
            return None
        paths = files.matching(path.text)
        if paths is None:
            return None
        if not paths and not file.optional:
            self._missing(path, "no file matches")
        values: dict[str, Word] = {}
        for name in paths:
            try:
                source = files.read(name)
            except UnreadableFileError as error:
                if not file.optional:
                    self._missing(path, str(error))
                continue
            if source is None:
                return None
            ends = self.specifiers.version.comment_ends
            values |= parse_environment_file(source, self.findings, comment_ends=ends)
        return values

    def _missing(self, path: Word, reason: str) -> None:
        message = f"systemd does not start the service: cannot read {shown(path.text)}: {reason}"
        hint = f"create the file, or write EnvironmentFile=-{path.text} if it may be missing"
        self.findings.refused(message, hint, path.location)


_UNSET = Word("")
