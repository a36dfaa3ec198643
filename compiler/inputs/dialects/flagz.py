"""/flagz: the flags of a running kube-apiserver, with the values that it uses.

Kubernetes: component-base/zpages/flagz (apiserver/pkg/server/flagz since 1.36), as text and as Flagz in
config.k8s.io/v1alpha1 and v1beta1. The page lists every flag with its value in pflag's notation, so the flags that
have their default are left out, as are the values that the server computes at its start.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from compiler import rules
from compiler.bounds import MAX_ARGUMENT, MAX_NODES
from compiler.diagnostics import KascError, Location, Problems, diagnose
from compiler.inputs import ServerInput
from compiler.inputs.arguments import Trace, Word
from compiler.inputs.dialects import DIALECTS, Request
from compiler.inputs.dialects.fields import Reader, check_fields
from compiler.inputs.shell_words import Run, composed, trace_of
from compiler.inputs.source.characters import place_in
from compiler.inputs.source.node import Node, check_lines, too_long
from compiler.text import shown, shown_bare
from compiler.upstream.catalog import Catalog, catalog
from compiler.upstream.catalog.facts import FlagSpec, nearest, versions
from compiler.upstream.flag_lists import StringToString
from compiler.upstream.go.encoding import read_fields, write_record
from compiler.upstream.go.strconv import InvalidValueError

_TITLE = re.compile(r"\s*(\S+) flag[sz][ \t]*(?=\r?\n|\Z)")
_SERVERS = ("kube-apiserver", "apiserver")
"""What the title of the page names; the second in 1.36."""
_LINE = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.-]*|)([^\r\n]*)")
_SEPARATORS = (": ", ":", "=", " ")
_CLASSIFIED = "CLASSIFIED"
"""What the page has instead of a confidential value."""
_FIELDS = {"apiVersion": "string", "kind": "string", "metadata": "any", "flags": {"*": "scalar"}}
_WRITTEN = "compare the page with `kubectl get --raw /flagz`"
_BRACKETED = frozenset(("stringSlice", "stringArray", "int32Slice", "namedCertKey", "stringToString"))
"""Types whose values pflag prints in brackets."""
_NOTHING = frozenset(("", "[]", "false", "0", "0s", "<nil>"))
_NO_CONFIGURATION = frozenset(("help", "version"))
_ADDRESS, _CACHE_SIZES = "advertise-address", "watch-cache-sizes"
_CACHED = ("events#0", "events.events.k8s.io#0")
"""Watch cache sizes that the server adds. Kubernetes: pkg/registry/.../storage_factory.go, DefaultWatchCacheSizes."""
_GENERATED = {"tls-cert-file": "apiserver.crt", "tls-private-key-file": "apiserver.key"}
"""Files in --cert-dir that the server generates if it gets none."""
_SAME = {
    "external-hostname": _ADDRESS,
    _ADDRESS: "bind-address",
    "audit-webhook-batch-initial-backoff": "audit-webhook-initial-backoff",
}
"""Flags whose values the server takes from another flag, or that set the same value as another."""


class Value(NamedTuple):
    """The value of one flag on the page, its trace, and the place of the flag's name."""

    text: str
    trace: Trace
    name_at: Location

    @property
    def location(self) -> Location:
        """The location of the value, of the name if it is empty."""
        return self.trace(0, len(self.text)) if self.text else self.name_at


def read(request: Request) -> ServerInput:
    """Return the server that a page of /flagz describes.

    Raises KascError: INPUT-03 for the page of another component, DOC-04 for a page without flags.
    """
    values = _of_document(request) if request.roots else _of_text(request)
    start = Location(request.source.name, 1, 1, 1, 2)
    if not values:
        raise KascError(diagnose(rules.SYNTAX_ERROR, "the page has no flags", _WRITTEN, location=start))
    version = request.version
    if version is None:
        version = _version(values)
        message = f"the page does not name a Kubernetes version; its flags are those of {version}"
        hint = "pass --kubernetes-version"
        request.problems.append(diagnose(rules.DISTRIBUTION_VERSION_ASSUMED, message, hint, location=start))
    page = _Page(values, catalog(nearest(version)), request)
    server = request.server(page.words(), version=None if request.version else version)
    server.page_flags = frozenset(values) - _NO_CONFIGURATION
    return server


