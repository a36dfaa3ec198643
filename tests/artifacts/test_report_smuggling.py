"""Whatever a document says stays text on the page, and the page hangs on nothing but the document."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.apiserver.startup import Resolved
from compiler.review.examine import Settings, examine
from tests.artifacts.compiling import HOST, ROOT, SAMPLES, as_text, document, resolve, resolve_file
from tests.artifacts.reading import Element, codes, page_of, parsed, rows_of

MARKUP = [
    "</script>", "<script>alert(1)</script>", "</style>", "<!--", "-->", "]]>", "<img src=x onerror=alert(1)>", "<b>",
    "</code></td></tr></table>", "</title>", "\"><i>", "'><i>", "\" onclick=\"alert(1)", "&lt;", "&#60;", "&amp", "&",
    "javascript:alert(1)", "{{ 7 * 7 }}", "{% raw %}", "{#", "<", ">", '"', "'", "`", "=", "/", "\\", "\\u003c", "é",
]  # fmt: skip
UNSEEN = [
    "\x00", "\x08", "\t", "\n", "\r\n", "\x1b[31m", "\x7f", "\x85", "\xa0", "\xad", "\u061c", "\u200b", "\u200e",
    "\u200f", "\u202a", "\u202e", "\u2028", "\u2029", "\u2066", "\u2069", "\ufeff", "\ufffe", "\U000e0001",
]  # fmt: skip
HOSTILE = st.lists(st.sampled_from([*MARKUP, *UNSEEN, "a", " ", "  "]), min_size=1, max_size=6).map("".join)
# Options whose text nothing judges, as a text and as lists.
TEXTS = {
    "external-hostname": ("generic", "externalHostname"),
    "etcd-prefix": ("etcd", "etcdPrefix"),
    "audit-log-path": ("auditing", "auditLogPath"),
    "kubelet-certificate-authority": ("misc", "kubeletCertificateAuthority"),
}
LISTS = {
    "requestheader-allowed-names": ("authentication", "requestheaderAllowedNames"),
    "service-account-key-file": ("authentication", "serviceAccountKeyFile"),
}
HARDENED = ROOT / "samples/hardened/apiserver.yaml"
TAGS = (
    " html head meta title style body a header p h1 h2 h3 button nav ul ol li span main section b dl div dt dd code "
    "table caption thead tbody tr th td details summary label input output pre wbr footer script "
)
ATTRIBUTES = (
    " lang charset http-equiv content name class href type id hidden aria-label aria-labelledby role tabindex scope "
    "open data-label data-filter data-group data-item data-list value autocomplete spellcheck "
)


def spelled(value: str) -> str:
    """A value with every character to be seen, as the page has to show it."""
    return "".join(
        letter if letter.isprintable() else f"\\u{ord(letter):04x}" if letter <= "\uffff" else f"\\U{ord(letter):08x}"
        for letter in value
    )


def resolved_or_none(content: dict[str, Any], folder: Path, name: str = "a.json") -> Resolved | None:
    path = folder / name
    path.write_text(as_text(content))
    found = examine(str(path), Settings(host=HOST))
    return None if found.report.rejected else found.resolved


def only_own_markup(tree: Element) -> None:
    """No element, attribute or text beyond what the template writes."""
    for element in tree.iter():
        # The tag of a comment is no text.
        assert isinstance(element.tag, str)
        assert f" {element.tag} " in TAGS
        assert all(f" {name} " in ATTRIBUTES for name in element.attrib)
        assert re.fullmatch(r"#[A-Za-z0-9_.-]+", element.get("href", "#x"))
        assert re.fullmatch(r"[A-Za-z0-9_.-]+", element.get("id", "x"))
        assert re.fullmatch(r"[a-z ]*", element.get("class", ""))
        for text in (element.text, element.tail, *element.attrib.values()):
            assert (text or "").replace("\n", "").isprintable()
    assert [len(list(tree.iter(tag))) for tag in ("script", "style", "meta", "title")] == [1, 1, 6, 1]


@given(st.dictionaries(st.sampled_from([*TEXTS]), HOSTILE, min_size=1), st.lists(HOSTILE, min_size=1, max_size=3))
@settings(max_examples=12, deadline=None)
def test_hostile_values_are_shown_and_nothing_else(texts: dict[str, str], listed: list[str]) -> None:
    sections: dict[str, dict[str, Any]] = {}
    for flag, value in texts.items():
        group, key = TEXTS[flag]
        sections.setdefault(group, {})[key] = value
    for group, key in LISTS.values():
        sections.setdefault(group, {})[key] = listed
    with tempfile.TemporaryDirectory() as scratch:
        resolved = resolved_or_none(document(**sections), Path(scratch))
        if resolved is None:
            return
        tree = parsed(page_of(resolved))
    only_own_markup(tree)
    rows = {codes(row[0])[1].removeprefix("--"): row for row in rows_of(tree, "options")}
    flags = resolved.context.flags
    for flag in texts:
        assert codes(rows[flag][1]) == [spelled(flags.text(flag))]
    for flag in LISTS:
        assert codes(rows[flag][1]) == [spelled(item) for item in flags.texts(flag)]


@pytest.mark.parametrize("value", [*MARKUP, *UNSEEN], ids=ascii)
def test_each_hostile_value_is_spelled_out(value: str, tmp_path: Path) -> None:
    resolved = resolved_or_none(document(generic={"externalHostname": f"a{value}b"}), tmp_path)
    assert resolved is not None
    text = page_of(resolved)
    escaped = spelled(f"a{value}b").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert text.count(escaped.replace('"', "&#34;").replace("'", "&#39;")) > 0
    assert text.count("<script>") == text.count("</script>") == 1


def test_hostile_names_of_files(tmp_path: Path) -> None:
    name = "</script>\u202e\"'<b>.json".replace("/", "")
    resolved = resolved_or_none(document(), tmp_path, name)
    assert resolved is not None
    tree = parsed(page_of(resolved))
    only_own_markup(tree)
    (input_,) = [fact for fact in tree.iter("div") if fact.find("dt") is not None and fact.find("dt").text == "Input"]
    assert codes(input_) == [spelled(name)]


def test_no_credentials(tmp_path: Path) -> None:
    servers = ["https://root:s3cr3t@10.0.0.1:2379", "https://10.0.0.2:2379", "https://root:s3@cr3t@10.0.0.3:2379"]
    override = {"resource": "/events", "servers": ["http://root:s3cr3t@10.0.0.4:2379"]}
    content = document(etcd={"etcdServers": servers, "etcdServersOverrides": [override]})
    text = page_of(resolve(content, tmp_path))
    # Counted: to show a difference inside so long a text takes minutes.
    assert [text.count(secret) for secret in ("cr3t", "root:")] == [0, 0]
    for number in range(1, 5):
        assert f"10.0.0.{number}:2379" in text


def test_policy_allows_this_style_and_this_script_alone() -> None:
    text = page_of(resolve_file(SAMPLES[0]))
    tree = parsed(text)
    policy = next(meta.get("content") for meta in tree.iter("meta") if meta.get("http-equiv"))
    directives = dict(part.split(" ", 1) for part in policy.split("; "))
    assert directives["default-src"] == directives["base-uri"] == directives["form-action"] == "'none'"
    for directive, tag in (("style-src", "style"), ("script-src", "script")):
        (element,) = tree.iter(tag)
        digest = base64.b64encode(hashlib.sha256(element.text.encode()).digest()).decode()
        assert directives[directive] == f"'sha256-{digest}'"
    assert set(directives) == {"default-src", "style-src", "script-src", "base-uri", "form-action"}
    # What a policy forbids comes after it.
    assert text.index("Content-Security-Policy") < text.index("<style>") < text.index("<script>")
    assert not re.search(r"\b(?:src|srcset|action|data|poster)=|@import|url\(", text)


def test_bytes_hang_on_nothing_but_the_input(tmp_path: Path) -> None:
    made = set()
    for folder, name, seed in ((ROOT, "samples/hardened/apiserver.yaml", "1"), (tmp_path, HARDENED, "2")):
        words = [sys.executable, "-c", "from compiler.cli.main import program; program()", "compile", str(name)]
        run = subprocess.run(
            [*words, "--emit", "report", "--stdout"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        )
        made.add(run.stdout)
    (page,) = made
    assert page.count(str(ROOT).encode()) == 0
    assert not re.search(rb"\b20[0-9]{2}-[0-9]{2}-[0-9]{2}\b|\b[0-9]{1,2}:[0-9]{2}:[0-9]{2}\b", page)


def test_only_this_artifact_loads_what_it_needs() -> None:
    script = (
        "import sys; from compiler.cli.main import main; "
        "code = main(['compile', 'samples/minimal.yaml', '--emit', sys.argv[1], '--stdout']); "
        "heavy = {'jinja2', 'compiler.artifacts.report', 'compiler.review.policies'} & set(sys.modules); "
        "sys.exit(len(heavy))"
    )
    for artifact, loaded in (("resolved", 0), ("report", 3)):
        run = subprocess.run([sys.executable, "-c", script, artifact], cwd=ROOT, capture_output=True, check=False)
        assert run.returncode == loaded, run.stderr
