"""The order of steps between two configurations: readers first, then the writer, then the values, then the end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import kasc
from tests.cluster.live.etcd_server import EtcdServer
from tests.cluster.verify.test_verify import document, encryption, protobuf


def steps(
    capsys: pytest.CaptureFixture[str], folder: Path, old: dict[str, Any], new: dict[str, Any], *more: Any
) -> list[dict[str, Any]]:
    """The plan from one configuration to another; each is given as the groups of a document and its version."""
    paths = []
    for name, groups in (("old", old), ("new", new)):
        (folder / name).mkdir()
        paths.append(document(folder / name, **groups))
    ran = kasc(capsys, "verify", paths[1], "--plan-migration", paths[0], "--output", "json", *more)
    assert ran.code == 0, ran
    plan: list[dict[str, Any]] = json.loads(ran.out)["plan"]
    return plan


def actions(plan: list[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    return [(step["action"], step["resources"]) for step in plan]


def test_a_new_provider_reads_before_it_writes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    plan = steps(capsys, tmp_path, {}, {"etcd": encryption("key1")})
    assert actions(plan) == [("add-reader", ["secrets"]), ("make-writer", ["secrets"]), ("rewrite", ["secrets"])]
    assert "aescbc:v1:key1" in plan[0]["what"]


def test_a_rotated_key_is_dropped_last(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    plan = steps(capsys, tmp_path, {"etcd": encryption("old")}, {"etcd": encryption("new")})
    assert [action for action, _ in actions(plan)] == ["add-reader", "make-writer", "rewrite", "drop-reader"]
    assert "aescbc:v1:old" in plan[-1]["what"]


def test_a_key_that_can_be_read_already_only_has_to_write(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    plan = steps(capsys, tmp_path, {"etcd": encryption("old", "new")}, {"etcd": encryption("new", "old")})
    assert [action for action, _ in actions(plan)] == ["make-writer", "rewrite"]


def test_decryption_ends_with_plain_values(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    plan = steps(capsys, tmp_path, {"etcd": encryption("key1")}, {})
    assert [action for action, _ in actions(plan)] == ["make-writer", "rewrite", "drop-reader"]
    assert "stored unencrypted" in plan[1]["what"]


def test_an_override_moves_its_resource_alone(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    override = [{"resource": "/secrets", "servers": ["https://10.0.0.9:2379"]}]
    plan = steps(capsys, tmp_path, {}, {"etcd": {"etcdServersOverrides": override}})
    assert actions(plan) == [("move", ["secrets"])]
    override[0]["resource"] = "/events"
    for name in ("old", "new"):
        (tmp_path / name / "apiserver.yaml").unlink()
        (tmp_path / name).rmdir()
    (step,) = steps(capsys, tmp_path, {}, {"etcd": {"etcdServersOverrides": override}})
    assert "expire automatically" in step["what"]


def test_other_servers_move_everything_in_one_step(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    plan = steps(capsys, tmp_path, {}, {"etcd": {"etcdServers": ["https://10.0.0.9:2379"]}})
    assert len(plan) == 1
    assert "copy /registry at http://127.0.0.1:2379 to /registry at https://10.0.0.9:2379" in plan[0]["what"]
    assert plan[0]["what"].endswith("if the servers are the same etcd under other names, there is nothing to copy")


def test_another_prefix_is_copied_in_any_case(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (step,) = steps(capsys, tmp_path, {}, {"etcd": {"etcdPrefix": "/other"}})
    assert (step["action"], step["phase"]) == ("move", 1)
    assert "copy /registry at http://127.0.0.1:2379 to /other at http://127.0.0.1:2379" in step["what"]
    assert "nothing to copy" not in step["what"]


def test_a_step_names_its_phase(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    plan = steps(capsys, tmp_path, {"etcd": encryption("old")}, {"etcd": encryption("new")})
    assert [step["phase"] for step in plan] == [1, 2, 2, 3]


def test_another_storage_version_rewrites(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    plan = steps(capsys, tmp_path, {"version": "1.33"}, {"version": "1.36"})
    addresses = ["ipaddresses.networking.k8s.io", "servicecidrs.networking.k8s.io"]
    assert ("rewrite", addresses) in actions(plan)
    assert all(step["action"] == "rewrite" for step in plan)
    assert "stored as v1 instead of v1beta1" in plan[0]["what"]


def test_counts_come_from_a_real_etcd(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with EtcdServer(tmp_path) as etcd:
        etcd.load((f"/registry/secrets/a/s{number}", protobuf("v1", "Secret")) for number in range(1234))
        plan = steps(capsys, tmp_path, {}, {"etcd": encryption("key1")}, "--etcd", etcd.url)
    assert [step["keys"] for step in plan] == [None, None, 1234]


def test_nothing_to_do(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert steps(capsys, tmp_path, {}, {}) == []


def test_the_plan_has_no_control_characters(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    old = document(tmp_path / "old", etcd={"etcdPrefix": "/old\x1b[31m\nred"})
    ran = kasc(capsys, "verify", document(tmp_path / "new"), "--plan-migration", old)
    lines = ran.out.splitlines()
    assert (ran.code, len(lines)) == (0, 2)
    assert "copy /old\\u001b[31m\\u000ared at " in lines[0]