def _of_text(request: Request) -> dict[str, Value]:
    """Return the flags of a page in text form. Kubernetes: textserializer.go."""
    source = request.source
    check_lines(source)
    trace = trace_of(source)
    title = _TITLE.match(source.text)
    if title is not None and title[1] not in _SERVERS:
        message = f"the page is of {shown(title[1])}, not of kube-apiserver"
        hint = "pass the page of kube-apiserver: kubectl get --raw /flagz"
        where = trace(*title.span(1))
        raise KascError(diagnose(rules.NO_KUBE_APISERVER_COMMAND, message, hint, location=where))
    lines = list(_lines(source.text, title.end() if title is not None else 0))
    separator = _separator([line[2] for line in lines])
    values: dict[str, Value] = {}
    problems = Problems()
    for line in lines:
        start = line.start(2) + len(separator)
        if not line[1] or not f"{line[2]} ".startswith(separator):
            where = trace(*line.span())
            message = f"{shown(line[0])} is not a flag with its value"
            report = partial(diagnose, location=where)
            problems.report(rules.SYNTAX_ERROR, report, rules.SYNTAX_ERROR, message, _WRITTEN)
        elif len(values) < MAX_NODES:
            text = source.text[start : line.end()]
            values[line[1]] = Value(text, partial(_shifted, trace, start), trace(*line.span(1)))
    request.problems.extend(problems)
    return values


def _lines(text: str, start: int) -> Iterator[re.Match[str]]:
    """Yield the lines of a page from an index on, each split into the name of a flag and the rest."""
    for line in _LINE.finditer(text, start):
        if line[0].strip() and not line[0].startswith("Warning:"):
            yield line


def _separator(rests: list[str]) -> str:
    """Return what separates the names and values of a page: the server chooses one of four at random."""
    fits = {each: sum(f"{rest} ".startswith(each) for rest in rests) for each in _SEPARATORS}
    return max(_SEPARATORS, key=lambda each: fits[each])


def _shifted(trace: Trace, offset: int, start: int, end: int) -> Location:
    return trace(offset + start, offset + end)


def _of_document(request: Request) -> dict[str, Value]:
    """Return the flags of a structured page. Kubernetes: apiserver/pkg/server/flagz/api."""
    root = request.roots[0]
    title = DIALECTS[request.kind].title
    unusable = check_fields(root, _FIELDS, "", request.problems, Reader(title))
    flags = root.get("flags")
    if flags is None or not isinstance(flags.value, dict):
        return {}
    return {
        name: Value(_text(node), partial(place_in, node), flags.key_location(name))
        for name, node in flags.value.items()
        if f"flags.{name}" not in unusable
    }


def _text(node: Node) -> str:
    return node.value if isinstance(node.value, str) else node.text


def _version(values: dict[str, Value]) -> str:
    """Return the version whose flags are most like those of a page, the newest of several."""
    names = values.keys()
    return max(versions(), key=lambda each: (-len(catalog(each).flags.keys() ^ names), int(each.split(".")[1])))


