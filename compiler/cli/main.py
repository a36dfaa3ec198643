"""The programs `kasc` and `compile`: parse the command line, run one command, set the exit code."""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module
from typing import NoReturn, TextIO

from compiler.cli.parser import build
from compiler.text import did_you_mean


def program() -> None:
    """Run the program `kasc`."""
    _start(sys.argv[1:])


def compile_program() -> None:
    """Run the program `compile`, short for `kasc compile`."""
    _start(["compile", *sys.argv[1:]])


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    # Most objects live as long as this short process: early garbage collection costs more than it frees.
    gc.set_threshold(100_000)
    words = sys.argv[1:] if arguments is None else arguments
    try:
        code = _run(words)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader of the pipe has exited, as `head` does: return the exit code of a process killed by SIGPIPE.
        _discard(sys.stdout)
        return 128 + 13
    except KeyboardInterrupt:
        print("kasc: interrupted", file=sys.stderr)
        return 128 + 2
    except OSError as error:
        if error.filename is not None:
            raise
        _discard(sys.stdout)
        print(f"kasc: cannot write to standard output: {(error.strerror or str(error)).lower()}", file=sys.stderr)
        return 2
    return code


def _run(words: list[str]) -> int:
    if words[:1] == ["help"]:
        words = [*words[1:2], "--help"]
    completing = "_ARGCOMPLETE" in os.environ
    parser, commands = build("" if completing or not words else words[0])
    if completing:
        from compiler.cli.completion import complete

        complete(parser, commands)
    if not words:
        parser.print_help(sys.stderr)
        return 2
    options, unknown = parser.parse_known_args(words)
    if unknown and options.command == "explain":
        # `kasc explain` takes flags as kube-apiserver spells them.
        options.words += unknown
    elif unknown:
        _reject(options.command, unknown)
    code: int = import_module(f"compiler.cli.{_MODULES.get(options.command, options.command)}").run(options)
    return code


_MODULES = {"import": "import_"}
"""Commands that are keywords of Python."""


def _reject(command: str, words: list[str]) -> NoReturn:
    """Exit with an error about arguments that the command does not have."""
    _, commands = build("")
    parser = commands[command]
    word = next((word for word in words if word.startswith("-")), words[0])
    name = word.partition("=")[0]
    if not word.startswith("-"):
        parser.error(f"unexpected argument {word!r}")
    owners = [f"kasc {other}" for other, owner in commands.items() if name in owner.option_names()]
    hint = f"it is an option of {', '.join(owners)}" if owners else did_you_mean(name, parser.option_names())
    parser.error(f"unknown option {name}{f': {hint}' if hint else ''}")


def _discard(stream: TextIO) -> None:
    """Redirect a stream to /dev/null, so that flushing it at exit cannot fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _start(words: list[str]) -> NoReturn:
    """Run in this process and exit without destroying every object, which would take a tenth of a short run."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the parent process
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
        # Escape characters that the terminal's encoding does not have.
        getattr(sys, name).reconfigure(errors="backslashreplace")
    code = main(words)
    try:
        sys.stderr.flush()
    finally:
        os._exit(code)
