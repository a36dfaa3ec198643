"""What `kasc drift` prints: the differences of one server, or those of many with a summary."""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from compiler.cli.common import FINE, STALE, USAGE, publish
from compiler.cli.reporters import MARKDOWN, PROMETHEUS, write_page, write_report
from compiler.cluster.drift import summary as of_many
from compiler.cluster.drift.report import data, diagnostics, problems, table
from compiler.cluster.drift.summary import Summary, metrics, summary_of
from compiler.text import clean_line

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved
    from compiler.cluster.drift.observed import Drift
    from compiler.diagnostics import Report


class Result(NamedTuple):
    """The result for one input: its report, exit code, and what differs unless the server could not be asked.

    `summary` is None for a file that is not a server: that of --contexts.
    """

    report: Report
    code: int
    summary: Summary | None = None
    drift: Drift | None = None


def result_of(declared: Resolved, report: Report, drift: Drift | None, context: str = "") -> Result:
    """Return the result of a comparison; `drift` is None if the report says why there is none."""
    name = declared.context.input.name or report.path
    if drift is None:
        return Result(report, USAGE, Summary(name, context, problem=problem_of(report)))
    report.extend(problems(drift))
    code = USAGE if report.rejected else STALE if drift.differences else FINE
    if drift.observed.versions:
        # The rest of the server that its flags describe is not needed any more, and large.
        drift = drift._replace(observed=drift.observed._replace(server=None))
    return Result(report, code, summary_of(name, context, drift, problem_of(report)), drift)


def unread(report: Report, code: int) -> Result:
    """Return the result for an input that has errors or could not be read."""
    return Result(report, code, Summary(report.path, problem=problem_of(report)))


def problem_of(report: Report) -> str:
    """Return the message of the first error; empty if there is none."""
    return next((each.message for each in report.of("error")), "")


def write(options: Namespace, results: Sequence[Result]) -> None:
    """Write the results in the selected format to standard output."""
    if options.output == PROMETHEUS:
        sys.stdout.write(metrics([each.summary for each in results if each.summary], time.time()))
        failed = [each.report for each in results if each.report.rejected]
        write_report("text", failed, sys.stderr, summary=False)
    elif options.output == "json":
        _write_json(options, results)
    elif options.output == MARKDOWN:
        _write_markdown(options, results)
    elif options.output == "text":
        _write_text(options, results)
    else:
        for each in results:
            if each.drift is not None:
                each.report.extend(diagnostics(each.drift))
        publish(options, [each.report for each in results])


def _write_json(options: Namespace, results: Sequence[Result]) -> None:
    import json

    from compiler.cli.reporters.json import as_data

    for each in results:
        if each.drift is not None:
            each.report.extend(diagnostics(each.drift))
        each.report.select(options.select, options.ignore)
    whole = as_data([each.report for each in results])
    for file, each in zip(whole["files"], results, strict=True):
        if each.drift is not None:
            file |= data(each.drift)
        if each.summary is not None and each.summary.context:
            file["context"] = each.summary.context
    sys.stdout.write(json.dumps(whole, indent=1) + "\n")


def _write_markdown(options: Namespace, results: Sequence[Result]) -> None:
    from compiler.cli.reporters.markdown import drift as markdown

    for each in results:
        if each.drift is not None:
            write_page(markdown.render(each.drift))
    if failed := [each.report for each in results if each.drift is None]:
        publish(options, failed)


def _write_text(options: Namespace, results: Sequence[Result]) -> None:
    """Write the differences, the findings, and the summary if there are several inputs."""
    single = options.contexts is None
    lines: list[str] = []
    for each in results:
        if each.drift is not None and (single or each.drift.differences):
            lines += [*([""] if lines else []), *table(each.drift)]
    for line in lines:
        print(clean_line(line))
    if failed := [each.report for each in results if each.report.diagnostics and (not single or each.report.rejected)]:
        publish(options, failed)
    summaries = [each.summary for each in results if each.summary is not None]
    if not single and summaries:
        for line in [*([""] if lines or failed else []), *of_many.table(summaries)]:
            print(clean_line(line))
