"""The argument parser: one for `kasc`, and one for each command."""

from __future__ import annotations

import argparse
import os
from typing import Any, NoReturn

from compiler import __version__
from compiler.cli.arguments import COMMANDS
from compiler.text import did_you_mean


class _Formatter(argparse.HelpFormatter):
    """Help as wide as the terminal; argparse would load shutil on every run to get its width."""

    def __init__(self, prog: str) -> None:
        columns = os.environ.get("COLUMNS", "")
        try:
            width = int(columns) if columns.isdecimal() else os.get_terminal_size().columns
        except OSError:
            width = 100
        super().__init__(prog, max_help_position=30, width=max(width - 2, 40))
        # argparse does not count the indentation of subcommands when it aligns their help texts.
        self._action_max_length = max(map(len, COMMANDS)) + 4


class Parser(argparse.ArgumentParser):
    """A parser whose errors say in one line what is wrong and what to write instead.

    The only class that uses private parts of argparse.
    """

    def error(self, message: str) -> NoReturn:
        """Exit with a usage error."""
        self.exit(2, f"{self.prog}: {message}\nrun '{self.prog} --help' for usage\n")

    def actions(self) -> list[argparse.Action]:
        """Return all positional arguments and options."""
        return self._actions

    def option_names(self) -> list[str]:
        """Return all spellings of all options: `-o`, `--out`, ..."""
        return [name for action in self._actions for name in action.option_strings]

    def _get_values(self, action: argparse.Action, arg_strings: list[str]) -> Any:
        if action.option_strings and action.nargs is None and arg_strings == ["--"]:
            # --option=-- : argparse takes the value for the end of the options.
            value = self._get_value(action, "--")
            self._check_value(action, value)
            return value
        return super()._get_values(action, arg_strings)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        choices = [str(choice) for choice in action.choices]
        if action.dest != "command":
            name = action.option_strings[-1] if action.option_strings else action.dest
            known = " or ".join([*([", ".join(choices[:-1])] if choices[1:] else []), choices[-1]])
            hint = did_you_mean(str(value), choices) or f"use {known}"
            self.error(f"invalid value {value!r} for {name}: {hint}")
        hint = did_you_mean(str(value), choices) or f"commands are {', '.join(choices)}"
        if os.path.exists(str(value)):
            hint = f"to read the file, run kasc check {value} or kasc compile {value}"
        self.error(f"unknown command {value!r}: {hint}")


def build(command: str) -> tuple[Parser, dict[str, Parser]]:
    """Return the whole parser and those of the commands by name.

    Given the name of a command, only that command's parser is built; otherwise all of them.
    """
    parser = Parser(
        prog="kasc",
        formatter_class=_Formatter,
        allow_abbrev=False,
        description="Compile one declaration of a kube-apiserver into flags, storage manifest and health checks.",
        epilog="Run 'kasc COMMAND --help' for details. Exit codes: 0 success, 1 errors in the input (or warnings, with "
        "--strict), 2 usage error or a file that cannot be read or written, 3 out of date.",
    )
    parser.add_argument("--version", action="version", version=f"kasc {__version__}")
    # Without prog, argparse would format the usage to find it, which loads more modules on every run.
    group = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands", required=True, prog="kasc")
    commands: dict[str, Parser] = {}
    for name, (text, add_options) in COMMANDS.items():
        if command == name or command not in COMMANDS:
            commands[name] = group.add_parser(
                name, help=text, description=text, formatter_class=_Formatter, allow_abbrev=False
            )
            add_options(commands[name])
    return parser, commands
