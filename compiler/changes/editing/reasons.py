"""Why an input cannot express an edit, in the terms of its distribution."""

from __future__ import annotations

from compiler.apiserver.context import ServerContext
from compiler.changes.editing.edit import SET_VERSION, Refused
from compiler.changes.editing.inputs import TEXT_KINDS
from compiler.review.dialects import setting_of

_BY_HAND = "edit the file by hand"


def with_reason(refused: Refused, context: ServerContext) -> Refused:
    """Return a refused edit with its reason."""
    if refused.reason:
        return refused
    flag = refused.wanted.flag
    if refused.wanted.action == SET_VERSION:
        return refused._replace(reason=_about_version(context))
    setting = setting_of(flag, context)
    if flag in context.input.fixed_flags and flag not in context.input.settings and setting:
        return refused._replace(reason=setting)
    return refused._replace(reason=f"kasc found no edit that changes only --{flag}", hint=setting or _BY_HAND)


def _about_version(context: ServerContext) -> str:
    """Return why the Kubernetes version of an input cannot be set in its files."""
    given = context.input
    if "@" in given.image:
        return "the image has a digest, which decides the version: write the image of the new version"
    if given.version_location is not None:
        return "the version cannot be edited where the input states it"
    if given.dialect is None or given.read_as in TEXT_KINDS:
        return "the input does not state its Kubernetes version: that of the installed program counts"
    return f"the version of {given.dialect.title} decides the Kubernetes version"
