"""The direction of dependencies between the rooms of the package, and what that forbids: import circles."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "compiler"

ROOMS = (
    "bounds",
    "text",
    "filesystem",
    "rules",
    "diagnostics",
    "upstream",
    "inputs",
    "apiserver",
    "review",
    "artifacts",
    "policies",
    "changes",
    "cluster",
    "fleet",
    "cli",
)
"""From the bottom to the top: a module imports from its own room and from those before it."""
APISERVER = (
    "flag_diagnostics",
    "flagset",
    "context",
    "resolved_sections",
    "resolved",
    "resource_config",
    "config_files",
    "options",
    "storage",
    "health",
    "startup",
)
"""The same inside `apiserver`."""
UPSTREAM_MAY_IMPORT = {"upstream", "text", "rules"}
"""Nothing in `upstream` knows about kasc, except for the ids of rules that errors of a grammar carry; `text` makes the
strings in its messages safe to show."""
PUBLIC = "compiler"
"""The public API. Modules of the package import only the version from it."""


@cache
def modules() -> dict[str, Path]:
    """Return every module of the package by its dotted name."""
    names = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        names[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return names


def imports(name: str) -> Iterator[str]:
    """Yield every module of the package that a module imports: at its top, in functions, and for types."""
    for node in ast.walk(ast.parse(modules()[name].read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules())
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{name} has a relative import"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                if full == f"{PUBLIC}.__version__":
                    continue
                if full in modules():
                    yield full
                elif node.module in modules():
                    yield str(node.module)


@cache
def graph() -> dict[str, set[str]]:
    """Return the modules that each module imports."""
    return {name: set(imports(name)) - {name} for name in modules()}


def room_of(name: str) -> str:
    return name.split(".")[1]


def test_rooms_are_complete() -> None:
    assert {room_of(name) for name in modules() if name != PUBLIC} == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_from_rooms_below(room: str) -> None:
    allowed = set(ROOMS[: ROOMS.index(room) + 1])
    wrong = {
        (name, used)
        for name, used_by in graph().items()
        for used in used_by
        if name != PUBLIC and room_of(name) == room and (used == PUBLIC or room_of(used) not in allowed)
    }
    assert wrong == set()


def test_upstream_knows_nothing_of_kasc() -> None:
    wrong = {
        (name, used)
        for name, used_by in graph().items()
        for used in used_by
        if name.startswith("compiler.upstream") and room_of(used) not in UPSTREAM_MAY_IMPORT
    }
    assert wrong == set()


def test_direction_inside_apiserver() -> None:
    order = {f"compiler.apiserver.{part}": number for number, part in enumerate(APISERVER)}
    part_of = {name: ".".join(name.split(".")[:3]) for name in modules() if name.startswith("compiler.apiserver.")}
    assert set(part_of.values()) == set(order)
    wrong = {
        (name, used)
        for name, used_by in graph().items()
        for used in used_by
        if name in part_of and used in part_of and order[part_of[used]] > order[part_of[name]]
    }
    assert wrong == set()


def test_no_import_circles() -> None:
    """Not even through imports inside functions or for types."""
    assert sorted(circles()) == []


def circles() -> Iterator[tuple[str, ...]]:
    """Yield the strongly connected components of more than one module (Tarjan's algorithm)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []

    def visit(name: str) -> Iterator[tuple[str, ...]]:
        index[name] = low[name] = len(index)
        stack.append(name)
        for used in sorted(graph()[name]):
            if used not in index:
                yield from visit(used)
            if used in stack:
                low[name] = min(low[name], low[used])
        if low[name] == index[name]:
            component = stack[stack.index(name) :]
            del stack[stack.index(name) :]
            if len(component) > 1:
                yield tuple(sorted(component))

    for name in sorted(graph()):
        if name not in index:
            yield from visit(name)
