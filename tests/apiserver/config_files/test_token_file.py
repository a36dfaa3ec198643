"""Verdicts are those of the server's CSV reader; messages never contain a token."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.cli.reporters.text import render
from tests.apiserver.config_files.running import placed, started

FLAG = "--token-auth-file=/f/tokens"


def findings(directory: Path, content: str | bytes) -> list[str]:
    _, report = started(directory, {"tokens": content}, FLAG)
    return [placed(result) for result in report.of("error")]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "\n\r\n\n",
        "\r",
        "t,u,i",
        "t,u,i\n",
        "t,u,i\r\nt2,u2,i2\r\n",
        "\n\nt,u,i\n\n",
        't,u,i,"g1,g2"\n',
        "t,u,i,g,more,and,more\n",
        ",,\n",
        "t,u,i\nt,other,i\n",
        '"t","u ""x""","i"\n',
        '"a\nb,c",u,i\n',
        "#t,u,i\n",
        "\ufefft,u,i\n",
        b"\xff\xfe,u,i\n",
        " t , u , i \n",
        "t,u,\r\r\n",
    ],
)
def test_accepted(tmp_path: Path, content: str | bytes) -> None:
    assert findings(tmp_path, content) == []


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ("t,u\n", "1:1"),
        ("t\n", "1:1"),
        ("# token,user,uid\n# none yet\n", "2:1"),
        ("\n# comment\nt,u,i\n", "2:1"),
        ("t,u,i\n\r\nt,u\n", "3:1"),
        ("\r\r\n", "1:1"),
        ('t,u,i"\n', "1:1"),
        ('t,"u"x,i\n', "1:1"),
        ('t,u,i\nt,u,"i\nt,u,i\n', "2:1"),
        ('"a\nb",u,i\n\nt,u\n', "4:1"),
        ('t,u,i\n"t",u\nt\n', "2:1"),
    ],
)
def test_refused(tmp_path: Path, content: str, place: str) -> None:
    """Reading stops at the first malformed record."""
    assert findings(tmp_path, content) == [f"TOK-01  {place}"]


def test_missing_file(tmp_path: Path) -> None:
    _, report = started(tmp_path, {}, "--token-auth-file=/f/none")
    assert [placed(result) for result in report.of("error")] == ["TOK-01  7:19"]


@pytest.mark.parametrize("content", ["hidden1,u\n", 't,u,i\nhidden1,"u,i\n', '"hidden1"x,u,i\n'], ids=range(3))
def test_no_token_is_shown(tmp_path: Path, content: str) -> None:
    _, report = started(tmp_path, {"tokens": content}, FLAG)
    printed = render([report])
    assert "TOK-01" in printed
    assert "hidden1" not in printed


def test_no_password_of_a_url_is_shown(tmp_path: Path) -> None:
    text = "clusters: [{cluster: {server: 'http://h', proxy-url: 'ftp://me:hidden1@h'}}]\n"
    _, report = started(tmp_path, {"kc": text}, "--authentication-token-webhook-config-file=/f/kc")
    printed = render([report])
    assert "proxy-url" in printed
    assert "hidden1" not in printed
