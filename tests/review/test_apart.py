"""Errors of an input for a version that kasc has no data for: those that depend on the version say so."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler import check
from compiler.diagnostics import Diagnostic
from compiler.review.examine import Settings

NEEDED = (
    "--etcd-servers=http://127.0.0.1:2379",
    "--service-account-issuer=https://a.example",
    "--service-account-key-file=/sa.pub",
    "--service-account-signing-key-file=/sa.key",
)


def errors(folder: Path, version: str, *flags: str, asked: str | None = None) -> list[Diagnostic]:
    given = {flag.partition("=")[0] for flag in flags}
    words = [*(flag for flag in NEEDED if flag.partition("=")[0] not in given), *flags]
    path = folder / "pod.yaml"
    path.write_text(
        f"kind: Pod\nspec:\n  containers:\n  - image: registry.k8s.io/kube-apiserver:v{version}\n"
        + f"    command: {['kube-apiserver', *words]}\n"
    )
    return list(check(path, Settings(version=asked)).of("error"))


@pytest.mark.parametrize(
    ("flag", "still"),
    [
        ("--insecure-port=0", "which still has insecure-port"),
        ("--feature-gates=TTLAfterFinished=true", "which still has TTLAfterFinished"),
        ("--enable-admission-plugins=PodSecurityPolicy", "which still has PodSecurityPolicy"),
        ("--runtime-config=settings.k8s.io/v1alpha1=true", "which still has settings.k8s.io"),
        ("--never-a-flag=1", ""),
        ("--feature-gates=NeverAGate=true", ""),
        ("--service-account-issuer=", ""),
    ],
)
def test_an_error_that_depends_on_the_version_says_so(flag: str, still: str, tmp_path: Path) -> None:
    found = errors(tmp_path, "1.19.3", flag)
    assert found
    for each in found:
        assert "checked with 1.31, the oldest supported version: the input is for 1.19.3" in each.hint or (
            each.rule == "SA-02"
        )
    assert ("which still has" in "".join(each.hint for each in found)) == bool(still)
    assert still in "".join(each.hint for each in found)


def test_a_version_after_the_last_one_of_a_fact(tmp_path: Path) -> None:
    (found,) = errors(tmp_path, "1.28.0", "--insecure-port=0")
    assert "the input is for 1.28.0" in found.hint
    assert "still has" not in found.hint


@pytest.mark.parametrize("flag", ["--request-timeout=5", "--secure-port=70000", "--goaway-chance=1"])
def test_other_errors_are_as_they_are(flag: str, tmp_path: Path) -> None:
    (old,) = errors(tmp_path, "1.19.3", flag)
    (known,) = errors(tmp_path, "1.31.0", flag)
    assert old.hint == known.hint


def test_the_version_of_the_command_line_counts(tmp_path: Path) -> None:
    (found,) = errors(tmp_path, "1.36.0", "--insecure-port=0", asked="1.20")
    assert "the input is for 1.20" in found.hint
    (found,) = errors(tmp_path, "1.19.0", "--insecure-port=0", asked="1.31")
    assert "judged by" not in found.hint


def test_a_newer_version(tmp_path: Path) -> None:
    (found,) = errors(tmp_path, "1.99.0", "--feature-gates=NewGate=true")
    assert "the newest supported version: the input is for 1.99.0" in found.hint
