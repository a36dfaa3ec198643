"""Values with lookalike characters or quotes, which the server accepts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler import rules
from compiler.inputs.source.characters import advice
from compiler.text import shown

if TYPE_CHECKING:
    from compiler.inputs.arguments import Argument
    from compiler.review.context import Risks

_QUOTES = "\"'"


def check(risks: Risks, flag: str, argument: Argument) -> None:
    """Report lookalike characters and quotes in a flag's value."""
    spec = risks.catalog.flags.get(flag)
    text = argument.text
    if spec is None or not text:
        return
    if hint := advice(text, letters=False):
        message = f"--{flag}: the value contains characters that look like others"
        risks.report_location(rules.LOOKALIKE_CHARACTER, message, hint, argument.path, argument.location, flag)
    elif " --" in text:
        hint = "write each flag as a separate argument"
        message = f"--{flag}: the value {shown(text)} seems to contain other flags"
        risks.report_location(
            rules.SEVERAL_FLAGS_IN_ONE_ARGUMENT, message, hint, argument.path, argument.location, flag
        )
    elif spec.type != "stringSlice" and any(_is_quoted(part.strip()) for part in text.split(",")):
        inner = ",".join(part.strip().strip(_QUOTES) for part in text.split(","))
        whole = inner if risks.given.read_as == "document" else f"--{flag}={inner}"
        message = f"--{flag}: the quotes are part of the value {shown(text)}"
        hint = f"remove the quotes: write {shown(whole)[1:-1]}"
        risks.report_location(rules.QUOTES_IN_VALUE, message, hint, argument.path, argument.location, flag)
    elif spec.type == "stringSlice" and any(_is_quoted(element) for element in risks.flags.texts(flag)):
        message = f"--{flag}: the quotes are part of an element"
        risks.report_location(
            rules.QUOTES_IN_VALUE, message, "remove the quotes", argument.path, argument.location, flag
        )


def _is_quoted(text: str) -> bool:
    return len(text) > 1 and text[0] in _QUOTES and text[-1] == text[0]
