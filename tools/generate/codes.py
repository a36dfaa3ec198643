"""Makes the page of all codes, docs/codes.md: `python -m tools.generate.codes [--check]`.

Reports and editors link to a code's heading, `docs/codes.md#kasc-etcd-002`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from compiler.cli.explain.rule_text import facts_of, parts_of, reason_of
from compiler.rules import Rule, by_code
from compiler.rules.texts import Entry, Example, Family, families, load_family

PAGE = os.path.join(os.path.dirname(__file__), "..", "..", "docs", "codes.md")
_HEAD = """\
# Codes

<!-- Made from compiler/rules/data by `python -m tools.generate.codes`: change it there. -->

Every finding of kasc has a code. For each code, this page says what the server does and why, with an example that fails
and its mend; `kasc explain CODE` prints the same.

- An **error** is what the server of that version refuses to start with, or what kasc cannot work with. A **warning** is
  let pass, but most likely not meant. A **note** says what kasc itself cannot know.
- The examples are parts of documents, laid over [samples/minimal.yaml](../samples/minimal.yaml). Lines that begin with
  `--` are flags, beside those that every server needs. What says its own `kind` is a whole file.
- Files of the server are found with `--files-root` or `--file-map`; without either, nothing is said of them.

"""


def page() -> str:
    """The text of the page."""
    loaded = {name: load_family(name) for name in families()}
    contents = [_contents(name, family) for name, family in loaded.items()]
    return _HEAD + "".join(contents) + "".join(_section(name, family) for name, family in loaded.items())


def _rules_of(name: str) -> list[Rule]:
    return sorted((rule for rule in by_code().values() if rule.family == name), key=lambda rule: rule.code)


def _contents(name: str, family: Family) -> str:
    anchor = "".join(letter for letter in family.title.lower().replace(" ", "-") if letter.isalnum() or letter == "-")
    return f"- [{family.title}](#{anchor}): {_rules_of(name)[0].code.rpartition('-')[0]}\n"


def _section(name: str, family: Family) -> str:
    rules = _rules_of(name)
    rows = [f"| [{rule.code}](#{rule.code.lower()}) | {rule.title} |\n" for rule in rules]
    table = f"\n| code | what is wrong |\n| --- | --- |\n{''.join(rows)}"
    return f"\n## {family.title}\n{table}" + "".join(_rule(rule, family.entries[rule.code]) for rule in rules)


def _rule(rule: Rule, entry: Entry) -> str:
    reason = reason_of(rule)
    text = f"\n### {rule.code}\n\n**{_sentence(rule.title)}** {_sentence(', '.join(facts_of(rule, entry)))}\n"
    text += f"\n{entry.does}\n"
    for title, example in (("Fails", entry.fails), ("Mended", entry.fix)):
        text += "".join(_example(title, example))
    return f"{text}\n{_sentence(reason)}\n"


def _example(title: str, example: Example) -> Iterator[str]:
    for index, (label, part) in enumerate(parts_of(example)):
        heading = label if index else f"{title}, {label}" if label else title
        language = "yaml" if not index and example.form in ("part", "file") else "text"
        yield f"\n{heading}:\n\n```{language}\n{part.rstrip()}\n```\n"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def main(arguments: list[str]) -> int:
    """Write the page, or with `--check` say whether it is stale (exit 1)."""
    text = page()
    if arguments != ["--check"]:
        with open(PAGE, "w", encoding="utf-8") as file:
            file.write(text)
        return 0
    try:
        with open(PAGE, encoding="utf-8") as file:
            fresh = file.read() == text
    except FileNotFoundError:
        fresh = False
    if not fresh:
        print("docs/codes.md is stale: run python -m tools.generate.codes")
    return int(not fresh)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
