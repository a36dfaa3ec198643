"""Writing a target's file so that the importer of its kind reads the same flags, and reporting what it cannot hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from compiler import rules
from compiler.artifacts.pod import escaped
from compiler.artifacts.targets.flags import (
    ADVERTISE,
    NOTHING,
    Difference,
    Extras,
    Passed,
    differences,
    excluded_by,
    extras_of,
    is_same_unknown,
)
from compiler.artifacts.targets.form import Form, Reason
from compiler.diagnostics import ERROR, Diagnostic, KascError, diagnose
from compiler.inputs import Host
from compiler.inputs.importers import read_detected
from compiler.inputs.importers.detect import detect
from compiler.inputs.source import STANDARD_INPUT, STANDARD_INPUT_NAME
from compiler.inputs.source.node import Source
from compiler.text import shown


class NotExpressibleError(KascError):
    """Flags that a target cannot express, one diagnostic for each."""

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        super().__init__(diagnostics[0])
        self.diagnostics = diagnostics


def written(form: Form) -> str:
    """Return the file of a target, for the newest release of the distribution that can express all flags.

    Raises NotExpressibleError, with the reasons of the release that can express most of them.
    """
    fewest: list[Reason] | None = None
    for release in form.releases():
        form.release = release
        text, reasons = _attempt(form)
        if not reasons:
            return text
        if fewest is None or len(reasons) < len(fewest):
            fewest = reasons
    raise NotExpressibleError([_diagnostic(form, reason) for reason in fewest or []])


def _attempt(form: Form) -> tuple[str, list[Reason]]:
    """Return the file for one release, and the reasons for the flags that it cannot express, in the server's order."""
    wanted = form.wanted
    without, _ = _read_back(form, form.write(NOTHING))
    extras = extras_of(wanted, without)
    text = form.write(extras)
    passed, problems = _read_back(form, text)
    reasons = {reason.flag: reason for reason in (*_expanded(form, extras), *form.refusals(extras))}
    for difference in differences(wanted, passed) if passed.flags.arguments else ():
        if difference.flag not in reasons:
            reasons[difference.flag] = form.reason(difference) or _reason(form, difference)
    for reason in (*_unknown(form, passed), *_refused(form, problems, reasons)):
        reasons.setdefault(reason.flag, reason)
    order = wanted.catalog.flag_order
    return text, [reasons[flag] for flag in sorted(reasons, key=lambda flag: order.get(flag, -1))]


def _read_back(form: Form, text: str) -> tuple[Passed, list[Diagnostic]]:
    """Return the flags that the distribution passes, none if it refuses the file, and the errors in its file."""
    catalog = form.wanted.catalog
    source = Source(STANDARD_INPUT_NAME, text)
    problems: list[Diagnostic] = []
    try:
        detected = detect(source, form.target.kind, form.version, problems)
        server = read_detected(
            detected, source, STANDARD_INPUT, form.version, problems, host=Host(), release=form.release
        )
    except KascError as error:
        return Passed(catalog, [], {}), [error.diagnostic]
    errors = [problem for problem in problems if problem.severity == ERROR]
    return Passed(catalog, server.arguments, server.files, server.fixed_flags), errors


def _expanded(form: Form, extras: Extras) -> Iterator[Reason]:
    """Yield the flags in which the kubelet would replace a part, if the distribution's file has no form for them."""
    for flag, values in extras.given.items() if form.expands else ():
        if any(escaped(value) != value for value in values):
            message = f"{form.title} runs kube-apiserver in a Pod, and the kubelet expands $( and $$ in --{flag}"
            yield Reason(flag, message, f"use another value, or {omission(form)}")


def _unknown(form: Form, passed: Passed) -> Iterator[Reason]:
    """Yield the flags whose value only the node knows, so that no file can have it."""
    wanted = form.wanted
    for flag in wanted.unknown:
        is_node = flag == ADVERTISE and wanted.has_node_address
        if not (is_node or is_same_unknown(flag, wanted, passed)):
            yield Reason(flag, f"the value of --{flag} is only known on the node", f"write it, or {omission(form)}")
    if wanted.resolved.context.flags.open:
        message = "the input has arguments that are only known on the node"
        yield Reason("", message, f"write them, or {omission(form)}")


def _refused(form: Form, problems: Iterable[Diagnostic], reasons: Mapping[str, Reason]) -> Iterator[Reason]:
    """Yield the errors of the distribution that no flag explains."""
    for problem in problems:
        if not (problem.flag in reasons if problem.flag else reasons):
            yield Reason(problem.flag, f"{form.title} refuses the file: {problem.message}", omission(form))


def omission(form: Form) -> str:
    """Return what to do if a flag cannot be expressed: not to write the target."""
    return f"omit {form.target.name} in --emit"


def _reason(form: Form, difference: Difference) -> Reason:
    """Return the reason for a difference as far as it follows from the values."""
    flag, wanted, passed, known, supported, _ = difference
    title, omit = form.title, omission(form)
    if not supported:
        message = f"{title} sets --{flag}, which kube-apiserver {form.wanted.catalog.version} does not have"
        return Reason(flag, message, omit)
    if not known:
        return Reason(flag, f"{title} sets --{flag} to a value that only the node knows", omit)
    if passed is not None and difference.fixed:
        message = f"{title} sets --{flag} to {shown(','.join(passed))} itself and refuses another value"
        return Reason(flag, message, f"use this value, or {omit}")
    if passed is None:
        return Reason(flag, f"{title} has no setting for --{flag}", f"remove the flag, or {omit}")
    value = shown(",".join(passed))
    other = excluded_by(flag, form.wanted) if wanted is None else ""
    if other:
        message = f"{title} always sets --{flag}, which kube-apiserver refuses together with --{other}"
        return Reason(flag, message, f"set --{flag} instead of --{other}, or {omit}")
    if wanted is None:
        message = f"{title} always sets --{flag} to {value}, and the input does not set it"
        return Reason(flag, message, f"set --{flag} to this value, or {omit}")
    message = f"{title} sets --{flag} to {value}, not to {shown(','.join(wanted))}"
    return Reason(flag, message, f"set --{flag} to this value, or {omit}")


def _diagnostic(form: Form, reason: Reason) -> Diagnostic:
    wanted = form.wanted
    return diagnose(
        rules.TARGET_CANNOT_EXPRESS,
        reason.message,
        reason.hint,
        path=wanted.path(reason.flag),
        flag=reason.flag,
        location=wanted.location(reason.flag),
    )
