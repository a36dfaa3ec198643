from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from compiler.cli.check import Checker
from compiler.fleet import Work
from compiler.fleet.compiling import DocumentCompiler, OutputSettings
from compiler.fleet.workers import WorkerDiedError, in_order
from compiler.review.examine import Settings
from tests.cli.running import ROOT, command, environment, kasc, process
from tests.fleet import clusters

needs_proc = pytest.mark.skipif(not os.path.exists("/proc/self"), reason="no /proc here")


def each(work: Callable[[str], Any]) -> Work:
    return lambda items: map(work, items)


@pytest.mark.parametrize("jobs", [1, 2, 3, 7])
@pytest.mark.parametrize("number", [0, 1, 8, 9, 17, 100])
def test_results_come_in_order_whoever_is_done_first(jobs: int, number: int) -> None:
    def work(item: str) -> tuple[str, int]:
        time.sleep(0.001 if int(item) % 8 == 0 else 0)
        return item, os.getpid()

    items = [str(index) for index in range(number)]
    done = list(in_order(each(work), items, jobs))
    assert [item for item, _ in done] == items
    # The first is done here, the others by other processes, which are handed eight items at a time.
    assert len({process for _, process in done[1:]}) <= min(jobs, -(-max(number - 1, 0) // 8))
    assert jobs == 1 or number < 9 or os.getpid() not in {process for _, process in done[1:]}


def test_results_are_not_piled_up(tmp_path: Path) -> None:
    """A worker waits for its reader: with nothing read, only so many items are done."""

    def work(item: str) -> bytes:
        (tmp_path / item).touch()
        return b"x" * 200_000

    results = in_order(each(work), [str(index) for index in range(200)], 2)
    next(results)
    next(results)
    time.sleep(0.3)
    assert len(list(tmp_path.iterdir())) < 60
    assert len(list(results)) == 198


def test_a_reader_that_goes_away_ends_the_workers(tmp_path: Path) -> None:
    def work(item: str) -> int:
        return os.getpid()

    results: Iterator[int] = in_order(each(work), [str(index) for index in range(1000)], 2)
    next(results)
    worker = next(results)
    results.close()  # type: ignore[attr-defined]
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)


@pytest.mark.parametrize(("end", "how"), [(signal.SIGKILL, "was killed by SIGKILL"), (0, "exited with code 9")])
def test_a_worker_that_dies_is_named_with_its_place(end: int, how: str) -> None:
    parent = os.getpid()

    def work(item: str) -> str:
        if item == "item-50" and os.getpid() != parent:
            if end:
                os.kill(os.getpid(), end)
            os._exit(9)
        return item

    with pytest.raises(WorkerDiedError, match=f"a worker process {how} while working on one of item-49 to item-56;"):
        list(in_order(each(work), [f"item-{index}" for index in range(100)], 2))


def test_an_error_of_the_work_is_raised() -> None:
    def work(item: str) -> str:
        if item == "50":
            raise ValueError(f"item {item}")
        return item

    results = in_order(each(work), [str(index) for index in range(100)], 2)
    with pytest.raises(ValueError, match="item 50"):
        list(results)


@pytest.mark.parametrize("error", [ImportError, NotImplementedError, PermissionError])
def test_a_system_without_semaphores_has_one_process(error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise error("no semaphores")

    monkeypatch.setattr("multiprocessing.context.BaseContext.Value", fail)
    items = [str(index) for index in range(100)]
    assert list(in_order(each(lambda item: (item, os.getpid())), items, 2)) == [(item, os.getpid()) for item in items]


class Squares:
    """Work that can be sent to a process that does not inherit it."""

    def __call__(self, items: Sequence[str]) -> list[int]:
        return [int(item) ** 2 for item in items]


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_every_way_of_starting_a_process(method: str) -> None:
    items = [str(index) for index in range(100)]
    assert list(in_order(Squares(), items, 2, method)) == [index**2 for index in range(100)]


@pytest.mark.parametrize("command", ["check", "compile"])
def test_the_work_of_commands_can_be_sent_to_a_process(command: str, tmp_path: Path) -> None:
    fleet = clusters.make(tmp_path / "fleet", 20)
    paths = [str(path) for path in sorted(fleet.glob("some/c-*"))]
    settings = Settings(root=str(fleet))
    work: Work = Checker(settings, None)
    if command == "compile":
        work = DocumentCompiler(OutputSettings(("flags",), str(tmp_path / "out"), is_batch=True), settings)
    assert len(list(in_order(work, paths, 2, "spawn"))) == len(paths)
    assert len(list(tmp_path.glob("out/c-*"))) == (len(paths) if command == "compile" else 0)


def test_the_report_does_not_depend_on_the_number_of_processes(tmp_path: Path) -> None:
    """Errors, warnings, notes and summary are the same to the byte, on either output."""
    fleet = clusters.make(tmp_path / "fleet", 40)
    for index in (3, 17, 18, 39):
        path = fleet / f"some/c-{index:03}.yaml"
        path.write_text(path.read_text() + "generic: {goawayChance: 1}\n")
    for form in ("text", "json", "sarif", "junit", "github"):
        seen = set()
        for jobs in ("1", "2", "5"):
            shutil.rmtree(tmp_path / "out", ignore_errors=True)
            ran = process("compile", "fleet", "-o", "out", "--no-cache", "--output", form, "--jobs", jobs, cwd=tmp_path)
            assert ran.returncode == 1
            assert len(list((tmp_path / "out").glob("c-*"))) == 36
            checked = process("check", "fleet", "--output", form, "--jobs", jobs, cwd=tmp_path)
            assert checked.returncode == 1
            seen.add((ran.stdout, ran.stderr, checked.stdout, checked.stderr))
        assert len(seen) == 1


def test_two_documents_of_one_name_give_the_first_whatever_the_processes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet = clusters.make(tmp_path / "fleet", 40)
    second = fleet / "some/c-030.yaml"
    second.write_text(clusters.document("c-005").replace("https://c-005", "https://other"))
    for jobs in (1, 2, 3):
        ran = kasc(capsys, "compile", fleet, "-o", tmp_path / str(jobs), "--jobs", jobs)
        assert ran.code == 2
        assert f"c-005.yaml and {second} both compile to" in ran.err
        assert "https://c-005" in (tmp_path / str(jobs) / "c-005/kube-apiserver.flags").read_text()


@pytest.mark.parametrize("jobs", ["0", "-1"])
def test_wrong_numbers_of_processes(jobs: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fleet = clusters.make(tmp_path / "fleet", 2)
    ran = kasc(capsys, "compile", fleet, f"--jobs={jobs}", "-o", tmp_path / "out")
    assert ran.code == 2
    assert f"--jobs {jobs}: must be at least 1" in ran.err


@needs_proc
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_ended_in_the_middle_leaves_whole_folders_and_no_process(
    end: signal.Signals, tmp_path: Path
) -> None:
    fleet = clusters.make(tmp_path / "fleet", 3000)
    out = tmp_path / "out"
    with subprocess.Popen(
        command("compile", fleet, "-o", out, "--jobs", "2"),
        env=environment(),
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as running:
        # The first process writes the first; an interrupt is to come when the others are at work.
        wait_for_directories(2, out, running)
        # A terminal sends an interrupt to the whole group.
        (os.killpg if end == signal.SIGINT else os.kill)(running.pid, end)
        told = running.communicate(timeout=60)[1]
    if end == signal.SIGINT:
        assert running.returncode == 130
        assert told.endswith(b"kasc: interrupted\n")
        assert b"Traceback" not in told
        assert not list(out.glob(".*.tmp"))
    for _ in range(200):
        if not _group(running.pid):
            break
        time.sleep(0.05)
    assert not _group(running.pid)
    done = list(out.glob("c-*"))
    assert 0 < len(done) < 3000
    names = {"kube-apiserver.flags", "storage-factory.yaml", "health-checks.yaml", "kube-apiserver.yaml"}
    assert all(set(os.listdir(folder)) == names | {"resolved.yaml"} for folder in done)
    assert all(len(text) > 100 for text in clusters.tree(out).values())


@needs_proc
def test_a_killed_worker_ends_the_run_with_its_place(tmp_path: Path) -> None:
    """As the system does that is out of memory."""
    fleet = clusters.make(tmp_path / "fleet", 3000)
    out = tmp_path / "out"
    with subprocess.Popen(
        command("compile", fleet, "-o", out, "--jobs", "2", "--no-cache"),
        env=environment(),
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as running:
        wait_for_directories(3, out, running)
        worker = next(process for process in _group(running.pid) if int(process) != running.pid)
        os.kill(int(worker), signal.SIGKILL)
        told = running.communicate(timeout=60)[1].decode()
    assert running.returncode == 2
    assert "kasc: a worker process was killed by SIGKILL while working on one of " in told
    assert "Traceback" not in told
    assert not _group(running.pid)


def wait_for_directories(number: int, out: Path, running: subprocess.Popen[bytes]) -> None:
    """Wait until a run has written some directories; fail if it ends before."""
    while len(list(out.glob("c-*"))) < number:
        assert running.poll() is None
        time.sleep(0.01)


def _group(number: int) -> list[str]:
    """The processes of a group that still run."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, group = path.read_text().rpartition(") ")[2].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if group == str(number) and state != "Z":
            found.append(path.parent.name)
    return found


@pytest.mark.imports
def test_a_single_input_loads_nothing_of_this(tmp_path: Path) -> None:
    code = (
        "import sys; from compiler.cli.main import main;"
        f"main(['compile', '{ROOT}/samples/apiserver.yaml', '-o', '{tmp_path}/out', '--quiet']);"
        "heavy = {'compiler.fleet.workers', 'compiler.fleet.selection', 'compiler.fleet.cache',"
        " 'compiler.fleet.outputs', 'hashlib', 'multiprocessing', 'pickle', 'subprocess', 'signal'};"
        "sys.exit(', '.join(heavy & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=False)
    assert ran.stderr.strip() == ""
