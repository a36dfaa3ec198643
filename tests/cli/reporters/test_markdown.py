"""The Markdown report, rendered with GitHub's own parser (cmark-gfm)."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given

from compiler.cli.reporters import markdown
from compiler.cli.reporters.markdown.page import LIMIT, Page
from compiler.diagnostics import Report
from compiler.text import clean, escape_commands
from compiler.text.markdown import code, details, fenced, prose, table
from tests.changes.repository import BASE, DOCUMENT, append, make, on_main, write
from tests.cli.reporters.made import REPORTS, TEXTS, finding, report
from tests.cli.running import SAMPLES, kasc

cmarkgfm = pytest.importorskip("cmarkgfm")
MOST = 65_536
"""Characters of a comment of GitHub."""
HOSTILE = [
    *("<img src=x onerror=alert(1)>", "![a](http://x.io/p.png)", "[click](javascript:alert(1))", "a | b |\n| c"),
    *("`", "``", "</details><script>", "@octocat @org/team", "#1 !2 &3 ~bug %v1 $4 GH-5 org/repo#6", "&lt;b&gt;"),
    *("http://x.io www.x.io a@b.io", "<!-- -->", "**bold** _i_ ~~s~~", "\\", "\\|", "a\\", ":tada: :+1:", "/close"),
    *("::error::x", "##[group]x", "```\n@octocat", "~~~", "# title", "- item", "1. item", "$x^2$", "http&#58;//x.io"),
    *("\u200b@octocat", "x`y|z`"),
]


class Rendered(HTMLParser):
    """What a browser gets: the elements, and the text outside and inside of code.

    A tag separates texts: no site looks for references across it.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.text = {"prose": "", "code": ""}
        self.open: list[str] = []
        options = cmarkgfm.cmark.Options.CMARK_OPT_UNSAFE
        self.feed(cmarkgfm.github_flavored_markdown_to_html(text, options=options))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.open.append(tag)
        self.text["prose"] += "\n"

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass
        self.text["prose"] += "\n"

    def handle_data(self, data: str) -> None:
        self.text["code" if "code" in self.open else "prose"] += data


def spaced(text: str) -> str:
    """A text as HTML shows it: white space is one blank, and zero-width spaces are not seen."""
    return " ".join(text.replace("\u200b", "").split())


OURS = {
    *("p", "table", "thead", "tbody", "tr", "th", "td", "code", "pre", "details", "summary", "b", "strong", "br"),
    *("h3", "h4", "ul", "li"),
}


