"""Both language servers on a folder with documents and their schema."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cli.running import ROOT
from tests.editors.client import Server, command

# Without it the server of YAML asks the network for a catalog.
SETTINGS = {
    "yaml": {"yaml": {"validate": True, "hover": True, "completion": True, "schemaStore": {"enable": False}}},
    "toml": {"evenBetterToml": {"schema": {"enabled": True, "catalogs": []}}},
}


@pytest.fixture(scope="session", params=["yaml", "toml"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """The server of each form at work on this checkout."""
    form = request.param
    if command(form) is None:
        pytest.skip("the language servers are not installed (make editors)")
    with Server(form, ROOT, SETTINGS[form]) as started:
        yield started
