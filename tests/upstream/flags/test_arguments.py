"""Command-line words to flags. The expected results were confirmed with pflag and the server's flag set."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.diagnostics import Diagnostic, Location
from compiler.inputs.arguments import Argument, Word, split_arguments
from compiler.upstream.catalog import catalog

FLAGS = catalog("1.36").flags


def type_of(name: str) -> str | None:
    return FLAGS[name].type if name in FLAGS else None


def split(*texts: str) -> tuple[list[Argument], list[Diagnostic]]:
    """Split words, each on its own line from column 1 on."""
    words = [
        Word(text, Location("f", line, 1, line, 1 + len(text)), f"args[{line - 1}]")
        for line, text in enumerate(texts, 1)
    ]
    return split_arguments(words, type_of, catalog("1.36").shorthands)


@pytest.mark.parametrize(
    ("words", "flags"),
    [
        (["--v=2"], [("v", "2")]),
        (["--v", "2"], [("v", "2")]),
        (["-v=2"], [("v", "2")]),
        (["-v2"], [("v", "2")]),
        (["-v", "2"], [("v", "2")]),
        (["-v="], [("v", "=")]),
        (["-v2=3"], [("v", "2=3")]),
        (["-hv=1"], [("help", "true"), ("v", "1")]),
        (["--etcd_servers=a"], [("etcd-servers", "a")]),
        (["--etcd-servers", "--v=2"], [("etcd-servers", "--v=2")]),
        (["--etcd-servers", "--"], [("etcd-servers", "--")]),
        (["--etcd-servers", ""], [("etcd-servers", "")]),
        (["--etcd-servers="], [("etcd-servers", "")]),
        (["--oidc-required-claim=a=b=c"], [("oidc-required-claim", "a=b=c")]),
        (["--profiling"], [("profiling", "true")]),
        (["--profiling=x"], [("profiling", "x")]),
        (["--version"], [("version", "true")]),
        (["--version=raw"], [("version", "raw")]),
        (["--profiling", "", "--v=2"], [("profiling", "true"), ("v", "2")]),
        (["--v=1", "--"], [("v", "1")]),
        (["--", ""], []),
        ([], []),
    ],
)
def test_read(words: list[str], flags: list[tuple[str, str]]) -> None:
    arguments, problems = split(*words)
    assert [(argument.flag, argument.text) for argument in arguments] == flags
    assert problems == []


@pytest.mark.parametrize(
    ("words", "rule", "line", "hint"),
    [
        (["--profiling", "true"], "PARSE-02", 2, "write --profiling=true: "),
        (["--profiling", "False"], "PARSE-02", 2, "write --profiling=False: "),
        (["--profiling", "TRue"], "PARSE-02", 2, "write --profiling=true: "),
        (["--profiling", "yes"], "PARSE-02", 2, "remove it"),
        (["--profiling", "--v=1", "true"], "PARSE-02", 3, "remove it"),
        (["--profiling=true", "true"], "PARSE-02", 2, "remove it"),
        (["start"], "PARSE-02", 1, "remove it"),
        (["-"], "PARSE-02", 1, "remove it"),
        (["--", "--v=2"], "PARSE-02", 2, "remove it"),
        (["--etcd-servers"], "PARSE-01", 1, "write --etcd-servers=VALUE"),
        (["-v"], "PARSE-01", 1, "write --v=VALUE"),
        (["-etcd-servers=a"], "PARSE-01", 1, "write --etcd-servers=a"),
        (["-etcd_servers"], "PARSE-01", 1, "write --etcd_servers"),
        (["-x"], "PARSE-01", 1, "write --NAME=VALUE"),
        (["-=x"], "PARSE-01", 1, "write --NAME=VALUE"),
        (["--=x"], "PARSE-01", 1, "write --NAME=VALUE"),
        (["---"], "PARSE-01", 1, "write --NAME=VALUE"),
        (["---v=2"], "PARSE-01", 1, "write --v=2"),
    ],
)
def test_refused(words: list[str], rule: str, line: int, hint: str) -> None:
    _, problems = split(*words)
    assert [(diagnostic.rule, diagnostic.location and diagnostic.location.line) for diagnostic in problems] == [
        (rule, line)
    ]
    assert problems[0].hint.startswith(hint)
    assert problems[0].path == f"args[{line - 1}]"


def test_every_word_after_the_end_of_flags_is_rejected() -> None:
    _, problems = split("--", "a", "", "b")
    assert [diagnostic.rule for diagnostic in problems] == ["PARSE-02", "PARSE-02"]


@pytest.mark.parametrize("name", ["etcd-server", "etcd-serverss", "ETCD-SERVERS", "etcd--servers"])
def test_names_are_not_guessed(name: str) -> None:
    arguments, problems = split(f"--{name}=a")
    assert [(argument.flag, argument.text) for argument in arguments] == [(name, "a")]
    assert type_of(name) is None
    assert problems == []


def test_the_value_of_an_unknown_flag_is_not_rejected() -> None:
    arguments, problems = split("--bogus", "value", "--v=2", "--bogus2", "--v=3", "--bogus3")
    assert [argument.flag for argument in arguments] == ["bogus", "v", "bogus2", "v", "bogus3"]
    assert problems == []


def test_locations() -> None:
    arguments, _ = split("--v=2", "--etcd_servers", "a", "-v3", "--profiling", "--logging-format=")

    def place(at: Location | None) -> tuple[int, int, int] | None:
        return at and (at.line, at.column, at.end_column)

    assert [(place(argument.name_location), place(argument.location), argument.path) for argument in arguments] == [
        ((1, 1, 4), (1, 5, 6), "args[0]"),
        ((2, 1, 15), (3, 1, 2), "args[2]"),
        ((4, 1, 4), (4, 3, 4), "args[3]"),
        ((5, 1, 12), (5, 1, 12), "args[4]"),
        ((6, 1, 17), (6, 18, 18), "args[5]"),
    ]


def test_a_quoted_word_has_one_location() -> None:
    at = Location("f", 1, 1, 3, 5)
    arguments, _ = split_arguments([Word("--etcd-servers=a,b", at)], type_of, {})
    assert arguments[0].location == at
    assert arguments[0].part(0, 1) == at


def test_a_traced_word_has_a_location_for_every_part() -> None:
    def trace(start: int, end: int) -> Location:
        return Location("f", 7, 100 + 2 * start, 7, 100 + 2 * end)

    word = Word("--etcd-servers=a,b", Location("f", 7, 99, 7, 140), "", trace)
    arguments, _ = split_arguments([word], type_of, {})
    assert arguments[0].name_location == Location("f", 7, 100, 7, 128)
    assert arguments[0].location == Location("f", 7, 130, 7, 136)
    assert arguments[0].part(2, 3) == Location("f", 7, 134, 7, 136)


@given(
    st.lists(
        st.sampled_from(["--v", "-v", "-h", "--profiling", "--bogus", "--bogus=x", "--", "-", "", "true", "--=", "-x"])
        | st.text(alphabet="-=v_ax", max_size=6)
    )
)
def test_any_words_are_parsed_or_rejected_at_their_location(texts: list[str]) -> None:
    arguments, problems = split(*texts)
    for argument in arguments:
        assert argument.location is not None
    for diagnostic in problems:
        assert diagnostic.rule in ("PARSE-01", "PARSE-02")
        assert diagnostic.hint
        assert diagnostic.location is not None
    lines = [argument.location.line for argument in arguments if argument.location]
    assert lines == sorted(lines)
    assert len(arguments) + len(problems) <= sum(max(len(text), 1) for text in texts)
