"""The page: what it says is what the other artifacts say, and what a document says never becomes markup."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import html5lib
import pytest

from compiler.emit.artifacts import ARTIFACTS, render
from compiler.pipeline import Resolved
from tests.emit.compiling import ENCRYPTION, ROOT, SAMPLES, VERSIONS, document, resolve, resolve_file

Element = Any
HARDENED = ROOT / "samples/hardened/apiserver.yaml"
OVERRIDES: dict[str, Any] = {
    "etcdServersOverrides": [{"resource": "/events", "servers": ["http://127.0.0.1:2"]}],
    "encryptionProviderConfig": {"content": ENCRYPTION},
    "watchCacheSizes": {"pods": 0},
}


def page_of(resolved: Resolved) -> str:
    return render(resolved, ["report"])["report.html"]


def parsed(text: str) -> Element:
    """The tree as browsers build it; anything that is not well-formed HTML fails."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return parser.parse(text)


def words(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def rows_of(tree: Element, table: str) -> list[list[Element]]:
    """The cells of each row in a table's body."""
    return [list(row) for row in tree.findall(f".//table[@class='{table}']/tbody/tr")]


def codes(cell: Element) -> list[str]:
    return [words(code) for code in cell.iter("code")]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_pages_of_samples_are_valid_and_small(sample: Path) -> None:
    text = page_of(resolve_file(sample))
    tree = parsed(text)
    assert len(text.encode()) < 500_000
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    for link in tree.iter("a"):
        assert link.get("href").removeprefix("#") in ids, link.get("href")
    for element in tree.iter():
        for reference in ("aria-labelledby", "for"):
            assert element.get(reference, ids[0]) in ids
        assert not [name for name in element.attrib if name.startswith("on") or name in ("style", "src")]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_has_a_page(version: str, tmp_path: Path) -> None:
    resolved = resolve(document(version), tmp_path)
    tree = parsed(page_of(resolved))
    assert f"kube-apiserver {version}" in tree.findtext(".//title")
    assert [row[0].find("code").text for row in rows_of(tree, "admission")] == list(resolved.options.catalog.plugins)
    for row in rows_of(tree, "admission"):
        assert words(row[2]) in ("mutating", "validating", "mutating, validating"), words(row[0])


def test_the_page_is_made_only_where_it_is_named(tmp_path: Path) -> None:
    assert "report" not in ARTIFACTS
    assert not [name for name in render(resolve(document(), tmp_path), list(ARTIFACTS)) if name.endswith(".html")]
