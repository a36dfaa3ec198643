"""Figures of agreement, printed at the end of the run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

RecordFigure = Callable[[str], None]
_figures = pytest.StashKey[list[str]]()


@pytest.fixture
def record_figure(pytestconfig: pytest.Config) -> RecordFigure:
    """Takes a line for the end of the run."""
    return pytestconfig.stash.setdefault(_figures, []).append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print what was recorded."""
    figures = config.stash.get(_figures, [])
    if figures:
        terminalreporter.section("agreement with recorded servers")
        for line in figures:
            terminalreporter.write_line(line)
