"""Effective values of flags."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.changes import compared, only

CORS = "--cors-allowed-origins"


@pytest.mark.parametrize(
    ("flag", "version"),
    [
        ("--anonymous-auth=true", "1.36"),
        ("--tls-min-version=VersionTLS12", "1.36"),
        ("--storage-backend=etcd3", "1.36"),
        ("--emulated-version=1.36", "1.36"),
        ("--min-compatibility-version=1.35", "1.36"),
        ("--etcd-prefix=/registry/", "1.36"),
        ("--audit-log-maxage=366", "1.36"),
        ("--audit-log-maxage=0", "1.35"),
        ("--service-node-port-range=30000-32767", "1.36"),
        ("--request-timeout=60s", "1.36"),
        ("--http2-max-streams-per-connection=100", "1.36"),
    ],
)
def test_setting_a_flag_to_its_default_is_no_change(flag: str, version: str, tmp_path: Path) -> None:
    assert compared(tmp_path, [], [flag], version=version).changes == ()


def test_values_and_locations(tmp_path: Path) -> None:
    change = only(compared(tmp_path, ["--request-timeout=2m"], ["--request-timeout=30s"]))
    assert (change.kind, change.name, change.before, change.after) == ("flag", "request-timeout", "2m0s", "30s")
    assert change.effect.startswith("Long lists and requests that wait for slow webhooks get 504 earlier.")
    assert change.old_at is not None
    assert change.new_at is not None
    assert (Path(change.old_at.file).name, change.old_at.line) == ("old.args", 7)
    assert (Path(change.new_at.file).name, change.new_at.line) == ("new.args", 7)


def test_a_flag_that_is_not_set_has_its_default_and_no_location(tmp_path: Path) -> None:
    change = only(compared(tmp_path, [], ["--service-node-port-range=30000-30100"]))
    assert (change.before, change.after) == ("30000-32767", "30000-30100")
    assert change.old_at is None
    assert change.new_at is not None


def test_credentials_are_not_shown(tmp_path: Path) -> None:
    change = only(compared(tmp_path, [f"{CORS}=//u:pw1@a"], [f"{CORS}=//u:pw2@b"]))
    assert (change.before, change.after) == (["//***@a"], ["//***@b"])


def test_a_value_that_the_new_server_refuses(tmp_path: Path) -> None:
    change = only(compared(tmp_path, [], ["--storage-media-type=application/cbor"]))
    assert (change.severity, change.safe_mixed) == ("breaking", False)
    assert change.effect.startswith("kube-apiserver 1.36 does not start: ")


def test_an_invalid_value_on_both_sides_is_no_change(tmp_path: Path) -> None:
    assert compared(tmp_path, ["--secure-port=P1"], ["--secure-port=P2"]).changes == ()


def test_a_value_that_only_the_running_server_knows_is_not_compared(tmp_path: Path) -> None:
    assert compared(tmp_path, ["--advertise-address=$(HOST_IP)"], []).changes == ()
