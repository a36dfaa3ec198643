"""Every rule is reported somewhere, and everything that is reported is a rule."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

from compiler import rules
from compiler.rules import by_code, by_id

PACKAGE = Path(rules.__file__).parents[1]
LOOKING = {"review/apart.py", "apiserver/options/open_arguments.py"}
"""Modules that list rules and report none of them."""
DATA = PACKAGE / "upstream/catalog/data/behaviours.json"
POLICIES = PACKAGE / "review/policies/data"
"""Rules that differ between versions only in the gates that they are about."""


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if not name.startswith("rules/"):
            yield name, ast.parse(path.read_text(encoding="utf-8"))


def is_constant(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "rules"


def constants(tree: ast.Module) -> Iterator[str]:
    """The names of the rules that a module passes on; one whose code is looked at is not passed on."""
    looked_at = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_constant(node) and node.attr.isupper() and id(node) not in looked_at:
            yield node.attr


def test_every_rule_is_reported() -> None:
    named = {name for module, tree in modules() if module not in LOOKING for name in constants(tree)}
    data = set(re.findall(r'"([A-Z]+-[0-9]+)"', json.dumps(json.loads(DATA.read_text(encoding="utf-8")))))
    reported = {getattr(rules, name).id for name in named} | (data & set(by_id()))
    for path in POLICIES.glob("*.json"):
        controls = json.loads(path.read_text(encoding="utf-8"))["controls"]
        reported |= {by_code()[control["code"]].id for control in controls}
    assert set(by_id()) - reported == set()


def test_rules_are_named_by_their_constants() -> None:
    """An id or a code in a string would escape the type checker; in the middle of a text it is a text."""
    known = {*by_id(), *by_code()}
    for module, tree in modules():
        texts = {
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        assert not texts & known, module


def test_diagnostics_are_only_made_of_rules() -> None:
    """The cache of a fleet reads back what `diagnose` made."""
    making = {
        module
        for module, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Diagnostic"
    }
    assert making == {"diagnostics.py", "fleet/cache.py"}


def test_constants_are_rules() -> None:
    assert all(hasattr(rules, name) for _, tree in modules() for name in constants(tree))
    assert all(
        Path(rules.__file__).with_name("data").joinpath(f"{rule.family}.yaml").exists() for rule in by_id().values()
    )
