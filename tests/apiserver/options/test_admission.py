from __future__ import annotations

import pytest

from tests.apiserver.options.running import config, rules, server
from tests.recordings import facts
from tests.versions import RECORDED_VERSIONS


@pytest.mark.parametrize(
    ("flags", "broken"),
    [
        (("--enable-admission-plugins=Nope",), {"ADM-01"}),
        (("--enable-admission-plugins=NodeRestriction, PodNodeSelector",), {"ADM-01"}),
        (("--disable-admission-plugins=nodeRestriction",), {"ADM-02"}),
        (("--enable-admission-plugins=Priority", "--disable-admission-plugins=Priority"), {"ADM-03"}),
        (("--admission-control=Nope",), {"ADM-04"}),
        (("--admission-control=", "--disable-admission-plugins="), {"ADM-05"}),
    ],
)
def test_refused(flags: tuple[str, ...], broken: set[str]) -> None:
    assert rules(*flags) == broken


@pytest.mark.parametrize("version", RECORDED_VERSIONS)
def test_default_chain_is_the_recorded_one(version: str) -> None:
    recorded = facts(version)["admissionPlugins"]
    chain = [name for name in recorded["ordered"] if name not in recorded["defaultOff"]]
    assert config(version=version)["admission.plugins"] == chain


def test_order_of_the_flags_does_not_count() -> None:
    chain = config("--enable-admission-plugins=AlwaysDeny,NodeRestriction", "--disable-admission-plugins=ResourceQuota")
    plugins = chain["admission.plugins"]
    assert isinstance(plugins, list)
    assert plugins.index("NodeRestriction") < plugins.index("AlwaysDeny")
    assert "ResourceQuota" not in plugins


def test_deprecated_flag_enables_exactly_its_list() -> None:
    values = config("--admission-control=ServiceAccount,NamespaceLifecycle")
    assert values["admission.plugins"] == ["NamespaceLifecycle", "ServiceAccount"]


def test_plugin_that_left_says_when() -> None:
    _, report = server("--enable-admission-plugins=PodSecurityPolicy")
    (found,) = report.of("error")
    assert "1.25" in found.message
    assert "PodSecurity" in found.hint
