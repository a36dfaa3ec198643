"""The command line: parses arguments, nothing else. Heavy imports happen in the command that needs them."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from importlib import import_module

from compiler import __version__

ARTIFACTS = ("flags", "storage", "health", "files", "pod", "resolved")
INPUT_KINDS = ("document", "pod", "argv", "flags", "config-file")
SHELLS = ("bash", "zsh", "fish")
FORMS = ("text", "json", "sarif", "github", "junit")
_INPUT_HELP = "a file, a folder to search, or - for standard input"


class _Formatter(argparse.HelpFormatter):
    """Help as wide as the terminal; argparse would load shutil on every run to learn that."""

    def __init__(self, prog: str) -> None:
        try:
            width = os.get_terminal_size().columns - 2
        except OSError:
            width = 98
        super().__init__(prog, width=max(width, 40))


def _add_reading(parser: argparse.ArgumentParser) -> None:
    reading = parser.add_argument_group("how inputs are read")
    reading.add_argument("--as", dest="read_as", choices=INPUT_KINDS, help="the kind of input; else detected")
    reading.add_argument(
        "--kubernetes-version", metavar="1.NN", help="check against this version, whatever the input says"
    )
    reading.add_argument("--files-root", metavar="DIR", help="where the server's file system is to be found")
    reading.add_argument(
        "--file-map", metavar="PREFIX=DIR", action="append", default=[], help="where one prefix of it is to be found"
    )
    reading.add_argument("--host-address", metavar="IP", help="address of the host's default route")


def _add_report(parser: argparse.ArgumentParser) -> None:
    report = parser.add_argument_group("what is reported")
    # The defaults are those of compiler.commands.common: a configuration file may give others.
    report.add_argument("--output", choices=FORMS, help="form of the report (default: text)")
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


def _add_compile(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "inputs", metavar="INPUT", nargs="+", help="a file, a folder to search, or - for standard input"
    )
    writing = parser.add_argument_group("what is written")
    writing.add_argument("-o", "--out", metavar="DIR", help="folder to write to (default: compiled/NAME)")
    writing.add_argument("--emit", metavar="NAME[,NAME]", help=f"artifacts to make, of {', '.join(ARTIFACTS)}")
    writing.add_argument("--stdout", action="store_true", help="print the one artifact instead of writing it")
    writing.add_argument("--format", choices=("yaml", "json"), default="yaml", help="form of the artifacts")
    writing.add_argument("--explicit", action="store_true", help="spell out every effective flag")
    writing.add_argument("--check", action="store_true", help="write nothing; exit 3 with a diff where DIR is stale")
    _add_reading(parser)
    _add_report(parser)


def _add_check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("inputs", metavar="INPUT", nargs="+", help=_INPUT_HELP)
    _add_reading(parser)
    _add_report(parser)


def _add_explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", metavar="[INPUT] WHAT", nargs="*", help="what to explain, with INPUT: its value there")
    _add_reading(parser)


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
    etcd.add_argument("--timeout", metavar="SECONDS", type=float, default=10.0, help="longest wait for an answer")
    scope = parser.add_argument_group("what is looked at")
    scope.add_argument("--prefix", metavar="KEY", help="keys that begin so; else all")
    scope.add_argument("--sample", metavar="N", type=int, default=20, help="values of each resource to look into")
    scope.add_argument("--all", action="store_true", help="look into every value")
    scope.add_argument(
        "--plan-migration", metavar="OLD", help="print what has to be rewritten from the input OLD to INPUT, in order"
    )
    _add_reading(parser)
    _add_report(parser)


def _add_init(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--kubernetes-version", metavar="1.NN", help="for this version; else the newest")
    parser.add_argument("--format", choices=("yaml", "toml"), default="yaml", help="form of the document")
    parser.add_argument("-o", "--out", metavar="FILE", help="write to this file instead of standard output")
    parser.add_argument("--force", action="store_true", help="overwrite a file that is there")


def _add_schema(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", default="apiserver", help="option group, or apiserver for all of them")
    parser.add_argument("--kubernetes-version", metavar="1.NN", help="of this version; else the newest")
    parser.add_argument("-o", "--out", metavar="DIR", help="write all schemas of the version to this folder")


def _add_completion(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=SHELLS)


COMMANDS = {
    "compile": ("check, resolve and write artifacts", _add_compile),
    "check": ("validate only", _add_check),
    "verify": ("compare the storage manifest with a real etcd", _add_verify),
    "explain": ("what a flag, key, gate, plugin or code means", _add_explain),
    "init": ("write a commented starting document", _add_init),
    "schema": ("print or write the JSON Schemas", _add_schema),
    "completion": ("print a completion script for a shell", _add_completion),
}


def _parser(chosen: str) -> argparse.ArgumentParser:
    """The whole parser; where a command is chosen, only that command's own options are filled in."""
    parser = argparse.ArgumentParser(
        prog="kasc",
        formatter_class=_Formatter,
        description="Compile one declaration of a kube-apiserver into flags, storage manifest and health checks.",
        epilog="Exit codes: 0 fine, 1 errors in the input, 2 wrong usage or unreadable file, 3 out of date.",
    )
    parser.add_argument("--version", action="version", version=f"kasc {__version__}")
    # Without a name here, argparse would load what it formats help texts with, on every run.
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, prog="kasc")
    for name, (text, add_options) in COMMANDS.items():
        if chosen in (name, "") or chosen not in COMMANDS:
            add_options(commands.add_parser(name, help=text, description=text, formatter_class=_Formatter))
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    # What is made here lives until the end of a short process: looking for garbage early costs more than it frees.
    gc.set_threshold(100_000)
    words = sys.argv[1:] if arguments is None else arguments
    parser = _parser("" if "_ARGCOMPLETE" in os.environ or not words else words[0])
    if "_ARGCOMPLETE" in os.environ:
        import argcomplete

        argcomplete.autocomplete(parser)
    options = parser.parse_args(words)
    command = import_module(f"compiler.commands.{options.command}")
    try:
        code: int = command.run(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader of a pipe went away; a second write at exit must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    return code


def program() -> None:
    """The program `kasc`."""
    _end(main())


def compile_program() -> None:
    """The program `compile`: the same as `kasc compile`."""
    _end(main(["compile", *sys.argv[1:]]))


def _end(code: int) -> None:
    """End the process at once: taking every object apart first would take a tenth of a short run."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
