"""The command line: parses arguments, nothing else. Heavy imports happen in the command that needs them."""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module

from compiler import __version__

ARTIFACTS = ("flags", "storage", "health", "files", "pod", "resolved")
INPUT_KINDS = ("document", "pod", "argv", "flags")
SHELLS = ("bash", "zsh", "fish")


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
    report.add_argument("--output", choices=("text", "json"), default="text", help="form of the report")
    report.add_argument("--strict", action="store_true", help="warnings count as errors")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kasc",
        description="Compile one declaration of a kube-apiserver into flags, storage manifest and health checks.",
        epilog="Exit codes: 0 fine, 1 errors in the input, 2 wrong usage or unreadable file, 3 out of date.",
    )
    parser.add_argument("--version", action="version", version=f"kasc {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_compile(commands.add_parser("compile", help="check, resolve and write artifacts"))

    check = commands.add_parser("check", help="validate only")
    check.add_argument("inputs", metavar="INPUT", nargs="+", help="a file, a folder to search, or - for standard input")
    _add_reading(check)
    _add_report(check)

    explain = commands.add_parser("explain", help="what a flag, key, gate, plugin or code means")
    explain.add_argument("words", metavar="[INPUT] WHAT", nargs="*", help="what to explain, with INPUT: its value there")
    _add_reading(explain)

    init = commands.add_parser("init", help="write a commented starting document")
    init.add_argument("--kubernetes-version", metavar="1.NN", help="for this version; else the newest")
    init.add_argument("--format", choices=("yaml", "toml"), default="yaml", help="form of the document")
    init.add_argument("-o", "--out", metavar="FILE", help="write to this file instead of standard output")
    init.add_argument("--force", action="store_true", help="overwrite a file that is there")

    schema = commands.add_parser("schema", help="print or write the JSON Schemas")
    schema.add_argument("name", nargs="?", default="apiserver", help="option group, or apiserver for all of them")
    schema.add_argument("--kubernetes-version", metavar="1.NN", help="of this version; else the newest")
    schema.add_argument("-o", "--out", metavar="DIR", help="write all schemas of the version to this folder")

    completion = commands.add_parser("completion", help="print a completion script for a shell")
    completion.add_argument("shell", choices=SHELLS)
    return parser


def _add_compile(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("inputs", metavar="INPUT", nargs="+", help="a file, a folder to search, or - for standard input")
    writing = parser.add_argument_group("what is written")
    writing.add_argument("-o", "--out", metavar="DIR", help="folder to write to (default: compiled/NAME)")
    writing.add_argument("--emit", metavar="NAME[,NAME]", help=f"artifacts to make, of {', '.join(ARTIFACTS)}")
    writing.add_argument("--stdout", action="store_true", help="print the one artifact instead of writing it")
    writing.add_argument("--format", choices=("yaml", "json"), default="yaml", help="form of the artifacts")
    writing.add_argument("--explicit", action="store_true", help="spell out every effective flag")
    writing.add_argument("--check", action="store_true", help="write nothing; exit 3 with a diff where DIR is stale")
    _add_reading(parser)
    _add_report(parser)


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = _parser()
    if "_ARGCOMPLETE" in os.environ:
        import argcomplete

        argcomplete.autocomplete(parser)
    options = parser.parse_args(arguments)
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


def compile_main() -> int:
    """The program `compile`: the same as `kasc compile`."""
    return main(["compile", *sys.argv[1:]])