def check(page: Rendered) -> None:
    """No markup but that of kasc, and nothing that GitHub or GitLab make links or mentions of."""
    assert page.elements <= OURS
    text = page.text["prose"]
    assert not re.search(
        r"[@#!~%$][\w\"\[]|&\d|://|www\.|\bgh-\d|:[\w+-]+:", text.replace("://\u200b", ""), re.IGNORECASE
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts(text: str) -> None:
    page = Rendered("\n".join(["### kasc", "", *table(("a", "b"), [[prose(text), code(text)]])]))
    check(page)
    assert spaced(page.text["code"]) == spaced(clean(text))
    assert spaced(page.text["prose"]).removeprefix("kasc a b").strip() == spaced(clean(text))


@given(TEXTS, TEXTS)
def test_texts_are_only_text(one: str, other: str) -> None:
    lines = [
        *table(("a",), [[f"{prose(one)}<br>{code(other)}"]]),
        "",
        *details(f"<b>{prose(one)}</b>", fenced([other])),
    ]
    page = Rendered("\n".join(clean_surrogates(lines)))
    check(page)
    expected = spaced(clean(one))
    assert spaced(page.text["prose"]) == spaced(f"a {expected} {expected}")
    assert "".join(spaced(page.text["code"]).split()) == "".join(
        f"{clean(other)}{escape_commands(clean(other))}".split()
    )


def clean_surrogates(lines: list[str]) -> list[str]:
    return [line.encode("utf-8", "backslashreplace").decode() for line in lines]


@given(REPORTS)
def test_check(reports: list[Report]) -> None:
    text = markdown.render(reports).encode("utf-8", "backslashreplace").decode()
    check(Rendered(text))
    assert len(text) <= MOST


def test_the_most_severe_comes_first_and_the_rest_is_counted() -> None:
    reports = [report("a.yaml", finding("note")), report("b.yaml", finding("error")), report("c.yaml")]
    text = markdown.render(reports)
    assert text.index("| `b.yaml` | 1.36 | reject | 1 | 0 | 0 |") < text.index(
        "| `a.yaml` | 1.36 | accept | 0 | 0 | 1 |"
    )
    assert "\n1 input without findings.\n" in text
    assert "<summary><b>b.yaml</b>: 1 error</summary>" in text
    assert "| error | wrong<br>write another | `a.yaml:1:3` | KASC-ETCD-002 |" in text


def test_a_page_is_bounded_and_says_what_is_left_out() -> None:
    reports = [report(f"clusters/{'x' * 40}-{index}.yaml", finding("error", "x" * 200, index)) for index in range(2000)]
    text = markdown.render(reports)
    assert len(text) <= LIMIT < MOST
    assert re.search(
        r"\nLeft out, because comments are limited in size: \d+ inputs, \d+ detail sections\. Run `kasc check` ", text
    )
    page = Page("title")
    assert not page.add(["x" * MOST])
    assert page.add(["x" * MOST], ["short"])
    assert page.text("kasc") == "title\n\nshort\n"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return make(tmp_path / "repository", monkeypatch)


def test_diff_since(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write("clusters/base/apiserver.yaml", BASE + "features: {profiling: false}\n")
    append("clusters/test/apiserver.yaml", "etcd: {etcdPrefix: /other}\n")
    write(
        "clusters/new/apiserver.yaml",
        DOCUMENT.format("new").replace("kind", "kind: APIServer\ngeneric: {goawayChance: 7}\n#"),
    )
    text = kasc(capsys, "diff", "--since", "main", "--output", "markdown").out
    page = Rendered(text)
    assert page.elements <= OURS
    rows = [line for line in text.splitlines() if line.startswith("| **")]
    assert [row.split(" | ")[0] for row in rows] == ["| **rejected**", "| **data-loss**", "| **cosmetic**"]
    assert "#### Phase 1: " in text
    assert (
        "| cosmetic | flag --profiling<br>`clusters/base/apiserver.yaml:11` | `true` | `false` | Profiles under "
        in text
    )
    assert kasc(capsys, "diff", "--since", "HEAD", "clusters/none", "--output", "markdown").code == 2
    on_main()
    nothing = kasc(capsys, "diff", "--since", "main", "--output", "markdown").out
    assert nothing == "### kasc diff: no input changed since `main`\n"


def test_diff_of_many_is_bounded(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for index in range(120):
        write(f"clusters/many/c-{index:03}.yaml", DOCUMENT.format(f"c-{index:03}"))
    on_main()
    for index in range(120):
        append(f"clusters/many/c-{index:03}.yaml", f"logs: {{v: {index % 8 + 2}}}\netcd: {{etcdPrefix: /p{index}}}\n")
    text = kasc(capsys, "diff", "--since", "main", "--output", "markdown").out
    assert len(text) <= LIMIT
    assert re.search(
        r"Left out, because comments are limited in size: .*\. Run `kasc diff --since main` to see all", text
    )


def test_diff_of_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "<b>@new|.yaml"
    old.write_text(BASE)
    new.write_text(BASE + "generic: {goawayChance: 7}\nauditing: {auditLogPath: '/var/<i>|@x'}\n")
    ran = kasc(capsys, "diff", old, new, "--output", "markdown")
    assert ran.code == 1
    page = Rendered(ran.out)
    check(page)
    assert "kube-apiserver rejects" in page.text["prose"]
    assert "/var/<i>|@x" in page.text["code"]


def test_upgrade(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write("a.yaml", BASE.replace("1.36", "1.35"))
    text = kasc(capsys, "upgrade", "a.yaml", "--to", "1.36", "--output", "markdown").out
    check(Rendered(text))
    assert text.startswith("### kasc upgrade: 1 input to Kubernetes 1.36: none cannot be upgraded as is\n")
    assert "<summary><b>a.yaml</b>: 1.35 to 1.36</summary>\n\n```text\n" in text


def test_drift(capsys: pytest.CaptureFixture[str]) -> None:
    live = SAMPLES / "dialects/flagz.txt"
    ran = kasc(capsys, "drift", SAMPLES / "minimal.yaml", "--live", live, "--output", "markdown")
    check(Rendered(ran.out))
    assert ran.code == 3
    assert f"| flag | `client-ca-file` | `none` | `/etc/kubernetes/pki/ca.crt` | breaking | {live} |" in ran.out
    assert "<summary>Not compared</summary>" in ran.out


def test_other_commands_have_no_markdown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = kasc(capsys, "compile", tmp_path, "--output", "markdown")
    assert (ran.code, "use text, json, sarif, github or junit" in ran.err) == (2, True)
