"""Generate docs/codes, a page for each family of rules and an index: `python -m tools.generate.codes [--check]`.

Reports and editors link to the heading of a code, for example `docs/codes/ETCD.md#kasc-etcd-002`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from compiler.cli.explain.subjects import facts_of, parts_of, reason_of
from compiler.rules import Rule, by_code
from compiler.rules.texts import Entry, Example, families, load_family

PAGES = Path(__file__).parents[2] / "docs/codes"
INDEX = "README.md"
SECTIONS = {
    "inputs": "Reading the input",
    "kube-apiserver": "What kube-apiserver refuses",
    "pod": "The Pod and the artifacts",
    "review": "Reviews",
    "live": "Comparing with a running cluster",
}
_GENERATED = "<!-- Generated from compiler/rules/data by `python -m tools.generate.codes`: edit the data. -->\n"
_HEAD = f"""\
# Codes

{_GENERATED}
Every diagnostic of kasc has a code. The page of a family describes each of its codes: what the server does and why, an
example that fails, and the fix. `kasc explain CODE` prints the same.

- **error**: kube-apiserver of that version refuses to start, or kasc cannot work with the input.
- **warning**: kube-apiserver starts, but the configuration most likely does not do what was intended.
- **note**: something that kasc cannot decide, or that is worth knowing.

The examples are parts of documents, merged over [samples/minimal.yaml](../../samples/minimal.yaml). Lines that start
with `--` are flags, added to those that every server needs. An example with its own `kind` is a whole file. The
server's files are found with `--files-root` or `--file-map`; without them, they are not checked.
"""


def pages() -> dict[str, str]:
    """Return the text of every page by the name of its file."""
    loaded = {name: load_family(name) for name in families()}
    index = _HEAD
    for section, heading in SECTIONS.items():
        index += f"\n## {heading}\n\n| family | codes |\n| --- | --- |\n"
        for name, family in sorted(loaded.items(), key=lambda pair: pair[1].title.lower()):
            if family.section == section:
                index += f"| [{family.title}]({name}.md) | {_span(_rules_of(name))} |\n"
    return {INDEX: index} | {f"{name}.md": _page(name) for name in loaded}


def _rules_of(name: str) -> list[Rule]:
    return sorted((rule for rule in by_code().values() if rule.family == name), key=lambda rule: rule.code)


def _span(rules: list[Rule]) -> str:
    codes = [rule.code for rule in rules]
    return codes[0] if len(codes) == 1 else f"{codes[0]} to {codes[-1]}"


def _page(name: str) -> str:
    family, rules = load_family(name), _rules_of(name)
    rows = "".join(f"| [{rule.code}](#{rule.code.lower()}) | {rule.severity} | {rule.title} |\n" for rule in rules)
    table = f"| code | severity | title |\n| --- | --- | --- |\n{rows}"
    head = f"# {family.title}\n\n{_GENERATED}\n[All codes]({INDEX})\n\n{table}"
    return head + "".join(_rule(rule, family.entries[rule.code]) for rule in rules)


def _rule(rule: Rule, entry: Entry) -> str:
    facts = _sentence(", ".join(facts_of(rule, entry)))
    text = f"\n## {rule.code}\n\n**{_sentence(rule.title)}** {facts}\n\n{entry.does}\n"
    for title, example in (("Fails", entry.fails), ("Fixed", entry.fix)):
        text += "".join(_example(title, example))
    return f"{text}\n{_sentence(reason_of(rule))}\n"


def _example(title: str, example: Example) -> Iterator[str]:
    for index, (label, part) in enumerate(parts_of(example)):
        heading = label if index else f"{title}, {label}" if label else title
        language = "yaml" if not index and example.form in ("part", "file") else "text"
        yield f"\n{heading}:\n\n```{language}\n{part.rstrip()}\n```\n"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` report which are stale or left over (exit 1)."""
    wanted = pages()
    present = {path.name: path for path in PAGES.glob("*.md")} if PAGES.is_dir() else {}
    left_over = [path for name, path in present.items() if name not in wanted]
    if arguments != ["--check"]:
        PAGES.mkdir(exist_ok=True)
        for name, text in wanted.items():
            (PAGES / name).write_text(text, encoding="utf-8")
        for path in left_over:
            path.unlink()
        return 0
    stale = [
        name
        for name, text in wanted.items()
        if name not in present or present[name].read_text(encoding="utf-8") != text
    ]
    for name in sorted([*stale, *(path.name for path in left_over)]):
        print(f"docs/codes/{name} is stale: run python -m tools.generate.codes", file=sys.stderr)
    return int(bool(stale or left_over))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
