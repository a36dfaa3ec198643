from __future__ import annotations

import subprocess
import sys

import pytest

from compiler.upstream.cel.env import declarations_of
from compiler.upstream.cel.types import read_type
from tests.versions import MINORS


@pytest.mark.parametrize("minor", MINORS)
def test_every_function_is_parsed(minor: int) -> None:
    declarations = declarations_of(minor)
    for name in declarations.names():
        for overload in declarations.function(name) or []:
            assert len(set(overload.open_types)) == len(overload.open_types)
            assert str(overload)


@pytest.mark.parametrize("minor", MINORS)
def test_one_accumulator_and_unique_overloads(minor: int) -> None:
    declarations = declarations_of(minor)
    assert declarations.settings["accumulator"] in ("__result__", "@result")
    for name in declarations.names():
        overloads = declarations.function(name) or []
        assert len({(overload.method, overload.arguments) for overload in overloads}) == len(overloads)


@pytest.mark.parametrize(
    ("library", "function", "since"),
    [
        ("semver", "semver", 33),
        ("lists", "lists.range", 34),
        ("lists", "sort", 34),
        ("optional", "unwrapOpt", 33),
        ("ip", "isIP", 31),
        ("sets", "sets.contains", 31),
    ],
)
def test_libraries_are_added_in_their_version(library: str, function: str, since: int) -> None:
    known = [minor for minor in MINORS if declarations_of(minor).function(function) is not None]
    assert known == [minor for minor in MINORS if minor >= since], library


def test_two_variable_macros_are_added_in_their_version() -> None:
    known = [minor for minor in MINORS if ("transformMap", 3) in declarations_of(minor).macros]
    assert known == [minor for minor in MINORS if minor >= 32]


@pytest.mark.parametrize("text", ["int", "list(A)", "map(string,list(optional_type(V)))", "wrapper(bool)", "net.IP"])
def test_types_round_trip(text: str) -> None:
    assert str(read_type(text)).replace(" ", "") == text
    assert read_type(text) is read_type(text)


def test_cel_is_loaded_lazily() -> None:
    code = "import sys, compiler.cli.main, compiler.review.examine; print([n for n in sys.modules if '.cel' in n])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
