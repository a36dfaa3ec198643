"""systemd units: the arguments that a service passes to kube-apiserver.

systemd: src/core/load-fragment.c, src/core/load-dropin.c, src/core/execute.c.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from compiler import rules
from compiler.diagnostics import KascError, Location, diagnose
from compiler.filesystem import hint_for
from compiler.inputs import ServerInput, UnreadableFileError
from compiler.inputs.arguments import Word
from compiler.inputs.dialects import Request
from compiler.inputs.importers.container import SHELLS, script_words
from compiler.inputs.importers.flags import PROGRAMS, is_program
from compiler.inputs.source import source_of
from compiler.inputs.source.node import Source
from compiler.inputs.systemd import NEWEST, differences
from compiler.inputs.systemd.command_line import Command
from compiler.inputs.systemd.drop_ins import DropIn, drop_ins, unit_name
from compiler.inputs.systemd.expansion import Environment, Expansion, Specifiers
from compiler.inputs.systemd.findings import Findings, RefusedError
from compiler.inputs.systemd.server_files import ServerFiles
from compiler.inputs.systemd.service import Service
from compiler.inputs.systemd.unit_file import parse_unit
from compiler.text import shown


def read(request: Request) -> ServerInput:
    """Return the server that a unit with its drop-ins starts.

    Raises KascError: DIST-01 if systemd does not load the unit, INPUT-03 if it runs another program.
    """
    return _Unit(request).read()


class _Unit:
    def __init__(self, request: Request) -> None:
        self.request = request
        self.findings = Findings()
        release = request.release.partition(".")[0].partition("-")[0]
        version = differences(int(release) if release.isdigit() else NEWEST)
        self.service = Service(Specifiers(unit_name(request.path), version), self.findings)

    def read(self) -> ServerInput:
        problems = self.request.problems
        try:
            command, words = self._load()
        finally:
            problems += self.findings
        return self.request.server(words, start=command.path.location)

    def _load(self) -> tuple[Command, list[Word]]:
        """Return the command that runs kube-apiserver, and its arguments."""
        request = self.request
        try:
            self._apply(request.source)
        except RefusedError as error:
            message = f"systemd refuses the unit: {error}"
            rule = rules.REFUSED_BY_DISTRIBUTION
            raise KascError(diagnose(rule, message, error.hint, location=error.location)) from None
        for drop_in in drop_ins(request.path, request.host, request.files):
            source = self._read(drop_in)
            if source is not None:
                self._apply_drop_in(source)
        if not self.service.commands:
            raise self._without_command()
        self.service.verify()
        environment = self.service.environment.environment(ServerFiles(request.host, request.files, request.path))
        command, words = self._flags(environment)
        if environment.is_open and any(word.unknown for word in words):
            self._report_unavailable()
        return command, words

    def _apply(self, source: Source) -> None:
        for assignment in parse_unit(source, self.findings):
            self.service.apply(assignment)

    def _apply_drop_in(self, source: Source) -> None:
        try:
            self._apply(source)
        except RefusedError as error:
            self.findings.ignored(f"systemd ignores the rest of the drop-in: {error}", error.hint, error.location)

    def _read(self, drop_in: DropIn) -> Source | None:
        """Return the content of a drop-in; None if it is not accessible, which is reported."""
        files, start = self.request.files, Location(self.request.source.name, 1, 1, 1, 2)
        if files.disk.is_directory(drop_in.path):
            return None
        try:
            if drop_in.on_server:
                data = self.request.host.read(drop_in.on_server)
                if data is not None:
                    return source_of(data, drop_in.path)
                raise UnreadableFileError("permission denied")
            if refusal := files.refusal(drop_in.path, files.root_of(self.request.path)):
                message = f"cannot read {shown(drop_in.path)}: {refusal}"
                self.findings.append(diagnose(rules.FILE_OUTSIDE_ROOT, message, hint_for(refusal), location=start))
                return None
            return files.read(drop_in.path)
        except KascError as error:
            self.findings.append(error.diagnostic)
        except UnreadableFileError as error:
            message = f"cannot read the drop-in {shown(drop_in.path)}: {error}"
            self.findings.undecided(message, "make the file readable", start)
        return None

    def _without_command(self) -> KascError:
        name = os.path.basename(os.path.dirname(self.request.path))
        reset = self.service.reset
        where = reset.key_at if reset is not None else Location(self.request.source.name, 1, 1, 1, 2)
        hint = "write ExecStart= with the command of kube-apiserver"
        if name.endswith(".service.d"):
            hint = f"pass the unit, {name.removesuffix('.d')}: its drop-ins are read with it"
        message = "systemd refuses the unit: it has no ExecStart="
        return KascError(diagnose(rules.REFUSED_BY_DISTRIBUTION, message, hint, location=where))

    def _flags(self, environment: Environment) -> tuple[Command, list[Word]]:
        """Return the first command that runs kube-apiserver, and its arguments.

        Of several commands of a unit that systemd refuses, the longest is likely to be the whole command.
        """
        commands = self.service.commands
        if not self.service.is_oneshot:
            commands = [max(commands, key=lambda command: len(command.words))]
        for command in commands:
            findings = Findings()
            expansion = Expansion(environment, findings)
            words = expansion.words(command.words) if command.expands else command.words
            flags = _after_program(command.path, words, environment)
            if flags is not None:
                self.findings += findings
                return command, flags
        first = commands[0]
        message = f"the service runs {shown(first.path.text)}, not kube-apiserver"
        hint = "pass the unit of kube-apiserver, or its flags with --as flags"
        raise KascError(diagnose(rules.NO_KUBE_APISERVER_COMMAND, message, hint, location=first.path.location))

    def _report_unavailable(self) -> None:
        for path in self.service.environment.unavailable:
            message = f"the environment file {shown(path.text)} is not available: its variables are unknown"
            hint = "pass --files-root DIR, the directory with the server's files, or --file-map SERVER=LOCAL"
            self.findings.undecided(message, hint, path.location)


def _after_program(path: Word, words: Sequence[Word], environment: Environment) -> list[Word] | None:
    """Return the arguments of kube-apiserver, None if the command does not run it.

    It may be run by a shell with a plain script, or by a wrapper that gets its command line.
    """
    name = os.path.basename(path.text)
    if name in PROGRAMS:
        return list(words)
    if name in SHELLS:
        known = {name: value.text for name, value in environment.values.items() if value is not None}
        return script_words([path, *words], known)
    for index, word in enumerate(words):
        if is_program(word) and (index == 0 or os.path.basename(word.text) == "kube-apiserver"):
            return list(words[index + 1 :])
    return None
