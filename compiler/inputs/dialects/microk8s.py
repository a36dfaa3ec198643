"""The argument file of MicroK8s: $SNAP_DATA/args/kube-apiserver.

canonical/microk8s: build-scripts/components/kubernetes/patches, 0000-Kubelite-integration.patch, ReadArgsFromFile;
microk8s-resources/actions/common/utils.sh, sanitise_args_kubeapi_server.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from compiler import rules
from compiler.bounds import MAX_NODES
from compiler.diagnostics import Diagnostic, KascError, Problems, diagnose
from compiler.inputs import ServerInput
from compiler.inputs.arguments import Word
from compiler.inputs.dialects import Request
from compiler.inputs.dialects.releases import release_of
from compiler.inputs.rewriting import Replacement, rewritten
from compiler.inputs.shell_words import trace_of
from compiler.inputs.source.node import check_lines, too_many_words
from compiler.text import shown, shown_bare, trimmed

_REMOVED = (
    *("log-dir", "log-file", "log-flush-frequency", "logtostderr", "alsologtostderr", "one-output", "stderrthreshold"),
    *("log-file-max-size", "skip-log-headers", "add-dir-header", "skip-headers", "log-backtrace-at", "insecure-port"),
    *("insecure-bind-address", "port", "address", "service-account-api-audiences", "feature-gates=RemoveSelfLink"),
    *("experimental-encryption-provider-config", "target-ram-mb"),
)
"""Flags whose lines MicroK8s deletes before it starts the server."""
_REMOVED_LINE = re.compile(rf"--({'|'.join(map(re.escape, _REMOVED))})[= ]")
_DATA, _COMMON = "/var/snap/microk8s/current", "/var/snap/microk8s/common"
_VARIABLES = {
    "SNAP": "/snap/microk8s/current",
    "SNAP_COMMON": _COMMON,
    "XDG_RUNTIME_DIR": f"{_COMMON}/run",
    "SNAP_NAME": "microk8s",
    "SNAP_INSTANCE_NAME": "microk8s",
}
_UNKNOWN = re.compile(
    "SNAP.*|REAL_.*|LC_ALL|LANG|PATH|HOME|USER|LOGNAME|SHELL|TERM|TMPDIR|LD_LIBRARY_PATH|PYTHON.*|ARCH|HOSTNAME"
    "|INVOCATION_ID|JOURNAL_STREAM|NOTIFY_SOCKET|SYSTEMD_EXEC_PID|.*_PROXY|.*_proxy"
)
"""Variables of the service whose values depend on the node."""
_REVISION = re.compile(r"/var/snap/microk8s/[^/]+(?=/args/kube-apiserver\Z)")
_REFERENCE = re.compile(r"\$(?:\{([^}]{0,64})\}|\{|([*#$@!?0-9-])|([A-Za-z_][A-Za-z0-9_]*))")
"""Go: os.Expand. A brace that is not closed is dropped with its dollar sign. No variable has a longer name."""
_MAX_LINE = 64 * 1024
"""Bytes of a line. Go: bufio.MaxScanTokenSize."""


def read(request: Request) -> ServerInput:
    """Return the server that an argument file starts.

    Raises KascError: DIST-01 for a line that is too long, DOC-02 for a file that is too large.
    """
    check_lines(request.source)
    problems = Problems()
    data = _REVISION.search(request.path)
    variables = {**_VARIABLES, "SNAP_DATA": data[0] if data is not None else _DATA}
    reader = _Words(request, variables, problems)
    words: list[Word] = []
    for start, end in _lines(request, problems):
        for word in reader.words(start, end):
            words.append(word)
            if len(words) > MAX_NODES:
                raise too_many_words(word.location)
    request.problems.extend(problems)
    release = release_of(request.release)
    return request.server(words, version=f"{release[0]}.{release[1]}" if release is not None else None)


def _lines(request: Request, problems: Problems) -> Iterator[tuple[int, int]]:
    """Yield the spans of the lines with arguments, without the white space around them; report those removed."""
    text, trace = request.source.text, trace_of(request.source)
    for match in re.finditer(r"[^\n]+", text):
        line = trimmed(match[0])
        start = match.start() + match[0].index(line)
        end = start + len(line)
        if len(match[0].encode()) >= _MAX_LINE:
            message = "MicroK8s does not start the server: a line of the file is longer than 64 KiB"
            where = trace(start, start + 1)
            raise KascError(
                diagnose(rules.REFUSED_BY_DISTRIBUTION, message, "look for a missing line end", location=where)
            )
        removed = _REMOVED_LINE.search(match[0])
        if not line or line.startswith("#"):
            continue
        if removed is not None:
            make = partial(diagnose, location=trace(start, end))
            message = (
                f"MicroK8s removes the line, since kube-apiserver has no flag --{removed[1].partition('=')[0]} any more"
            )
            rule = rules.IGNORED_BY_DISTRIBUTION
            problems.report(rule, make, rule, message, "remove the line")
            continue
        yield start, end


class _Words:
    """Splits lines into arguments, drops quotes and replaces variables."""

    def __init__(self, request: Request, variables: dict[str, str], problems: Problems) -> None:
        self.text = request.source.text
        self.trace = trace_of(request.source)
        self.variables = variables
        self.problems = problems
        self.room = MAX_NODES
        """How many more quotes and variables may be replaced."""

    def words(self, start: int, end: int) -> Iterator[Word]:
        """Yield the arguments of a line, which is split at every space. Raises KascError (DOC-02)."""
        position = start
        for part in self.text[start:end].split(" "):
            word = Word(part, self.trace(position, position + len(part)))
            self.room -= part.count("'") + part.count('"') + part.count("$")
            if self.room < 0:
                raise too_many_words(word.location)
            quotes = [Replacement(*match.span(), "") for match in re.finditer("[\"']", part)]
            yield self._expanded(rewritten(word, quotes) if quotes else word)
            position += len(part) + 1

    def _expanded(self, word: Word) -> Word:
        """Return a word with its variables replaced; one that is not set is empty."""
        if "$" not in word.text:
            return word
        replacements = []
        for match in _REFERENCE.finditer(word.text):
            name = match[1] or match[2] or match[3] or ""
            known, unknown = self.variables.get(name, ""), ""
            if name and not known and _UNKNOWN.fullmatch(name):
                known = unknown = match[0]
            elif not known:
                self.problems.report(rules.IGNORED_BY_DISTRIBUTION, _unset, word, match)
            replacements.append(Replacement(*match.span(), known, unknown))
        return rewritten(word, replacements)


def _unset(word: Word, match: re.Match[str]) -> Diagnostic:
    where = word.part(*match.span()) or word.location
    message = f"{shown_bare(match[0])} is not set: MicroK8s replaces it with nothing in {shown(word.text)}"
    return diagnose(rules.IGNORED_BY_DISTRIBUTION, message, "write the value", location=where)
