"""The page as a reader sees it: its tree, and its tables by their classes."""

from __future__ import annotations

from typing import Any

import pytest

from compiler.apiserver.startup import Resolved
from tests.artifacts.compiling import render

html5lib = pytest.importorskip("html5lib")

Element = Any


def page_of(resolved: Resolved) -> str:
    return render(resolved, ["report"])["report.html"]


def parsed(text: str) -> Element:
    """The tree as browsers build it; anything that is not well-formed HTML fails."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return parser.parse(text)


def words(element: Element) -> str:
    """All text inside an element, white space as browsers show it."""
    return " ".join("".join(element.itertext()).split())


def codes(cell: Element) -> list[str]:
    """The texts that stand as code in a cell, to the character."""
    return ["".join(code.itertext()) for code in cell.iter("code")]


def section(tree: Element, name: str) -> Element:
    return next(each for each in tree.iter("section") if each.get("id") == name)


def rows_of(tree: Element, table: str) -> list[list[Element]]:
    """The cells of each row in the bodies of all tables of a class."""
    return [list(row) for row in tree.findall(f".//table[@class='{table}']/tbody/tr")]
