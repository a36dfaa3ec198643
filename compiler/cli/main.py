"""The command line: parses arguments, nothing else. Heavy imports happen in the command that needs them."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from importlib import import_module
from typing import Any, NoReturn

from compiler import __version__

ARTIFACTS = ("flags", "storage", "health", "files", "pod", "resolved", "report", "monitoring")
INPUT_KINDS = ("document", "pod", "argv", "flags", "config-file")
SHELLS = ("bash", "zsh", "fish")
FORMS = ("text", "json", "sarif", "github", "junit")
POLICIES = ("cis",)
_LONGEST_TIMEOUT = 86_400.0
"""Seconds; what is longer is a mistake."""
_INPUT_HELP = "a file, a folder to search, or - for standard input"


class _Formatter(argparse.HelpFormatter):
    """Help as wide as the terminal; argparse would load shutil on every run to learn that."""

    def __init__(self, prog: str) -> None:
        columns = os.environ.get("COLUMNS", "")
        try:
            width = int(columns) if columns.isdecimal() else os.get_terminal_size().columns
        except OSError:
            width = 100
        super().__init__(prog, max_help_position=30, width=max(width - 2, 40))
        # argparse forgets the indent of the commands when it reckons where their texts begin.
        self._action_max_length = max(map(len, COMMANDS)) + 4


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong with the words, and in another what to write instead."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\ntry: {self.prog} --help\n")

    def _get_values(self, action: argparse.Action, arg_strings: list[str]) -> Any:
        if action.option_strings and action.nargs is None and arg_strings == ["--"]:
            # The words --option=-- ; argparse takes the value for the end of the options.
            value = self._get_value(action, "--")
            self._check_value(action, value)
            return value
        return super()._get_values(action, arg_strings)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        from compiler.text.suggest import did_you_mean

        choices = [str(choice) for choice in action.choices]
        if action.dest != "command":
            name = action.option_strings[-1] if action.option_strings else action.dest
            hint = did_you_mean(str(value), choices) or f"write {', '.join(choices[:-1])} or {choices[-1]}"
            self.error(f"{name} cannot be {value!r}: {hint}")
        hint = did_you_mean(str(value), choices) or f"commands are {', '.join(choices)}"
        if os.path.exists(str(value)):
            hint = f"write kasc check {value}, or kasc compile {value}"
        self.error(f"{value!r} is not a command: {hint}")


def _add_reading(parser: argparse.ArgumentParser) -> None:
    reading = parser.add_argument_group("how inputs are read")
    kinds = ", ".join(INPUT_KINDS)
    reading.add_argument(
        "--as", dest="read_as", metavar="KIND", choices=INPUT_KINDS, help=f"what an input is, of {kinds}; else detected"
    )
    reading.add_argument(
        "--kubernetes-version", metavar="1.NN", help="check against this version, whatever the input says"
    )
    reading.add_argument(
        "--root",
        metavar="DIR",
        help="let inputs read files in DIR; else only in their git work tree",
    )
    reading.add_argument("--files-root", metavar="DIR", help="where the server's file system is to be found")
    reading.add_argument(
        "--file-map", metavar="PREFIX=DIR", action="append", default=[], help="where one prefix of it is to be found"
    )
    reading.add_argument("--host-address", metavar="IP", help="address of the host's default route")


def _add_report(parser: argparse.ArgumentParser) -> None:
    report = parser.add_argument_group("what is reported")
    # The defaults are those of compiler.cli.common: a configuration file may give others.
    report.add_argument(
        "--output", metavar="FORM", choices=FORMS, help=f"form of the report: {', '.join(FORMS)} (default: text)"
    )
    switch = argparse.BooleanOptionalAction
    report.add_argument("-q", "--quiet", action=switch, help="findings only, no summary line")
    report.add_argument("--strict", action=switch, help="warnings count as errors")
    for name, text in (("select", "show only"), ("ignore", "do not show")):
        report.add_argument(
            f"--{name}",
            metavar="CODE",
            action="append",
            help=f"{text} findings of this code, or of all that begin with it, such as KASC-ETCD",
        )


def _add_fleet(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    fleet = parser.add_argument_group("many inputs")
    fleet.add_argument("--jobs", metavar="N", type=int, help="processes to use (default: one for each usable core)")
    fleet.add_argument(
        "-v", "--verbose", action="store_true", help="name the files that the search of a directory skips, and why"
    )
    fleet.add_argument("--shard", metavar="I/N", help="only the I-th of N parts, for the jobs of a CI matrix")
    fleet.add_argument(
        "--changed-since", metavar="REF", help="only what differs from where the branch left this commit of git"
    )
    return fleet


def _add_policy(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--policy",
        metavar="NAME",
        choices=POLICIES,
        help="judge servers by a policy as well: cis is the CIS Kubernetes Benchmark, section 1.2",
    )


def _add_compile(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "inputs", metavar="INPUT", nargs="+", help="a file, a folder to search, or - for standard input"
    )
    writing = parser.add_argument_group("what is written")
    writing.add_argument("-o", "--out", metavar="DIR", help="folder to write to (default: compiled/NAME)")
    of = f"artifacts to make, of {', '.join(ARTIFACTS)}; all but report and monitoring where it is left out"
    writing.add_argument("--emit", metavar="NAME[,NAME]", help=of)
    writing.add_argument("--stdout", action="store_true", help="print the one artifact instead of writing it")
    writing.add_argument("--format", choices=("yaml", "json"), default="yaml", help="form of the artifacts")
    writing.add_argument("--explicit", action="store_true", help="spell out every effective flag")
    writing.add_argument("--check", action="store_true", help="write nothing; exit 3 with a diff where DIR is stale")
    writing.add_argument("--prune", action="store_true", help="remove what kasc wrote for documents that are gone")
    fleet = _add_fleet(parser)
    fleet.add_argument("--cache", metavar="DIR", help="where to keep what is known of inputs (default: ~/.cache/kasc)")
    fleet.add_argument("--no-cache", action="store_true", help="look at every input anew")
    _add_reading(parser)
    _add_policy(parser)
    _add_report(parser)


def _add_check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("inputs", metavar="INPUT", nargs="+", help=_INPUT_HELP)
    mending = parser.add_argument_group("what is mended")
    mending.add_argument("--fix", action="store_true", help="write mends that need no thinking into the files")
    mending.add_argument("--diff", action="store_true", help="show what --fix would change, and write nothing")
    _add_fleet(parser)
    _add_reading(parser)
    _add_policy(parser)
    _add_report(parser)


def _add_explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", metavar="[INPUT] WHAT", nargs="*", help="what to explain, with INPUT: its value there")
    _add_reading(parser)
    _add_policy(parser)


def _add_verify(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("input", metavar="INPUT", help="a file, or - for standard input")
    etcd = parser.add_argument_group("which etcd")
    etcd.add_argument(
        "--etcd",
        metavar="URL",
        action="append",
        default=[],
        help="members to ask, comma-separated; GROUP/RESOURCE=URL for the servers of an override (else: the input's)",
    )
    for name, text in (("cafile", "CA bundle"), ("certfile", "client certificate"), ("keyfile", "key of it")):
        etcd.add_argument(f"--etcd-{name}", metavar="FILE", help=f"{text}; else the input's, where it is at hand")
    etcd.add_argument("--user", metavar="NAME", help="user of etcd; the password is taken from KASC_ETCD_PASSWORD")
    _add_timeouts(etcd, "300")
    scope = parser.add_argument_group("what is looked at")
    scope.add_argument("--prefix", metavar="KEY", help="keys that begin so; else all")
    scope.add_argument("--sample", metavar="N", type=int, default=20, help="values of each resource to look into")
    scope.add_argument("--all", action="store_true", help="look into every value")
    scope.add_argument(
        "--plan-migration", metavar="OLD", help="print what has to be rewritten from the input OLD to INPUT, in order"
    )
    _add_reading(parser)
    _add_report(parser)


def _add_probe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("input", metavar="INPUT", help="a file, or - for standard input")
    server = parser.add_argument_group("which server")
    server.add_argument("--server", metavar="URL", required=True, help="the server, as https://HOST:PORT")
    server.add_argument("--cafile", metavar="FILE", help="CA of the server's certificate; else those of the system")
    server.add_argument("--token-file", metavar="FILE", help="bearer token to show; else that in KASC_TOKEN")
    server.add_argument("--certfile", metavar="FILE", help="client certificate to show")
    server.add_argument("--keyfile", metavar="FILE", help="key of it, where the file of the certificate has none")
    server.add_argument("--insecure", action="store_true", help="believe any certificate of the server")
    server.add_argument("--watch", action="store_true", help="wait until the server is ready, then ask")
    _add_timeouts(server, "30, with --watch 300")
    _add_reading(parser)
    _add_report(parser)


def _add_timeouts(group: argparse._ArgumentGroup, default: str) -> None:
    """How long a command that connects to servers may take; `default` says how long unless told otherwise."""
    group.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=_seconds,
        help=f"end after this time and report what is known by then (default: {default})",
    )
    group.add_argument(
        "--request-timeout",
        metavar="SECONDS",
        type=_seconds,
        help="longest wait for one answer (default: 10, at most a third of --timeout)",
    )


def _seconds(text: str) -> float:
    """A length of time; raises ArgumentTypeError."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number <= _LONGEST_TIMEOUT:
        raise argparse.ArgumentTypeError(f"{text!r}: write seconds above 0 and up to a day, for example 30")
    return number


