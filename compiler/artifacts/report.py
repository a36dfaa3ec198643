"""The page itself: one file of HTML that needs no network, runs no code but its own, and shows any value as text."""

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

_FOLDER = os.path.join(os.path.dirname(__file__), "templates")


def render(resolved: Resolved) -> str:
    """The page's text. It hangs on the server and kasc's version alone."""
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=text,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"lines": lines, "breakable": breakable, "element_id": element_id, "tuple": tuple}
    style, script = _read("report.css"), _read("report.js")
    made = environment.get_template("report.html.j2").render(
        contents(resolved),
        style=Markup(style),
        script=Markup(script),
        policy=Markup(content_security_policy(style, script)),
        version=__version__,
    )
    return f"{made}\n"


def content_security_policy(style: str, script: str) -> str:
    """What a browser may do with the page: apply this style and run this script, and nothing else at all."""
    sources = {"default-src": "'none'", "style-src": _hash(style), "script-src": _hash(script)}
    sources |= {"base-uri": "'none'", "form-action": "'none'"}
    return "; ".join(f"{directive} {source}" for directive, source in sources.items())


def text(value: Any) -> Any:
    """A value as it may stand on the page: one line, every character to be seen, no credentials of URLs.

    What has been made safe already stays as it is; nothing is an empty text.
    """
    if value is None:
        return ""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    value = hide_credentials(value)
    if value.isprintable():
        return value
    return "".join(letter if letter.isprintable() else _spelled(letter) for letter in value)


def lines(value: str) -> Markup:
    """A text of several lines, each safe on its own."""
    return Markup("\n").join(escape(text(line)) for line in value.split("\n"))


def breakable(value: str) -> Markup:
    """A path or a dotted name that may go on in the next line between its parts."""
    return Markup(re.sub("([/:.])(?=[^/:.])", r"\1<wbr>", str(escape(text(value)))))


def element_id(value: str) -> str:
    """A name as the id of an element: whatever could end it is a dash."""
    return re.sub(r"[^A-Za-z0-9_.-]", "-", value)


def _spelled(letter: str) -> str:
    number = ord(letter)
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _hash(source: str) -> str:
    import base64
    import hashlib

    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"


def _read(name: str) -> str:
    with open(os.path.join(_FOLDER, name), encoding="utf-8", newline="\n") as file:
        return file.read()
