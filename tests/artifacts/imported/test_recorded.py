"""Every recorded input is imported to a document that is the same server: same flags, same outcome, same rules."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from compiler.inputs import Host
from compiler.review.examine import Settings
from tests.artifacts.compiling import ROOT, SAMPLES
from tests.artifacts.imported.importing import FORMS, difference
from tests.inputs.dialects import address_of, given, pairs, real_flags, version_of
from tests.recordings import names, rows
from tests.truth.recorded import write_pod
from tools.record.scratch import expand, over, write_keys


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("keys")
    write_keys(directory)
    return directory


@pytest.mark.parametrize("name", names("verdicts"))
def test_verdicts(name: str, keys: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The recorded command lines, as a Pod with its files or as a list of arguments, in turn as YAML and TOML."""
    head, *cases = rows("verdicts", f"{name}.jsonl")
    wrong = []
    for number, case in enumerate(cases):
        directory = tmp_path / case["id"]
        shutil.copytree(keys, directory)
        flags = over(head["baseline"], case["flags"], case.get("drop", []))
        version = head["kubernetesMinor"]
        if case.get("files") or number % 3 == 0:
            path = write_pod(directory, version, flags, case.get("files", {}))
            settings = Settings("pod", version, Host("192.0.2.2", "/"))
        else:
            path = directory / "kube-apiserver.args"
            values = {"T": str(directory), "E": "23790"}
            path.write_text("".join(f"{expand(flag, values)}\n" for flag in flags))
            settings = Settings("argv", version)
        if problem := difference(capsys, path, settings, FORMS[number % 2]):
            wrong.append((case["id"], problem))
    assert wrong == []


PAIRS = [name for name in names("dialects") if name != "systemd-grammar"]


@pytest.mark.parametrize("name", PAIRS)
def test_flags_of_distributions(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command lines that distributions pass to their servers."""
    wrong = []
    for number, pair in enumerate(pairs(name)):
        arguments = tmp_path / "real.args"
        flags = real_flags(pair)
        if flags is None or not version_of(pair).startswith("1."):
            continue
        arguments.write_text("".join(f"{flag}\n" for flag in flags))
        settings = Settings("argv", version_of(pair), Host(address_of(pair)))
        if problem := difference(capsys, arguments, settings, FORMS[number % 2]):
            wrong.append((pair["id"], problem))
    assert wrong == []


@pytest.mark.parametrize("name", PAIRS)
def test_configurations_of_distributions(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The files of the distributions themselves."""
    wrong = []
    for number, pair in enumerate(pairs(name)):
        path, settings = given(pair, tmp_path / pair["id"])
        form = FORMS[number % 2]
        if problem := difference(capsys, path, settings, form, tmp_path / f"imported.{form}"):
            wrong.append((pair["id"], problem))
    assert wrong == []


OF_DISTRIBUTIONS = [
    path
    for path in sorted((ROOT / "samples/dialects").rglob("*"))
    if path.is_file() and not path.parent.name.endswith(".d")
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "sample", [*SAMPLES, *OF_DISTRIBUTIONS], ids=lambda path: str(path.relative_to(ROOT / "samples"))
)
def test_samples(sample: Path, form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert difference(capsys, sample, Settings(), form, tmp_path / f"imported.{form}") == ""
