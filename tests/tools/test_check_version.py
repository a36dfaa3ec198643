"""The checker names what is undecided for a version."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from compiler.upstream.catalog import catalog
from compiler.upstream.catalog.facts import versions
from tests.recordings import RECORDINGS, ROOT
from tests.versions import RECORDED_VERSIONS, VERSIONS
from tools.check_version import homes
from tools.check_version.__main__ import main


@pytest.mark.parametrize("version", RECORDED_VERSIONS)
def test_nothing_is_undecided_for_recorded_versions(version: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([version]) == 0
    assert capsys.readouterr().out == f"{version}: nothing is undecided\n"


def test_recordings_and_decisions_are_missing_for_versions_from_source() -> None:
    for version in set(VERSIONS) - set(RECORDED_VERSIONS):
        found = list(homes.undecided(version))
        assert f"recordings: no facts/v{version}.json; run python -m tools.record" in found
        assert {line.partition(":")[0] for line in found} <= {"recordings", *homes.DECIDED}


def test_an_unknown_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["1.99"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2] == "catalog: the version is not in the data; run python -m tools.generate.catalog"
    assert lines[-1] == f"1.99: {len(lines) - 1} undecided"


def test_a_version_that_was_only_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The recordings of the newest server under the next number: everything made by hand is undecided."""
    newest, following = RECORDED_VERSIONS[-1], f"1.{int(RECORDED_VERSIONS[-1][2:]) + 1}"
    recordings = tmp_path / "recordings"
    for folder in ("facts", "runs", "metrics", "verdicts"):
        (recordings / folder).mkdir(parents=True)
        for path in (RECORDINGS / folder).iterdir():
            if "from-source" not in path.name:
                shutil.copy(path, recordings / folder)
            if f"v{newest}" in path.name:
                shutil.copy(path, recordings / folder / path.name.replace(newest, following))
    facts = recordings / f"facts/v{following}.json"
    facts.write_text(facts.read_text().replace(f'"kubernetesMinor":"{newest}"', f'"kubernetesMinor":"{following}"'))
    run = recordings / f"runs/v{following}-default.json"
    run.write_text(run.read_text().replace('"poststarthook/rbac/bootstrap-roles"', '"poststarthook/new"'))
    (recordings / f"runs/v{following}-objects.json").unlink()
    monkeypatch.setattr(homes, "RECORDINGS", recordings)
    (tmp_path / "none.yaml").write_text("{}")
    monkeypatch.setattr(homes, "DECISIONS", tmp_path / "none.yaml")
    monkeypatch.setattr(homes, "ROOT", tmp_path)
    (tmp_path / "docs").mkdir()
    for name in homes.RANGES:
        (tmp_path / name).write_text("Kubernetes 1.20 to 1.21")
    found = list(homes.undecided(following))
    assert {line.partition(":")[0] for line in found} >= {
        *("recordings", "catalog", "health", "schemas", "documents", "provisionalFacts", *homes.DECIDED)
    }
    assert f"recordings: no runs/v{following}-objects.json; run python -m tools.record" in found
    assert "health: the recorded check poststarthook/new is not in health.json" in found
    assert "catalog: flags.json is out of date; run python -m tools.generate.catalog" in found


def test_what_is_new_needs_a_description(monkeypatch: pytest.MonkeyPatch) -> None:
    known = catalog(VERSIONS[-1])
    told = yaml.safe_load((homes.DATA / "descriptions.yaml").read_text())
    told["options"].pop("etcd-servers")
    told["plugins"].pop("NodeRestriction")
    monkeypatch.setattr(homes.yaml, "safe_load", lambda text: told)
    assert list(homes.descriptions(known)) == [
        "descriptions: no entry for the flag etcd-servers in descriptions.yaml",
        "descriptions: no entry for the admission plugin NodeRestriction in descriptions.yaml",
    ]


def test_what_left_needs_an_entry_in_the_history(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(homes, "removed", lambda kind, name: None)
    first, second = versions()[:2]
    found = list(homes.removals(catalog(second), second))
    assert found
    assert all(re.search(f" is in {first} but not in {second}; ", line) for line in found)


def test_rows_that_end_with_a_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([VERSIONS[0], "--drop"]) == 0
    places = capsys.readouterr().out.splitlines()
    assert places
    for place in places:
        name, _, line = place.rpartition(":")
        assert VERSIONS[0] in (ROOT / name).read_text().splitlines()[int(line) - 1]
    assert not [place for place in places if Path(place.rpartition(":")[0]).name in ("flags.json", "pods.json")]


def test_every_home_is_in_the_document() -> None:
    text = (ROOT / "docs/adding-a-version.md").read_text()
    assert [home for home in homes.DECIDED if f"| `{home}` |" not in text] == []
    places = re.findall(r"`((?:compiler|tests|tools|docs)/[\w./]+)`", text)
    assert [place for place in places if "v1.3" not in place and not (ROOT / place).exists()] == []


def test_decisions_are_about_known_homes_and_versions() -> None:
    decided = yaml.safe_load(homes.DECISIONS.read_text())
    assert list(decided) == VERSIONS
    assert [home for each in decided.values() for home in each if home not in homes.DECIDED] == []
    assert json.dumps(decided)
