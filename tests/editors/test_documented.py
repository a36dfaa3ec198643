"""The settings in docs/editors.md: each is well-formed and starts `kasc lsp`."""

from __future__ import annotations

import re
import tomllib

from tests.cli.running import ROOT

PAGE = (ROOT / "docs/editors.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_helix() -> None:
    (settings,) = [tomllib.loads(block) for block in blocks("toml") if "language-server" in block]
    assert settings["language-server"]["kasc"] == {"command": "kasc", "args": ["lsp"]}
    assert all("kasc" in each["language-servers"] for each in settings["language"])


def test_neovim_and_emacs() -> None:
    assert all('cmd = { "kasc", "lsp" }' in block for block in blocks("lua"))
    (emacs,) = blocks("elisp")
    assert '("kasc" "lsp")' in emacs
    assert emacs.count("(") == emacs.count(")")
