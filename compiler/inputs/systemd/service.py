"""A service: its commands, and its environment. systemd: src/core/service.c, service_verify."""

from __future__ import annotations

from compiler.inputs.source.node import too_many_words
from compiler.inputs.systemd.command_line import Command, commands_of
from compiler.inputs.systemd.environment import EnvironmentSettings
from compiler.inputs.systemd.expansion import Specifiers
from compiler.inputs.systemd.findings import Findings
from compiler.inputs.systemd.unit_file import Assignment
from compiler.text import closest, shown

_TYPES = frozenset(("simple", "exec", "forking", "oneshot", "dbus", "notify", "notify-reload", "idle"))
_RESTARTS = frozenset(("no", "on-success", "on-failure", "on-abnormal", "on-watchdog", "on-abort", "always"))
_NOT_ONESHOT = frozenset(("always", "on-success"))
"""Values of Restart= that a service of Type=oneshot may not have."""
_MAX_COMMANDS = 1000
_ENVIRONMENT = frozenset(("Environment", "EnvironmentFile", "PassEnvironment", "UnsetEnvironment"))


class Service:
    """The settings of a service that decide the command line of its program, assignment by assignment."""

    def __init__(self, specifiers: Specifiers, findings: Findings) -> None:
        self.specifiers = specifiers
        self.findings = findings
        self.environment = EnvironmentSettings(specifiers, findings)
        self.commands: list[Command] = []
        self.reset: Assignment | None = None
        """The assignment that emptied the list of commands last."""
        self.choices: dict[str, Assignment] = {}
        """The last valid assignments of Type= and Restart=."""

    def apply(self, assignment: Assignment) -> None:
        """Apply an assignment. Raises RefusedError for a command that systemd does not accept.

        Raises KascError (DOC-02) for more than `_MAX_COMMANDS` commands.
        """
        if assignment.section != "Service":
            return
        if assignment.key == "ExecStart":
            if not assignment.value:
                self.commands.clear()
                self.reset = assignment
            for command in commands_of(assignment, self.specifiers, self.findings):
                self.commands.append(command)
                if len(self.commands) > _MAX_COMMANDS:
                    raise too_many_words(command.path.location)
        elif assignment.key in _ENVIRONMENT:
            self.environment.apply(assignment)
        elif assignment.key == "Type":
            self._choose(assignment, _TYPES)
        elif assignment.key == "Restart":
            self._choose(assignment, _RESTARTS)

    def _choose(self, assignment: Assignment, values: frozenset[str]) -> None:
        if assignment.value in values:
            self.choices[assignment.key] = assignment
            return
        near = closest(assignment.value, values)
        hint = f"write {assignment.key}={near}" if near else f"write one of {', '.join(sorted(values))}"
        message = f"systemd ignores {assignment.key}={shown(assignment.value)}: it is not a valid value"
        self.findings.ignored(message, hint, assignment.location)

    @property
    def is_oneshot(self) -> bool:
        """Whether the service may have several commands."""
        chosen = self.choices.get("Type")
        return chosen is not None and chosen.value == "oneshot"

    def verify(self) -> None:
        """Report why systemd refuses the service, if it does."""
        restart = self.choices.get("Restart")
        if self.is_oneshot and restart is not None and restart.value in _NOT_ONESHOT:
            message = f"systemd refuses the unit: a service of Type=oneshot cannot have Restart={restart.value}"
            self.findings.refused(
                message, "write Type=notify: kube-apiserver runs until it is stopped", restart.location
            )
        if len(self.commands) > 1 and not self.is_oneshot:
            message = f"systemd refuses the unit: it has {len(self.commands)} commands, which only Type=oneshot allows"
            hint = "remove all but one ExecStart=; in a drop-in, write an empty ExecStart= before the new one"
            self.findings.refused(message, hint, self.commands[1].key_at)
