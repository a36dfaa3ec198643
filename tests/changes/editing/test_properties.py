"""Random edits of recorded and generated inputs: the flags are the wanted ones, and nothing else differs."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.changes.editing.data import same
from compiler.changes.editing.edit import FlagEdit
from compiler.changes.editing.pieces import EditedText, Replacement
from compiler.changes.editing.tree import rewrite
from compiler.inputs.importers.pod import parse_manifests
from compiler.inputs.source.node import Node, Source
from compiler.review.comments_and_edits import apply_fixes
from compiler.upstream.catalog import catalog
from tests.changes.editing import edited, flags_of
from tests.inputs import dialects

RECORDED = ("kubeadm-1.36", "kubeadm-wrapped", "kubeadmcontrolplane", "k3s-rke2-k0s", "kops", "talos", "systemd")
FLAGS = catalog("1.36").flags
VALUES = {
    "bool": ("true", "false"),
    "int": ("0", "7"),
    "duration": ("1m30s",),
    "string": ("/a/b", "a b'c\"d#e: f"),
    "ip": ("10.0.0.9",),
}
ITEMS = {
    "stringSlice": ("Aa", "b-c"),
    "colonSeparatedMultimapStringString": ("Alpha=true", "Beta=false"),
    "configurationMap": ("api/all=true", "batch/v2=false"),
}
SETTABLE = sorted(flag for flag, spec in FLAGS.items() if spec.type in VALUES and flag not in ("help", "version"))
LISTS = sorted(flag for flag, spec in FLAGS.items() if spec.type in ITEMS)


@cache
def recorded() -> list[dict[str, Any]]:
    return dialects.pairs(*RECORDED)


@st.composite
def flag_edits(draw: st.DrawFn, present: list[str]) -> FlagEdit:
    """Return an edit, more often of a flag that the input has."""
    if present and draw(st.booleans()):
        flag = draw(st.sampled_from(present))
        if draw(st.booleans()):
            return FlagEdit(flag, "remove")
    else:
        flag = draw(st.sampled_from(SETTABLE + LISTS))
    kind = FLAGS[flag].type if flag in FLAGS else ""
    if kind in ITEMS:
        item = draw(st.sampled_from(ITEMS[kind]))
        return FlagEdit(flag, draw(st.sampled_from(("set-item", "remove-item", "set"))), item)
    return FlagEdit(flag, "set", draw(st.sampled_from(VALUES.get(kind, ("x",)))))


def check(path: str, edit: FlagEdit, how: Any) -> None:
    """Check that an edit has its effect, no other effect, and none if it is made again."""
    before = flags_of(path, settings=how)
    result = edited(path, edit, settings=how)
    after = flags_of(path, result.texts, settings=how)
    if result.refused:
        assert not result.files
        return
    assert {**before, edit.flag: ()} == {**after, edit.flag: ()}
    text = ",".join(after.get(edit.flag, ()))
    if edit.action == "remove":
        assert edit.flag not in after
    elif edit.action == "remove-item":
        assert edit.value.partition("=")[0] not in [item.partition("=")[0] for item in text.split(",")]
    elif edit.action == "set-item" or FLAGS[edit.flag].type == "string":
        assert edit.value in text
    assert not edited(path, edit, settings=how, texts=result.texts).files


@settings(max_examples=60)
@given(st.data())
def test_recorded_files_of_distributions(data: st.DataObject) -> None:
    row = data.draw(st.sampled_from(recorded()), label="row")
    with tempfile.TemporaryDirectory() as directory:
        path, how = dialects.given(row, Path(directory))
        try:
            present = sorted(flags_of(str(path), settings=how))
        except AssertionError:
            return  # the distribution refuses the file
        check(str(path), data.draw(flag_edits(present), label="edit"), how)


scalars = st.one_of(
    st.booleans(),
    st.none(),
    st.integers(-3, 3000),
    st.text("abc:# '\"\n\t,[]{}-&*é", max_size=8),
    st.sampled_from(["true", "1.30", "- a", "k: v", "#", "~"]),
)
keys = st.text("abcd-", min_size=1, max_size=4).filter(lambda key: not key.startswith("-"))
trees = st.dictionaries(
    keys,
    st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=8
    ),
    min_size=1,
    max_size=4,
)


def parsed(source: Source) -> list[Node]:
    return parse_manifests(source, [])


@settings(max_examples=60)
@given(trees, trees, st.sampled_from([True, False, None]), st.data())
def test_a_tree_is_rewritten_as_wanted_or_not_at_all(
    old: Any, new: Any, flow: bool | None, data: st.DataObject
) -> None:
    text = "# a comment, after which braces are no JSON\n" + yaml.safe_dump(
        old, default_flow_style=flow, allow_unicode=True, width=30
    )
    source = Source("a.yaml", text.replace("\n", "\r\n") if data.draw(st.booleans()) else text)
    documents = parsed(source)
    wanted = {**documents[0].plain(), **new} if data.draw(st.booleans()) else new  # type: ignore[dict-item]
    edits = rewrite(source, documents, [wanted], parsed)
    if edits is not None:
        after = EditedText("a.yaml", source.text).replaced(edits).after
        assert same(parsed(Source("a.yaml", after))[0].plain(), wanted)


@pytest.mark.parametrize("row", range(8))
@settings(max_examples=20)
@given(data=st.data())
def test_pieces(row: int, data: st.DataObject) -> None:
    text = EditedText("a", before := data.draw(st.text("ab\n\r", max_size=20)))
    for _ in range(row):
        start = data.draw(st.integers(0, len(text.after)))
        end = data.draw(st.integers(start, len(text.after)))
        text = text.replaced([Replacement(start, end, data.draw(st.text("xy\n", max_size=3)))])
    after = before
    for edit in reversed(text.edits()):
        after, _ = apply_fixes(after, [(edit,)])
    assert after == text.after
