"""What the tests of `kasc probe` share: certificates, a declaration, and an environment without credentials."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.cluster import probe_asking as asking
from tests.artifacts.compiling import as_text, document
from tests.cluster.live.certificates import Certificates, make_certificates


@pytest.fixture(scope="module")
def certificates(folder: Path) -> Certificates:
    return make_certificates(folder)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    names = ("KASC_TOKEN", "KUBECONFIG", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy")
    for name in (*names, "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(asking, "PAUSE", 0.01)


@pytest.fixture
def declared(tmp_path: Path) -> Path:
    path = tmp_path / "apiserver.json"
    path.write_text(as_text(document()))
    return path
