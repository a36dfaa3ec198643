"""Metric label manifests, compared with the verdicts of servers 1.33, 1.35 and 1.36."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.truth.recorded import examined

BASE = [
    "--etcd-servers=http://127.0.0.1:2379",
    "--service-account-issuer=https://kubernetes.default.svc",
    "--service-account-signing-key-file=/etc/sa.key",
    "--service-account-key-file=/etc/sa.pub",
    "--service-cluster-ip-range=10.0.0.0/24",
    "--authorization-mode=RBAC",
]


def errors(directory: Path, version: str, content: str | None, *more: str) -> list[tuple[str | None, int, int]]:
    """Return rule, line and column of the errors of a manifest."""
    path = directory / "labels.yaml"
    if content is not None:
        path.write_text(content)
    result = examined(directory, version, [*BASE, f"--allow-metric-labels-manifest={path}", *more], {}).report.of(
        "error"
    )
    return [
        (each.rule, each.location.line if each.location else 0, each.location.column if each.location else 0)
        for each in result
        if (each.rule or "").startswith("MET")
    ]


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ("a,b: c\n", None),
        ('"a,b": 1\nc,d: true\ne,f:\n', None),
        ('{"a,b": "c"}', None),
        ("a,b: c\na,b: d\n", None),
        ("a,b: c\n---\nx: y\n", None),
        ("", None),
        ("a,b: c\na: b\n", (2, 1)),
        ("a,1b: c\n", (1, 1)),
        ("a,b: [c]\n", (1, 6)),
        ("a,b: {c: d}\n", (1, 6)),
        ("[]\n", (1, 1)),
        ("hello\n", (1, 1)),
    ],
)
def test_checked(content: str, place: tuple[int, int] | None, tmp_path: Path) -> None:
    assert errors(tmp_path, "1.36", content) == ([("MET-04", *place)] if place else [])


def test_an_unreadable_file_is_rejected_from_1_36_on(tmp_path: Path) -> None:
    assert [rule for rule, *_ in errors(tmp_path, "1.36", None)] == ["MET-04"]
    assert errors(tmp_path, "1.35", None) == []
    assert [rule for rule, *_ in errors(tmp_path, "1.36", "\ta: b\n")] == ["MET-04"]
    assert errors(tmp_path, "1.35", "\ta: b\n") == []


def test_servers_before_1_36_panic_on_a_key_without_a_comma(tmp_path: Path) -> None:
    assert errors(tmp_path, "1.35", "c,d: e\na: b\n") == [("MET-90", 2, 1)]
    assert errors(tmp_path, "1.33", "1: b\n") == [("MET-90", 1, 1)]
    # A manifest with decoding errors is ignored, and so is any manifest if labels are set by flag.
    assert errors(tmp_path, "1.35", "a: b\nc,d: [e]\n") == []
    assert errors(tmp_path, "1.35", "a: b\n", "--allow-metric-labels=a,b=c") == []
