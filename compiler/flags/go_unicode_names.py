"""Names of Unicode classes in regular expressions."""

from __future__ import annotations

import os

_sections: dict[str, frozenset[str]] = {}


def is_class_name(name: str, loose: bool) -> bool:
    """Whether \\p{name} is known to Go.

    `loose`: capitals, spaces, hyphens and underscores do not count (Go 1.25 and later). There a script whose name has
    an underscore or a capital inside cannot be named at all: Go looks for its squeezed name among the written ones.
    """
    if not _sections:
        _sections.update(_read())
    categories, scripts = _sections["categories"], _sections["scripts"]
    if not loose:
        return name == "Any" or name in categories or name in scripts
    squeezed = _squeezed(name)
    if squeezed in ("Any", "Assigned", "Ascii") or squeezed in categories or squeezed in scripts:
        return True
    return squeezed in {_squeezed(alias) for alias in _sections["aliases"]}


def _squeezed(name: str) -> str:
    plain = name.replace("_", "").replace("-", "").replace(" ", "")
    return plain[:1].upper() + "".join(letter.lower() if letter.isascii() else letter for letter in plain[1:])


def _read() -> dict[str, frozenset[str]]:
    path = os.path.join(os.path.dirname(__file__), "data", "unicode_names.txt")
    with open(path, encoding="utf-8") as file:
        blocks = [block.partition("]\n") for block in file.read().split("\n[")[1:]]
    return {name: frozenset(words.partition("\n#")[0].split()) for name, _, words in blocks}
