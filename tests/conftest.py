"""What holds for all tests: none of them is timed, for a machine may be busy, and in CI none is skipped silently."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "kasc",
    deadline=None,
    # The first two judge how large the examples of this run happened to be, not the code. The fixtures of one function
    # are directories and loaded data, which its examples may share.
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
    # Whether a change passes CI depends on the change alone; everybody else tries new examples.
    derandomize=bool(os.environ.get("CI")),
)
settings.load_profile("kasc")

EXCUSED = (
    "root can read every file",  # CI may run as root, a maintainer does not: one of these two is always skipped
    "only root makes devices",
    "no devices here",  # a container without the capability
    "no /dev/full here",  # macOS
    "no /proc here",
    "the bound is the same and the parser slow",  # by design
    "no haproxy here",  # these two packages start a server on the machine that installs them
    "no nginx here",
    "this nginx has no module stream",
)
"""The reasons for which a test may be skipped with --require-recordings."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --require-recordings."""
    parser.addoption(
        "--require-recordings",
        action="store_true",
        help="fail each test that would be skipped because a recording, program or package is missing",
    )


def pytest_configure(config: pytest.Config) -> None:
    """List the skips that are left."""
    if config.getoption("--require-recordings") and "s" not in config.option.reportchars:
        config.option.reportchars += "s"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Judge the skip of a test."""
    report = yield
    _fail_if_skipped(report, item.config)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Judge the skip of a whole module."""
    report = yield
    _fail_if_skipped(report, collector.config)
    return report


def _fail_if_skipped(report: pytest.TestReport | pytest.CollectReport, config: pytest.Config) -> None:
    if not report.skipped or hasattr(report, "wasxfail") or not config.getoption("--require-recordings"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    reason = reason.removeprefix("Skipped: ")
    if reason not in EXCUSED:
        report.outcome = "failed"
        report.longrepr = f"skipped with --require-recordings: {reason}"


@pytest.fixture(autouse=True, scope="session")
def _no_cache_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What tests run keeps what it finds out where it disturbs nobody."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield
