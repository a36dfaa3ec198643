"""`kasc drift DIR --contexts FILE`: compare many declarations with their servers, several at the same time."""

from __future__ import annotations

from argparse import Namespace
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from compiler import rules
from compiler.cli.arguments import UsageError
from compiler.cli.common import FINE, HAS_ERRORS, USAGE, find_inputs, report_on
from compiler.cli.connection import LONGEST, connect_to, kubeconfig_of
from compiler.cli.drift_report import Result, result_of, unread
from compiler.cluster import Deadline
from compiler.cluster.contexts import Context, read_contexts
from compiler.cluster.drift.servers import drift_of
from compiler.diagnostics import Report, diagnose
from compiler.inputs.source import Files
from compiler.review.examine import Examined, Settings, examine
from compiler.text import shown
from compiler.upstream.catalog import catalog
from compiler.upstream.catalog.facts import versions

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved
    from compiler.cluster.kubeconfig import Loaded

_THREADS, _AHEAD = 16, 64
"""Servers that are asked at the same time, and declarations that are read before their servers are asked."""
_NOT_COMBINED = ("live", "server", "context")


def compare_fleet(options: Namespace, settings: Settings, problems: list[str]) -> list[Result]:
    """Return the results of all inputs in their order, and that of the contexts if there is anything to say.

    Directories without an input are added to `problems`. Raises UsageError.
    """
    for name in _NOT_COMBINED:
        if getattr(options, name) is not None:
            raise UsageError(f"--contexts cannot be combined with --{name}: the kubeconfig has the servers")
    report = Report(options.contexts)
    report.kubernetes_version = versions()[-1]
    contexts = read_contexts(options.contexts, report)
    loaded = kubeconfig_of(options, catalog(versions()[-1]), report) if contexts is not None else None
    if contexts is None or loaded is None:
        return [Result(report, USAGE)]
    paths = find_inputs(options.inputs, problems, servers_only=True, root=settings.root)
    fleet = _Fleet(options, settings, contexts, loaded)
    results = list(fleet.results(paths))
    for name, context in contexts.items():
        if name not in fleet.paths:
            message = f"no input declares a server with the name {shown(name)}"
            hint = "name its document or directory, or remove the entry"
            report.add(diagnose(rules.CONTEXT_WITHOUT_DOCUMENT, message, hint, location=context.location))
    return [*results, Result(report, FINE)] if report.diagnostics else results


class _Fleet:
    """The inputs of a run; `paths` has those that were read by the name of their document."""

    def __init__(self, options: Namespace, settings: Settings, contexts: dict[str, Context], loaded: Loaded) -> None:
        self.options = options
        self.settings = settings
        self.contexts = contexts
        self.loaded = loaded
        self.paths: dict[str, str] = {}

    def results(self, paths: Sequence[str]) -> Iterator[Result]:
        """Yield the result of each input, in their order."""
        files = Files()
        pending: deque[Future[Result]] = deque()
        executor = ThreadPoolExecutor(_THREADS)
        try:
            for path in paths:
                if len(pending) == _AHEAD:
                    yield pending.popleft().result()
                pending.append(self._start(executor, path, examine(path, self.settings, files)))
            while pending:
                yield pending.popleft().result()
        finally:
            executor.shutdown(wait=False, cancel_futures=True)

    def _start(self, executor: ThreadPoolExecutor, path: str, examined: Examined) -> Future[Result]:
        """Start the comparison of one input."""
        declared = examined.resolved
        if declared is None or examined.report.rejected:
            return executor.submit(unread, examined.report, USAGE if declared is None else HAS_ERRORS)
        report = report_on(path, examined.report)
        context = self._context(declared.context.input.name, report)
        if context is None:
            return executor.submit(unread, report, USAGE)
        return executor.submit(self._compare, declared, report, context)

    def _context(self, name: str, report: Report) -> str | None:
        """Return the context for the document with a name; None after reporting that there is none."""
        if other := self.paths.get(name):
            message = f"{other} declares a server with the name {shown(name)} as well: the context is that of both"
            report.add(diagnose(rules.DOCUMENT_WITHOUT_CONTEXT, message, "choose another metadata.name"))
            return None
        self.paths[name] = report.path
        if name not in self.contexts:
            message = f"{self.options.contexts} has no context for {shown(name)}"
            report.add(diagnose(rules.DOCUMENT_WITHOUT_CONTEXT, message, f"add an entry: {name}: CONTEXT"))
            return None
        return self.contexts[name].name

    def _compare(self, declared: Resolved, report: Report, context: str) -> Result:
        """Ask one server, and compare what it reports."""
        deadline = Deadline(self.options.timeout or LONGEST, self.options.request_timeout)
        try:
            server = connect_to(self.loaded, context, self.options, report, deadline)
        except UsageError as error:
            message = f"cannot connect to the server of the context {shown(context)}: {error}"
            report.add(diagnose(rules.SERVER_NOT_ACCESSIBLE, message, "fix the context"))
            server = None
        if server is None:
            return result_of(declared, report, None, context)
        try:
            return result_of(declared, report, drift_of(server, declared, report), context)
        finally:
            server.close()
