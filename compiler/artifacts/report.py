"""The HTML report: one file that needs no network, runs no foreign code, and shows any value as text."""

from __future__ import annotations

import os
import re
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from compiler import __version__
from compiler.apiserver.startup import Resolved
from compiler.artifacts.report_contents import contents
from compiler.text.redaction import hide_credentials

_DIRECTORY = os.path.join(os.path.dirname(__file__), "templates")


def render(resolved: Resolved) -> str:
    """Return the page. It depends only on the server and on kasc's version."""
    environment = Environment(
        loader=FileSystemLoader(_DIRECTORY),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=text,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"lines": lines, "breakable": breakable, "element_id": element_id, "tuple": tuple}
    style, script = _read("report.css"), _read("report.js")
    page = environment.get_template("report.html.j2").render(
        contents(resolved),
        style=Markup(style),
        script=Markup(script),
        policy=Markup(content_security_policy(style, script)),
        version=__version__,
    )
    return f"{page}\n"


def content_security_policy(style: str, script: str) -> str:
    """Return the content security policy: browsers may apply this style and run this script, nothing else."""
    sources = {"default-src": "'none'", "style-src": _hash(style), "script-src": _hash(script)}
    sources |= {"base-uri": "'none'", "form-action": "'none'"}
    return "; ".join(f"{directive} {source}" for directive, source in sources.items())


def text(value: Any) -> Any:
    """Return a value for the page: one line, all characters visible, no credentials in URLs.

    Markup is unchanged; None becomes the empty string.
    """
    if value is None:
        return ""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    value = hide_credentials(value)
    if value.isprintable():
        return value
    return "".join(character if character.isprintable() else _escaped(character) for character in value)


def lines(value: str) -> Markup:
    """Return several lines, each escaped."""
    return Markup("\n").join(escape(text(line)) for line in value.split("\n"))


def breakable(value: str) -> Markup:
    """Return a path or a dotted name that may wrap between its parts."""
    return Markup(re.sub("([/:.])(?=[^/:.])", r"\1<wbr>", str(escape(text(value)))))


def element_id(value: str) -> str:
    """Return a name as the id of an element, with other characters replaced by dashes."""
    return re.sub(r"[^A-Za-z0-9_.-]", "-", value)


def _escaped(character: str) -> str:
    number = ord(character)
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _hash(source: str) -> str:
    import base64
    import hashlib

    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"


def _read(name: str) -> str:
    with open(os.path.join(_DIRECTORY, name), encoding="utf-8", newline="\n") as file:
        return file.read()
