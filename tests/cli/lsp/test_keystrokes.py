"""No keystroke crashes the server: real files are edited, and everything is asked after each edit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.cli.lsp.session import DEFAULTS, Session, Snapshot
from tests.cli.lsp.editing import SAMPLES
from tests.cli.lsp.test_completion import BASE, POD

pytest.importorskip("pygls")

from lsprotocol import types

from compiler.cli.lsp.actions import code_actions, convert
from compiler.cli.lsp.completion import completion, resolve
from compiler.cli.lsp.definition import definition
from compiler.cli.lsp.diagnostics import Board
from compiler.cli.lsp.hints import hints
from compiler.cli.lsp.hover import hover
from compiler.cli.lsp.symbols import symbols

TEXTS = {
    "a.yaml": BASE,
    "pod.yaml": POD,
    **{
        path.name: path.read_text()
        for path in (
            SAMPLES / "apiserver.toml",
            SAMPLES / "hardened/audit-policy.yaml",
            *sorted((SAMPLES / "dialects").glob("*.*")),
            SAMPLES / "dialects/k3s/config.yaml",
        )
        if path.is_file()
    },
}
LETTERS = st.text("ab-:=,[]{}\"' \n\t#&*!|>%@\\$\x00é🙂\ud800\ufeff", min_size=1, max_size=3)
WORDS = st.sampled_from(
    [
        "--feature-gates=",
        "extends: [a.yaml]\n",
        "source: b.yaml",
        "kind: Pod\n",
        "\n---\n",
        "<<: *a",
        "content: {",
        "[etcd]\n",
    ]
)
EDITS = st.lists(
    st.tuples(st.floats(0, 1), st.sampled_from(["type", "delete", "cut", "paste"]), LETTERS | WORDS),
    min_size=1,
    max_size=4,
)


def edited(text: str, edits: list[tuple[float, str, str]]) -> Iterator[tuple[str, int]]:
    """The text after each edit, and the index of the cursor."""
    clipboard = ""
    for place, what, letters in edits:
        index = int(place * len(text))
        if what == "type":
            text = text[:index] + letters + text[index:]
            index += len(letters)
        elif what == "paste":
            text = text[:index] + clipboard + text[index:]
        else:
            end = index + (len(letters) if what == "delete" else 40 * len(letters))
            clipboard, text = text[index:end], text[:index] + text[end:]
        yield text, index


def is_in(where: types.Range, snapshot: Snapshot) -> bool:
    end = snapshot.positions.whole().end
    return all((each.line, each.character) <= (end.line, end.character) for each in (where.start, where.end))


def everything(session: Session, path: str, index: int) -> None:
    """Ask for everything at an index."""
    snapshot = session.snapshot(path)
    before = session.texts[path][:index]
    position = types.Position(before.count("\n"), len(before.rpartition("\n")[2]))
    for each in Board().update(session, [path])[path]:
        assert is_in(each.range, snapshot)
    items = completion(snapshot, position)
    for item in items[:1]:
        resolve(item, markdown=True)
        assert isinstance(item.text_edit, types.TextEdit)
        assert is_in(item.text_edit.range, snapshot)
    shown = hover(snapshot, position, markdown=True)
    assert shown is None or shown.range is None or is_in(shown.range, snapshot)
    definition(snapshot, position)
    symbols(snapshot)
    hints(snapshot, snapshot.positions.whole())
    code_actions(snapshot, types.Range(position, position))


@settings(max_examples=60)
@given(st.sampled_from(sorted(TEXTS)), EDITS)
def test_any_keystroke(name: str, edits: list[tuple[float, str, str]]) -> None:
    session = Session(DEFAULTS._replace(inlay_hints=True))
    path = f"/nowhere/{name}"
    session.put(path, TEXTS[name])
    session.snapshot(path)
    for text, index in edited(TEXTS[name], edits):
        session.put(path, text)
        everything(session, path, index)


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_every_prefix_of_a_line(name: str) -> None:
    """A line is typed from its start to its end."""
    session = Session(DEFAULTS)
    path = f"/nowhere/{name}"
    lines = TEXTS[name].split("\n")
    number = min(len(lines) - 1, 14)
    for end in range(0, len(lines[number]) + 1, 3):
        text = "\n".join([*lines[:number], lines[number][:end], *lines[number + 1 :]])
        session.put(path, text)
        everything(session, path, len("\n".join([*lines[:number], lines[number][:end]])))


@settings(max_examples=10)
@given(st.sampled_from(sorted(TEXTS)), EDITS)
def test_conversion_of_any_text(name: str, edits: list[tuple[float, str, str]]) -> None:
    session = Session(DEFAULTS)
    path = f"/nowhere/{name}"
    for text, _ in edited(TEXTS[name], edits):
        session.put(path, text)
        converted = convert(session.snapshot(path))
        assert (converted.edit is None) <= bool(converted.notes)


def test_sizes_are_bounded(tmp_path: Path) -> None:
    session = Session(DEFAULTS)
    path = str(tmp_path / "a.kasc.yaml")
    for text in (
        "etcd: [" + "[" * 100_000,
        "a: &a [1]\n" + "- *a\n" * 50_000,
        "x" * 9_000_000,
        "{" * 3000 + "\n" * 100_001,
    ):
        session.put(path, text)
        everything(session, path, len(text) // 2)