class _Page:
    def __init__(self, values: dict[str, Value], known: Catalog, request: Request) -> None:
        self.values = values
        self.known = known
        self.request = request
        self.title = DIALECTS[request.kind].title

    def words(self) -> list[Word]:
        """Return the command line that has these values."""
        words: list[Word] = []
        for name, value in self.values.items():
            spec = self.known.flags.get(name)
            if spec is None:
                self._report_unknown(name, value)
            elif value.text == _CLASSIFIED:
                words.append(self._word(name, value, _CLASSIFIED, _part(_CLASSIFIED, 0), _CLASSIFIED))
            elif value.text != spec.default and not self._is_computed(name, value.text):
                words += self._changed(spec, value)
        return words

    def _report_unknown(self, name: str, value: Value) -> None:
        if value.text in _NOTHING or name in _NO_CONFIGURATION:
            return
        message = f"upstream's kube-apiserver has no flag --{shown_bare(name)}: it is left out"
        hint = "check the version; a flag of another build is not checked"
        self.request.decided_outside(message, hint, value.name_at)

    def _changed(self, spec: FlagSpec, value: Value) -> Iterator[Word]:
        """Yield the words that set a flag to a value. Raises KascError (DOC-02) for a value that is too long."""
        if len(value.text) > MAX_ARGUMENT:
            raise too_long(value.location)
        try:
            uses = list(_uses(spec, value.text))
        except InvalidValueError:
            message = f"{shown(value.text)} is not a value of --{spec.name} as the server prints it"
            self.request.problems.append(
                diagnose(rules.SYNTAX_ERROR, message, _WRITTEN, flag=spec.name, location=value.location)
            )
            return
        for text, runs in uses:
            ambiguous = spec.type == "noSplitMap" and "," in text
            origin = self.title if spec.name == _ADDRESS else ""
            yield self._word(spec.name, value, text, runs, text if ambiguous else "", origin)

    def _word(self, name: str, value: Value, text: str, runs: list[Run], unknown: str = "", origin: str = "") -> Word:
        """Return a word whose value consists of runs of the page's; without runs, all of it is the source."""
        at, whole = 3 + len(name), value.location
        inside = composed(value.trace, runs)

        def trace(first: int, last: int) -> Location:
            if first < at - 1:
                return value.name_at
            return inside(max(first - at, 0), max(last - at, 0)) if runs else whole

        path = f"flags.{name}" if self.request.roots else ""
        return Word(f"--{name}={text}", whole, path, trace, unknown, origin)

    def _is_computed(self, name: str, text: str) -> bool:
        """Return whether the server sets a value at its start, so that the flag was not given or need not be."""
        directory = self._text("cert-dir")
        if name in _GENERATED:
            return text == f"{directory.rstrip('/')}/{_GENERATED[name]}"
        if name in _SAME:
            return text == self._text(_SAME[name])
        # The server resets it. Kubernetes: pkg/kubeapiserver/options/authentication.go, ApplyAuthorization.
        return name == "anonymous-auth" and "AlwaysAllow" in self._text("authorization-mode").strip("[]").split(",")

    def _text(self, name: str) -> str:
        return self.values[name].text if name in self.values else self.known.flags[name].default


def _part(text: str, start: int) -> list[Run]:
    """Return the run of a text that is a part of a value from an index on."""
    return [Run(0, start, start + len(text), True)] if text else []


def _uses(spec: FlagSpec, text: str) -> Iterator[tuple[str, list[Run]]]:
    """Yield the value of each use of a flag, and the runs of the page's value that it consists of.

    There are no runs if it is written otherwise. Raises InvalidValueError. pflag: the String methods of the types.
    """
    if spec.type in _BRACKETED:
        if not (text.startswith("[") and text.endswith("]")):
            raise InvalidValueError(rules.INVALID_LIST, "no brackets", "")
        yield from _listed(spec, text[1:-1])
    elif spec.type == "colonSeparatedMultimapStringString":
        yield _gates(text)
    else:
        yield text, _part(text, 0)


def _gates(text: str) -> tuple[str, list[Run]]:
    """Return feature gates without the colon before each one that has no component."""
    kept = re.sub(r"(^|,):", r"\1", text)
    runs: list[Run] = []
    position = length = 0
    for colon in re.finditer(r"(?:^|(?<=,)):", text):
        runs.append(Run(length, position, colon.start(), True))
        length += colon.start() - position
        position = colon.end()
    runs.append(Run(length, position, len(text), True))
    return kept, [run for run in runs if run.end > run.start]


def _listed(spec: FlagSpec, inside: str) -> Iterator[tuple[str, list[Run]]]:
    """Yield the same for a value in brackets."""
    if spec.type == "namedCertKey":
        start = 1
        for pair in inside.split(";"):
            yield pair, _part(pair, start)
            start += len(pair) + 1
        return
    fields = read_fields(inside) if inside and spec.type != "int32Slice" else []
    if spec.type == "stringArray":
        for field in fields:
            whole = inside[field.start : field.end] == field.text
            yield field.text, _part(field.text, 1 + field.start) if whole else []
    elif spec.type == "stringToString":
        for field in fields:
            key, _, item = field.text.partition("=")
            yield StringToString().pair(key, item), []
    else:
        own = [field.text for field in fields if spec.name != _CACHE_SIZES or field.text not in _CACHED]
        if len(own) == len(fields):
            yield inside, _part(inside, 1)
        elif own:
            yield write_record(own), []
