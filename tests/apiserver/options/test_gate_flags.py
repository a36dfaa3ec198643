"""What the feature-gates flag holds; the verdicts about components were confirmed with a server."""

from __future__ import annotations

import pytest

from tests.apiserver.options.running import rules, server


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("foo:", "FG-08"),
        ("foo:AllAlpha=false", "FG-08"),
        (":,kube:AllAlpha=false", "FG-07"),
        ("kube:,AllAlpha=false", "FG-07"),
        ("AllAlpha", "FG-05"),
        ("AllAlpha=", "FG-06"),
        ("AllAlpha=yes", "FG-06"),
    ],
)
def test_refused(text: str, rule: str) -> None:
    assert rules(f"--feature-gates={text}") == {rule}


@pytest.mark.parametrize("text", ["", ",", " ,AllAlpha=false", ",kube:AllAlpha=false,", ":AllAlpha = false"])
def test_accepted(text: str) -> None:
    assert rules(f"--feature-gates={text}") == set()


def test_an_empty_part_moves_no_place() -> None:
    _, report = server("--feature-gates=AllAlpha=false,,AllBeta=x,AllAlpha=false")
    (found,) = report.of("error")
    assert found.location is not None
    assert "--feature-gates=AllAlpha=false,,AllBeta=x"[found.location.column - 1 : found.location.end_column - 1] == (
        "AllBeta=x"
    )


def test_patterns_of_several_uses_add_up() -> None:
    assert rules("--vmodule=a=1", "--vmodule=", "--logging-format=json") == {"LOG-03"}
