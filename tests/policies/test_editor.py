"""Policies of organisations in an editor: findings while typing, with a link and an action."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.review.examine import Settings
from tests.cli.lsp.editing import opened
from tests.cli.running import SAMPLES
from tests.policies.writing import policy, rule

pytest.importorskip("pygls")

from compiler.cli.lsp.actions import code_actions
from compiler.cli.lsp.diagnostics import by_file
from compiler.cli.lsp.session import DEFAULTS


def test_findings_and_suppressions(tmp_path: Path) -> None:
    own = policy(tmp_path, rule(flags={"properties": {"etcd-prefix": {"const": "/registry"}}}))
    path = tmp_path / "a.yaml"
    text = (SAMPLES / "minimal.yaml").read_text().replace("etcd:\n", "etcd:\n  etcdPrefix: /other\n")
    snapshot = opened(path, text, DEFAULTS._replace(settings=Settings(policies=(own,))))
    (found,) = by_file(snapshot)[str(path)]
    assert (found.code, found.range.start.line) == ("ACME-A-1", 7)
    assert found.code_description is not None
    assert found.code_description.href.endswith("docs/policy.md#your-own-policies")
    titles = [action.title for action in code_actions(snapshot, found.range, ["quickfix"])]
    assert any("ACME-A-1" in title for title in titles)
