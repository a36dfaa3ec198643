"""A value of one input: what it is, where it came from, what it became."""

from __future__ import annotations

from compiler.emit.yaml_text import scalar
from compiler.flags.values import TYPES
from compiler.options.traits import STRUCTURED
from compiler.pipeline import Resolved

_SECRETS = ("token-auth-file",)


def explain_value(resolved: Resolved, flag: str) -> list[str]:
    """Lines on one flag of an input."""
    options, config = resolved
    flags = options.flags
    if not flags.has(flag):
        return [f"  not a flag of {options.catalog.version}"]
    spec = flags.catalog.flags[flag]
    lines = []
    if flags.changed(flag):
        for argument in flags.arguments[flag]:
            at = argument.location
            place = f"{at.file}:{at.line}:{at.column}" if at else "the input"
            lines.append(f"  given: {scalar(argument.text)} at {place}")
    else:
        default = spec.default if spec.default not in ("", "<nil>", "[]") else "none"
        lines.append(f"  not given: the default is {default}")
    value = flags.value(flag)
    texts = [] if value is None or flag in STRUCTURED else TYPES[spec.type].format(value)
    if texts and flag not in _SECRETS and texts != [argument.text for argument in flags.arguments.get(flag, ())]:
        lines.append(f"  effective: {', '.join(map(scalar, texts))}")
    for path, origin in config.provenance.items():
        if flag in origin.flags:
            lines.append(f"  {origin.step} set {path}: {_short(config.values[path])}")
    return lines


def explain_all(resolved: Resolved) -> list[str]:
    """One line for every flag that the input gives, in the server's order."""
    flags = resolved.options.flags
    lines = []
    for name in flags.catalog.flags:
        for argument in flags.arguments.get(name, ()):
            at = argument.location
            place = f"  # {at.file}:{at.line}:{at.column}" if at else ""
            lines.append(f"--{name}={argument.text}{place}")
    return lines


def _short(value: object) -> str:
    import json

    text = json.dumps(value, ensure_ascii=True)
    return text if len(text) <= 100 else f"{text[:99]}…"
