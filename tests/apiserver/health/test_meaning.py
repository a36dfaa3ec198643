"""What failing checks mean: told for every check that a server can have, in the words of its configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from compiler.apiserver.health.meaning import condition_of
from compiler.artifacts.health import definitions
from compiler.upstream.catalog import health_meanings, health_rows
from tests.apiserver.options.running import server
from tests.artifacts.compiling import ENCRYPTION, document, resolve


def test_every_row_has_a_meaning_and_no_meaning_is_left_over() -> None:
    assert set(health_meanings()) == {row["name"] for row in health_rows()}
    for name, told in health_meanings().items():
        assert set(told) == {"fails", "do"}, name
        assert all(text and text == text.strip() and not text.endswith(".") for text in told.values()), name


def test_every_condition_has_words() -> None:
    kinds = ("gate:", "served:")
    for row in health_rows():
        words = condition_of(tuple(row.get("when", ())))
        assert words
        assert not any(word in words.split() for word in row.get("when", ()) if not word.startswith(kinds))
        assert "gate:" not in words
        assert "served:" not in words


@pytest.mark.parametrize("version", ["1.31", "1.34", "1.36"])
def test_every_check_of_the_lists_is_told_of_once(version: str, tmp_path: Path) -> None:
    etcd = {
        "encryptionProviderConfig": {"content": ENCRYPTION},
        "encryptionProviderConfigAutomaticReload": True,
        "etcdServersOverrides": [{"resource": "/events", "servers": ["http://127.0.0.1:2"]}],
    }
    made = definitions(resolve(document(version, etcd=etcd), tmp_path))
    names = [check["name"] for check in made["checks"]]
    listed = {check["name"] for endpoint in ("healthz", "livez", "readyz") for check in made[endpoint]}
    assert len(names) == len(set(names))
    assert set(names) == listed


def told(*flags: str) -> dict[str, dict[str, Any]]:
    resolved, _ = server(*flags)
    return {check["name"]: check for check in definitions(resolved)["checks"]}


def test_checks_say_whom_they_ask(tmp_path: Path) -> None:
    found = told(
        "--etcd-servers=http://m:1,http://n:1", "--etcd-servers-overrides=/a#http://o:1,/b#http://p:1;http://q:1"
    )
    for name, servers in (
        ("etcd", ["http://m:1", "http://n:1"]),
        ("etcd-readiness", ["http://m:1", "http://n:1"]),
        ("etcd-override-0", ["http://o:1"]),
        ("etcd-override-readiness-1", ["http://p:1", "http://q:1"]),
    ):
        assert found[name]["asks"] == servers
    assert "asks" not in found["ping"]
    made = definitions(resolve(document(etcd={"encryptionProviderConfig": {"content": ENCRYPTION}}), tmp_path))
    (plugins,) = (check for check in made["checks"] if check["name"] == "kms-providers")
    assert plugins["asks"] == ["unix:///run/kms/kms.sock"]


def test_each_plugin_of_v1_has_its_own_socket(tmp_path: Path) -> None:
    plugins = [{"kms": {"name": f"p{number}", "endpoint": f"unix:///run/{number}.sock"}} for number in range(3)]
    content = {**ENCRYPTION, "resources": [{"resources": ["secrets"], "providers": plugins}]}
    sections: dict[str, dict[str, Any]] = {
        "etcd": {"encryptionProviderConfig": {"content": content}},
        "generic": {"featureGates": {"KMSv1": True}},
    }
    made = definitions(resolve(document(**sections), tmp_path))
    asked = {check["name"]: check["asks"] for check in made["checks"] if check["name"].startswith("kms")}
    assert asked == {f"kms-provider-{number}": [f"unix:///run/{number}.sock"] for number in range(3)}


def test_grace_and_groups() -> None:
    found = told("--etcd-servers-overrides=/a#http://o:1")
    assert next(name for name, check in found.items() if check["livezGrace"]).endswith(
        "start-kube-aggregator-informers"
    )
    assert found["autoregister-completion"]["livezGrace"] is True
    assert found["etcd"]["livezGrace"] is False
    groups = {name: check["group"] for name, check in found.items() if "group" in check}
    assert groups == {
        "etcd": "etcd",
        "etcd-override-0": "etcd",
        "etcd-readiness": "etcd-readiness",
        "etcd-override-readiness-0": "etcd-readiness",
    }
