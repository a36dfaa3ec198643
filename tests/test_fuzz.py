"""A short run of the fuzzer with a fixed seed: every campaign works, and nothing fails."""

from __future__ import annotations

from random import Random

import pytest

from compiler.cluster.etcd import configure_libraries
from tools.fuzz.campaigns import Campaign
from tools.fuzz.engine import Engine
from tools.fuzz.mutating import mutated
from tools.fuzz.targets import Targets

configure_libraries()
pytest.importorskip("etcd3")

EXECUTIONS = 1000
SEED = 1


@pytest.fixture(scope="module")
def targets(tmp_path_factory: pytest.TempPathFactory) -> Targets:
    return Targets(tmp_path_factory.mktemp("fuzz"))


def test_nothing_fails(targets: Targets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    shares = sum(campaign.share for campaign in targets.campaigns)
    for campaign in targets.campaigns:
        engine = Engine(campaign, SEED)
        engine.run(max(10, round(EXECUTIONS * campaign.share / shares)))
        assert not engine.failures, "\n".join(trace for _, trace in engine.failures.values())
        assert engine.corpus, f"{campaign.name} shows nothing"


def test_what_fails_is_noticed() -> None:
    """Errors by the place where they are raised, work without end, and the input that shows them."""

    def run(data: bytes, random: Random) -> frozenset[str]:
        if data.startswith(b"["):
            raise ValueError
        while data.startswith(b"{"):
            pass
        return frozenset((str(len(data)),))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tools.fuzz.engine.MAX_SECONDS", 0.05)
        engine = Engine(Campaign("x", 1, lambda: [b"[", b"{", b"", b"a", b"[]"], run), 0)
        engine.run(10)
    assert sorted(kind.partition(" ")[0] for kind in engine.failures) == ["ValueError", "slow"]
    assert {data[:1] for data, _ in engine.failures.values()} == {b"[", b"{"}


def test_the_same_seed_makes_the_same_inputs() -> None:
    made = [
        [mutated(b'{"a": [1, "b"]}\nc: d\n', random, b"other: x") for _ in range(200)]
        for random in map(Random, (7, 7, 8))
    ]
    assert made[0] == made[1] != made[2]
    assert len(set(made[0])) > 100
