"""Words: quotes and escape sequences, in both directions."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from compiler.diagnostics import Location
from compiler.inputs.source.node import Source
from compiler.inputs.systemd import NEWEST, differences
from compiler.inputs.systemd.expansion import Environment, Expansion, Specifiers
from compiler.inputs.systemd.findings import Findings
from compiler.inputs.systemd.service import Service
from compiler.inputs.systemd.unit_file import parse_unit
from compiler.inputs.systemd.words import COMMAND, Grammar, extract_leniently, quote, quote_assignment, split

CHARACTERS = st.characters(exclude_characters="\0", exclude_categories=("Cs",))
ARGUMENTS = st.lists(st.text(CHARACTERS | st.sampled_from("$%{}\"'\\ \t\n\r;#-=@\x85\u2028"), max_size=12), max_size=5)


def service(text: str, version: int = NEWEST) -> Service:
    findings = Findings()
    result = Service(Specifiers("kube-apiserver.service", differences(version)), findings)
    for assignment in parse_unit(Source("unit", text), findings):
        result.apply(assignment)
    assert not findings
    return result


@given(ARGUMENTS, st.sampled_from((219, 252, NEWEST)))
@example(["#", ";", "\\;", "", "$A", "${A}", "$$", "%n", "-", "[x]", "\\"], 252)
def test_quoted_arguments_are_passed_unchanged(arguments: list[str], version: int) -> None:
    lines = "".join(f" \\\n  {quote(argument)}" for argument in arguments)
    (command,) = service(f"[Service]\nExecStart=/usr/bin/kube-apiserver{lines}\nRestart=no\n", version).commands
    environment = Environment({"A": None}, is_open=True)
    words = Expansion(environment, Findings()).words(command.words)
    assert [word.text for word in words] == arguments
    assert not any(word.unknown for word in words)


@given(
    st.dictionaries(st.from_regex("[A-Z][A-Z0-9_]{0,4}", fullmatch=True), st.text(CHARACTERS, max_size=12), max_size=4)
)
def test_quoted_assignments_set_the_environment(variables: dict[str, str]) -> None:
    words = " ".join(quote_assignment(f"{name}={value}") for name, value in variables.items())
    values = service(f"[Service]\nEnvironment={words}\nExecStart=/bin/x\n").environment.values
    assert {name: value.text for name, value in values.items()} == variables


def test_quoting_is_used_only_where_it_is_needed() -> None:
    assert quote("--feature-gates=A=true,B=false") == "--feature-gates=A=true,B=false"
    assert quote("--a={x}") == "--a={x}"
    assert quote("--a=x y") == '"--a=x y"'
    assert quote("50%$") == "50%%$$"
    with pytest.raises(ValueError, match="NUL"):
        quote("a\0")


def line(start: int, end: int) -> Location:
    return Location("unit", 1, 1 + start, 1, 1 + end)


def test_each_part_of_a_word_has_its_place() -> None:
    extracted = extract_leniently(r'  --a="b\x41 c"d --e', 0, line)
    assert extracted is not None
    word = extracted.word
    assert word.text == "--a=bA cd"
    assert word.location == line(2, 16)
    assert word.part(0, 3) == line(2, 5)
    assert word.part(4, 5) == line(7, 8)
    assert word.part(5, 6) == line(8, 12)
    assert word.part(6, 9) == line(12, 16)


def test_words_of_the_whole_text() -> None:
    assert [word.text for word in split("a 'b c' d\\ne", line, COMMAND)] == ["a", "b c", "d\ne"]


def test_bytes_that_are_not_utf8_are_replaced() -> None:
    assert [word.text for word in split(r"\xff\xc3\xa9 \ud800", line, COMMAND)] == ["\ufffdé", "\ufffd"]


def test_old_versions_keep_quotes_inside_a_word() -> None:
    old = Grammar(quotes_inside=False)
    assert [word.text for word in split("--a='b' 'c d'", line, old)] == ["--a='b'", "c d"]
