"""The arguments and options of every command."""

from __future__ import annotations

import argparse

from compiler.cli.reporters import FORMATS, MARKDOWN, PROMETHEUS
from compiler.inputs import INPUT_KINDS


class UsageError(Exception):
    """A usage error; the text says what is wrong and what to write instead."""


SHELLS = ("bash", "zsh", "fish")
_MAX_TIMEOUT = 86_400.0
"""Seconds; a longer timeout is a mistake."""
_INPUTS_HELP = "a file, a directory to search, or - for standard input"
_JOBS_HELP = "number of processes (default: one for each usable core)"
_INPUT_HELP = "a file, or - for standard input"


def _add_input(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("input options")
    kinds = ", ".join(INPUT_KINDS)
    group.add_argument(
        "--as",
        dest="read_as",
        metavar="KIND[@VERSION]",
        help=f"input kind: {kinds} (default: detected); VERSION is the distribution's own, for example talos@1.11",
    )
    group.add_argument(
        "--kubernetes-version", metavar="1.NN", help="check against this version instead of the input's own"
    )
    group.add_argument(
        "--root", metavar="DIR", help="allow inputs to read files in DIR (default: only in their git work tree)"
    )
    group.add_argument(
        "--files-root", metavar="DIR", help="directory with the server's files, used as its root directory"
    )
    group.add_argument(
        "--file-map",
        metavar="PREFIX=DIR",
        action="append",
        default=[],
        help="directory with the server's files below one path prefix",
    )
    group.add_argument("--host-address", metavar="IP", help="address of the host's default route")


def _add_report(parser: argparse.ArgumentParser, *more: str) -> None:
    """Add the options of reports; `more` are formats that not every command has."""
    group = parser.add_argument_group("report options")
    # The defaults are set in compiler.cli.common, because a configuration file may set others.
    formats = (*FORMATS, *more)
    group.add_argument(
        "--output", metavar="FORMAT", choices=formats, help=f"report format: {', '.join(formats)} (default: text)"
    )
    switch = argparse.BooleanOptionalAction
    group.add_argument("-q", "--quiet", action=switch, help="print findings only, no summary line")
    group.add_argument("--strict", action=switch, help="treat warnings as errors")
    _add_selection(group)


def _add_selection(group: argparse._ArgumentGroup) -> None:
    for name, text in (("select", "show only"), ("ignore", "do not show")):
        group.add_argument(
            f"--{name}",
            metavar="CODE",
            action="append",
            help=f"{text} findings with this code or code prefix, for example KASC-ETCD",
        )


def _add_batch(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    group = parser.add_argument_group("batch options")
    group.add_argument("--jobs", metavar="N", type=int, help=_JOBS_HELP)
    group.add_argument(
        "-v", "--verbose", action="store_true", help="list the files that a directory search skips, and why"
    )
    group.add_argument("--shard", metavar="I/N", help="process only the I-th of N parts, for a CI matrix")
    group.add_argument(
        "--changed-since", metavar="REF", help="process only inputs changed since the merge base with this git commit"
    )
    return group


def _add_policy(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--policy",
        metavar="POLICY",
        action="append",
        help="check servers against a policy as well, may be repeated: cis (CIS Kubernetes Benchmark; cis@1.12 for an "
        "edition), stig (DISA Kubernetes STIG), or a policy file or a directory of them",
    )


def _add_compile(parser: argparse.ArgumentParser) -> None:
    from compiler.artifacts import ARTIFACTS, ON_REQUEST

    parser.add_argument("inputs", metavar="INPUT", nargs="+", help=_INPUTS_HELP)
    group = parser.add_argument_group("output options")
    group.add_argument("-o", "--out", metavar="DIR", help="write to DIR (default: compiled/NAME)")
    names = f"artifacts to write: {', '.join(ARTIFACTS)} (the default), {', '.join(ON_REQUEST)}"
    group.add_argument("--emit", metavar="NAME[,NAME]", help=names)
    group.add_argument("--stdout", action="store_true", help="print a single artifact instead of writing it")
    group.add_argument("--format", choices=("yaml", "json"), default="yaml", help="artifact format")
    group.add_argument(
        "--against", metavar="OLD", help="the input that the servers run with: the report shows what changes"
    )
    group.add_argument("--explicit", action="store_true", help="write every effective flag, including defaults")
    group.add_argument("--check", action="store_true", help="write nothing; exit 3 with a diff if DIR is out of date")
    group.add_argument("--prune", action="store_true", help="remove the artifacts of documents that no longer exist")
    batch = _add_batch(parser)
    batch.add_argument("--cache", metavar="DIR", help="cache results of earlier runs in DIR (default: ~/.cache/kasc)")
    batch.add_argument("--no-cache", action="store_true", help="ignore the cache")
    _add_input(parser)
    _add_policy(parser)
    _add_report(parser)


def _add_check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("inputs", metavar="INPUT", nargs="+", help=_INPUTS_HELP)
    group = parser.add_argument_group("fix options")
    group.add_argument("--fix", action="store_true", help="apply safe fixes in place")
    group.add_argument("--diff", action="store_true", help="print what --fix would change, write nothing")
    _add_batch(parser)
    _add_input(parser)
    _add_policy(parser)
    _add_report(parser, MARKDOWN)


def _add_explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "words", metavar="[INPUT] NAME", nargs="*", help="what to explain; with INPUT, also its value there"
    )
    _add_input(parser)
    _add_policy(parser)


def _add_verify(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("input", metavar="INPUT", help=_INPUT_HELP)
    _add_timeouts(_add_etcd(parser), "300")
    scan = _add_scan(parser)
    scan.add_argument(
        "--plan-migration",
        metavar="OLD",
        help="print the rewrites to move from input OLD to INPUT, in order",
    )
    _add_input(parser)
    _add_report(parser)


def _add_etcd(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """Add the options of a command that connects to etcd."""
    group = parser.add_argument_group("etcd options")
    group.add_argument(
        "--etcd",
        metavar="URL",
        action="append",
        default=[],
        help="comma-separated members to connect to; GROUP/RESOURCE=URL for the servers of an override "
        "(default: those of the input)",
    )
    for name, text in (("cafile", "CA bundle"), ("certfile", "client certificate"), ("keyfile", "client key")):
        group.add_argument(f"--etcd-{name}", metavar="FILE", help=f"{text} (default: the input's, if accessible)")
    group.add_argument("--user", metavar="NAME", help="etcd user; the password is read from KASC_ETCD_PASSWORD")
    return group


def _add_scan(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """Add the options of a command that reads the contents of etcd."""
    group = parser.add_argument_group("scan options")
    group.add_argument("--prefix", metavar="KEY", help="scan only keys with this prefix (default: all)")
    group.add_argument("--sample", metavar="N", type=int, default=20, help="values to decode for each resource")
    group.add_argument("--all", action="store_true", help="decode every value")
    return group


def _add_status(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("input", metavar="INPUT", help=_INPUT_HELP)
    _add_server(parser, "30 for the server, 300 for etcd")
    _add_etcd(parser)
    _add_scan(parser)
    _add_input(parser)
    _add_report(parser)


def _add_probe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("input", metavar="INPUT", help=_INPUT_HELP)
    server = _add_server(parser, "30, with --watch 300")
    server.add_argument("--watch", action="store_true", help="wait until the server is ready, then probe it")
    _add_input(parser)
    _add_report(parser)


def _add_server(parser: argparse.ArgumentParser, timeout: str) -> argparse._ArgumentGroup:
    """Add the options of a command that connects to an API server; `timeout` is that of the whole run, in words."""
    group = parser.add_argument_group(
        "server options",
        "without --server, connect as kubectl does: by the kubeconfig, or as the Pod's service account",
    )
    group.add_argument(
        "--server", metavar="URL", help="server URL, https://HOST:PORT (default: that of the kubeconfig, if any)"
    )
    group.add_argument("--cafile", metavar="FILE", help="CA bundle for the server certificate (default: the system's)")
    group.add_argument("--token-file", metavar="FILE", help="bearer token (default: the value of KASC_TOKEN)")
    group.add_argument("--certfile", metavar="FILE", help="client certificate")
    group.add_argument("--keyfile", metavar="FILE", help="client key, if --certfile does not contain it")
    group.add_argument("--insecure", action="store_true", help="skip TLS certificate verification")
    group.add_argument(
        "--kubeconfig", metavar="FILE", help="kubeconfig (default: the files in KUBECONFIG, else ~/.kube/config)"
    )
    group.add_argument("--context", metavar="NAME", help="context of the kubeconfig (default: its current context)")
    group.add_argument("--allow-exec", action="store_true", help="run the exec plugin of the kubeconfig")
    group.add_argument(
        "--allow-proxy", action="store_true", help="connect through the proxy of the kubeconfig, or of HTTPS_PROXY"
    )
    _add_timeouts(group, timeout)
    return group


def _add_drift(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "inputs",
        metavar="INPUT",
        nargs="+",
        help="a file, - for standard input, or with --contexts files and directories to search",
    )
    parser.add_argument(
        "--live",
        metavar="FILE",
        help="compare with the server in a file: its Pod, unit, command line, process list or saved /flagz",
    )
    parser.add_argument(
        "--contexts",
        metavar="FILE",
        help="compare many servers: YAML with the context of the kubeconfig for each document, by its name",
    )
    parser.add_argument("-o", "--out", metavar="FILE", help="write to FILE at once instead of standard output")
    _add_server(parser, "30 for each server")
    _add_input(parser)
    _add_report(parser, MARKDOWN, PROMETHEUS)


def _add_timeouts(group: argparse._ArgumentGroup, default: str) -> None:
    """Add the timeouts of a command that connects to servers; `default` is that of the whole run, in words."""
    group.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=_seconds,
        help=f"stop after this time and report partial results (default: {default})",
    )
    group.add_argument(
        "--request-timeout",
        metavar="SECONDS",
        type=_seconds,
        help="timeout of a single request (default: 10, at most a third of --timeout)",
    )


def _seconds(text: str) -> float:
    """Parse a duration in seconds. Raises ArgumentTypeError."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number <= _MAX_TIMEOUT:
        raise argparse.ArgumentTypeError(f"invalid timeout {text!r}: use a number of seconds, up to a day")
    return number


def _add_diff(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "inputs",
        metavar="INPUT",
        nargs="*",
        help="OLD and NEW, the configuration that the servers run with and another one: a file each; "
        "with --since, files and directories to search (default: the current directory)",
    )
    group = parser.add_argument_group("diff options")
    group.add_argument(
        "--since", metavar="REF", help="compare inputs with their versions at the merge base with this git commit"
    )
    group.add_argument("--jobs", metavar="N", type=int, help=_JOBS_HELP)
    group.add_argument("--exit-code", action="store_true", help="exit 3 if there are changes")
    group.add_argument("-v", "--verbose", action="store_true", help="list all changes and what to do in each phase")
    group.add_argument("--write-phases", metavar="DIR", help="write a document for each phase of the rollout to DIR")
    _add_input(parser)
    _add_report(parser, MARKDOWN)


def _add_upgrade(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("inputs", metavar="INPUT", nargs="+", help=_INPUTS_HELP)
    group = parser.add_argument_group("upgrade options")
    group.add_argument(
        "--to", metavar="1.NN", required=True, help="version to upgrade to, by one minor version at a time"
    )
    group.add_argument("--hold", action="store_true", help="propose the flags that keep the old behaviour")
    group.add_argument("--write", action="store_true", help="apply the edits in place")
    group.add_argument("--diff", action="store_true", help="print what --write would change, write nothing")
    _add_batch(parser)
    _add_input(parser)
    _add_report(parser, MARKDOWN)


def _add_policy_command(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", metavar="test", choices=("test",), help="check policies and their examples")
    parser.add_argument("paths", metavar="PATH", nargs="+", help="a policy file, or a directory to search")
    parser.add_argument(
        "--kubernetes-version",
        metavar="1.NN",
        help="version of the examples (default: the newest that a rule is about)",
    )
    _add_report(parser)


def _add_init(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--kubernetes-version", metavar="1.NN", help="Kubernetes version (default: the newest)")
    parser.add_argument(
        "--format", choices=("yaml", "toml"), help="document format (default: by the extension of FILE, else yaml)"
    )
    parser.add_argument("-o", "--out", metavar="FILE", help="write to FILE instead of standard output")
    parser.add_argument("--force", action="store_true", help="overwrite an existing file")


def _add_import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("input", metavar="INPUT", help=_INPUT_HELP)
    group = parser.add_argument_group("output options")
    group.add_argument("-o", "--out", metavar="FILE", help="write to FILE instead of standard output")
    group.add_argument(
        "--format", choices=("yaml", "toml"), help="document format (default: by the extension of FILE, else yaml)"
    )
    group.add_argument("--force", action="store_true", help="overwrite an existing file")
    _add_input(parser)
    _add_report(parser)


def _add_schema(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name",
        metavar="NAME",
        nargs="?",
        help="option group, kind of a structured file, artifact or report (default: the whole document)",
    )
    parser.add_argument("--kubernetes-version", metavar="1.NN", help="Kubernetes version (default: the newest)")
    parser.add_argument(
        "-o",
        "--out",
        metavar="DIR",
        help="write all schemas of the version to DIR; with an editor option, the project directory",
    )
    editor = parser.add_argument_group(
        "editor options", "configure an editor to validate apiserver.yaml and apiserver.toml"
    ).add_mutually_exclusive_group()
    for name, text in (
        ("vscode", "write .vscode/settings.json and the schema"),
        ("jetbrains", "write .idea/jsonSchemas.xml and the schema"),
        ("neovim", "print a snippet for init.lua and write the schema"),
    ):
        editor.add_argument(f"--{name}", dest="editor", action="store_const", const=name, help=text)


def _add_completion(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", metavar="SHELL", choices=SHELLS, help=f"one of {', '.join(SHELLS)}")


def _add_lsp(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("editor options")
    group.add_argument("--inlay-hints", action="store_true", help="show the flags that a distribution sets as hints")
    group.add_argument("--stdio", action="store_true", help="use standard input and output (always; for editors)")
    _add_input(parser)
    _add_policy(parser)
    group = parser.add_argument_group("report options")
    _add_selection(group)


COMMANDS = {
    "compile": ("check, resolve and write artifacts", _add_compile),
    "check": ("validate only", _add_check),
    "diff": ("show what a change does to a running cluster", _add_diff),
    "upgrade": ("show what the next Kubernetes versions break and change", _add_upgrade),
    "verify": ("compare the storage manifest with a real etcd", _add_verify),
    "probe": ("compare the health checks with those of a running server", _add_probe),
    "drift": ("compare flags, gates, APIs and health checks with what a running server reports", _add_drift),
    "status": ("probe, drift and verify in one summary", _add_status),
    "explain": ("describe a flag, key, gate, plugin or code", _add_explain),
    "import": ("write a kasc document that compiles to the same flags", _add_import),
    "policy": ("check policies of your own and their examples", _add_policy_command),
    "init": ("write a commented starter document", _add_init),
    "lsp": ("language server on standard input and output, for editors", _add_lsp),
    "schema": ("print or write the JSON Schemas", _add_schema),
    "completion": ("print a shell completion script", _add_completion),
}
"""Name of a command -> its description, and the function that adds its options."""