def _add_init(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--kubernetes-version", metavar="1.NN", help="for this version; else the newest")
    parser.add_argument("--format", choices=("yaml", "toml"), help="form of the document; else as FILE ends")
    parser.add_argument("-o", "--out", metavar="FILE", help="write to this file instead of standard output")
    parser.add_argument("--force", action="store_true", help="overwrite a file that is there")


def _add_schema(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name",
        metavar="NAME",
        nargs="?",
        help="option group, kind of a structured file, artifact or report; the whole document where none is named",
    )
    parser.add_argument("--kubernetes-version", metavar="1.NN", help="of this version; else the newest")
    parser.add_argument(
        "-o",
        "--out",
        metavar="DIR",
        help="write all schemas of the version to this folder; with an editor: its project",
    )
    editors = parser.add_argument_group("what editors are told about apiserver.yaml and apiserver.toml")
    editor = editors.add_mutually_exclusive_group()
    for name, text in (
        ("vscode", "write .vscode/settings.json and the schema"),
        ("jetbrains", "write .idea/jsonSchemas.xml and the schema"),
        ("neovim", "print the lines for init.lua, and write the schema"),
    ):
        editor.add_argument(f"--{name}", dest="editor", action="store_const", const=name, help=text)


def _add_completion(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "shell", metavar="SHELL", choices=SHELLS, help=f"one of {', '.join(SHELLS)}; it sources the script"
    )


COMMANDS = {
    "compile": ("check, resolve and write artifacts", _add_compile),
    "check": ("validate only", _add_check),
    "verify": ("compare the storage manifest with a real etcd", _add_verify),
    "probe": ("compare the health checks with those of a running server", _add_probe),
    "explain": ("what a flag, key, gate, plugin or code means", _add_explain),
    "init": ("write a commented starting document", _add_init),
    "schema": ("print or write the JSON Schemas", _add_schema),
    "completion": ("print a completion script for a shell", _add_completion),
}


def _parser(chosen: str) -> _Parser:
    """The whole parser; where a command is chosen, only that command's own options are filled in."""
    parser = _Parser(
        prog="kasc",
        formatter_class=_Formatter,
        allow_abbrev=False,
        description="Compile one declaration of a kube-apiserver into flags, storage manifest and health checks.",
        epilog="`kasc COMMAND --help` tells more. Exit codes: 0 fine, 1 errors in the input (or warnings, with "
        "--strict), 2 wrong usage or a file that cannot be read or written, 3 out of date.",
    )
    parser.add_argument("--version", action="version", version=f"kasc {__version__}")
    # Without a name here, argparse would load what it formats help texts with, on every run.
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands", required=True, prog="kasc")
    for name, (text, add_options) in COMMANDS.items():
        if chosen in (name, "") or chosen not in COMMANDS:
            add_options(
                commands.add_parser(name, help=text, description=text, formatter_class=_Formatter, allow_abbrev=False)
            )
    return parser


def _exit_with_usage_error(command: str, words: list[str]) -> NoReturn:
    """End with what is wrong about words that a command does not know."""
    from compiler.text.suggest import did_you_mean

    parsers: dict[str, _Parser] = next(
        action.choices for action in _parser("")._actions if isinstance(action, argparse._SubParsersAction)
    )
    own = parsers[command]
    word = next((word for word in words if word.startswith("-")), words[0])
    name = word.partition("=")[0]
    if not word.startswith("-"):
        own.error(f"{word!r} is one word too many")
    elsewhere = [f"kasc {other}" for other, parser in parsers.items() if name in parser._option_string_actions]
    hint = did_you_mean(name, own._option_string_actions)
    if elsewhere:
        hint = f"it is an option of {', '.join(elsewhere)}"
    own.error(f"no option {name}{f': {hint}' if hint else ''}")


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    # What is made here lives until the end of a short process: looking for garbage early costs more than it frees.
    gc.set_threshold(100_000)
    words = sys.argv[1:] if arguments is None else arguments
    try:
        code = _run(words)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader of a pipe went away, as `head` does: end as a program does that the signal ends.
        _abandon(sys.stdout)
        return 128 + 13
    except KeyboardInterrupt:
        print("kasc: interrupted", file=sys.stderr)
        return 128 + 2
    except OSError as problem:
        if problem.filename is not None:
            raise
        _abandon(sys.stdout)
        print(f"kasc: cannot write to standard output: {(problem.strerror or str(problem)).lower()}", file=sys.stderr)
        return 2
    return code


def _run(words: list[str]) -> int:
    if words[:1] == ["help"]:
        words = [*words[1:2], "--help"]
    parser = _parser("" if "_ARGCOMPLETE" in os.environ or not words else words[0])
    if "_ARGCOMPLETE" in os.environ:
        from compiler.cli.completion import complete

        complete(parser)
    if not words:
        parser.print_help(sys.stderr)
        return 2
    options, unknown = parser.parse_known_args(words)
    if unknown and options.command == "explain":
        # What is explained may be a flag as the server takes it.
        options.words += unknown
    elif unknown:
        _exit_with_usage_error(options.command, unknown)
    code: int = import_module(f"compiler.cli.{options.command}").run(options)
    return code


def _abandon(stream: Any) -> None:
    """Let what is still to be written go nowhere: a second attempt at exit must not fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def program() -> None:
    """The program `kasc`."""
    _start(sys.argv[1:])


def compile_program() -> None:
    """The program `compile`: the same as `kasc compile`."""
    _start(["compile", *sys.argv[1:]])


def _start(words: list[str]) -> None:
    """Run in a process of its own, and end it at once: taking every object apart would take a tenth of a short run."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by who started the program
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
        # What a terminal cannot show is spelled out.
        getattr(sys, name).reconfigure(errors="backslashreplace")
    code = main(words)
    try:
        sys.stderr.flush()
    finally:
        os._exit(code)
