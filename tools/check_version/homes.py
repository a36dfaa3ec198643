"""The homes of data about a version, and what each of them lacks for one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from compiler.upstream.catalog import Catalog, catalog, health_meanings
from compiler.upstream.catalog.facts import versions
from compiler.upstream.catalog.history import removed
from tools.generate.catalog import DATA, build

ROOT = Path(__file__).parents[2]
RECORDINGS = ROOT / "tests/truth/recordings"
DECISIONS = Path(__file__).with_name("decisions.yaml")
DECIDED = {
    "validation": "compare the release's validation and start-up with compiler/rules/data",
    "behaviours": "compare limits and conditions with compiler/upstream/catalog/data/behaviours.json",
    "health": "compare the recorded health checks with compiler/upstream/catalog/data/health.json",
    "metrics": "compare documentation-list.yaml with compiler/upstream/catalog/data/metrics.json",
    "shapes": "compare the types of configuration files with compiler/apiserver/config_files/shapes",
    "go": "set certificateStrictness, urlStrictness and looseUnicodeNames for the release's Go",
    "cel": "compare the release's CEL environment with compiler/upstream/cel/data/environment.txt",
    "hops": "describe the upgrade to the version in compiler/changes/data/hops.yaml",
    "cis": "set cisBenchmark to the edition for the version",
}
"""Homes that are maintained by hand -> what to do; decisions.yaml says that it was done."""
RANGES = ("README.md", "docs/cel.md", "docs/support.md")
"""Documents that name the supported versions."""
_SCENARIOS = ("default", "objects", "objects-json", "enc-identity-first", "prefix-nested", "audit-log", "authn-config")
_PER_VERSION = (
    "facts/v{}.json",
    "verdicts/flags-v{}.jsonl",
    "metrics/v{}.jsonl",
    *(f"runs/v{{}}-{scenario}.json" for scenario in _SCENARIOS),
)
"""Recordings that every version has; there are more, which may differ."""
_REMOVABLE: tuple[tuple[str, Callable[[Catalog], Any]], ...] = (
    ("flags", lambda known: known.flags),
    ("featureGates", lambda known: known.gates),
    ("admissionPlugins", lambda known: known.plugins),
)


def undecided(version: str) -> Iterator[str]:
    """Yield "home: what is missing" for a version, in the order of docs/adding-a-version.md."""
    yield from recordings(version)
    if version not in versions():
        yield "catalog: the version is not in the data; run python -m tools.generate.catalog"
        return
    yield from stale()
    known = catalog(version)
    yield from descriptions(known)
    yield from removals(known, version)
    yield from health(known, version)
    yield from provisional(known, version)
    yield from decisions(version)
    if not (ROOT / f"schemas/v{version}").is_dir():
        yield f"schemas: no schemas/v{version}; run python -m tools.generate.schemas"
    yield from ranges()


def recordings(version: str) -> Iterator[str]:
    """Yield the recordings that the tests of a version read and that are missing."""
    for name in _PER_VERSION:
        if not (RECORDINGS / name.format(version)).exists():
            yield f"recordings: no {name.format(version)}; run python -m tools.record"


def stale() -> Iterator[str]:
    """Yield the generated data files that are not what the recorded facts give."""
    for name, text in build(RECORDINGS / "facts").items():
        if (DATA / name).read_text() != text:
            yield f"catalog: {name} is out of date; run python -m tools.generate.catalog"


def descriptions(known: Catalog) -> Iterator[str]:
    """Yield the flags and plugins of a version without a description."""
    entries = yaml.safe_load((DATA / "descriptions.yaml").read_text())
    for name in known.flags:
        if name not in entries["options"]:
            yield f"descriptions: no entry for the flag {name} in descriptions.yaml"
    for name in known.plugins:
        if name not in entries["plugins"]:
            yield f"descriptions: no entry for the admission plugin {name} in descriptions.yaml"


def removals(known: Catalog, version: str) -> Iterator[str]:
    """Yield what the version before had and this one does not, and that history.json does not have."""
    before = [each for each in versions() if each < version][-1:]
    for earlier in map(catalog, before):
        for kind, pick in _REMOVABLE:
            for name in sorted(set(pick(earlier)) - set(pick(known))):
                if removed(kind, name) is None:
                    yield f"history: {name} is in {earlier.version} but not in {version}; add it to facts/history.json"


def health(known: Catalog, version: str) -> Iterator[str]:
    """Yield recorded health checks that the data does not have, and checks without a meaning."""
    patterns = [re.compile(re.escape(name).replace("N", r"(?:N|\d+)") + "$") for name in known.health_checks]
    recorded: set[str] = set()
    for path in (RECORDINGS / "runs").glob(f"v{version}-*.json"):
        run = json.loads(path.read_text())
        recorded.update(name for endpoint in ("healthz", "livez", "readyz") for name in run.get(endpoint, []))
    for name in sorted(recorded):
        if not any(pattern.match(name) for pattern in patterns):
            yield f"health: the recorded check {name} is not in health.json"
    for name in known.health_checks:
        if name not in health_meanings():
            yield f"health: no meaning of {name} in health_meanings.json"


def provisional(known: Catalog, version: str) -> Iterator[str]:
    """Yield the provisional facts of a version that a server has been recorded of."""
    if (RECORDINGS / f"facts/v{version}.json").exists():
        for kind, names in (known.behaviour("provisionalFacts") or {}).items():
            yield f"provisionalFacts: {kind} of {', '.join(names)}: a server was recorded; delete the row"
        if (RECORDINGS / f"facts/v{version}-from-source.json").exists():
            yield f"recordings: facts/v{version}-from-source.json is superseded; delete it"


def decisions(version: str) -> Iterator[str]:
    """Yield the homes that nobody has compared with a version."""
    decided = yaml.safe_load(DECISIONS.read_text()).get(version) or {}
    for home, task in DECIDED.items():
        if home not in decided:
            yield f"{home}: {task}, then note it in {DECISIONS.relative_to(ROOT)}"


def ranges() -> Iterator[str]:
    """Yield the documents that do not name the supported versions."""
    span = f"{versions()[0]} to {versions()[-1]}"
    for name in RANGES:
        if span not in (ROOT / name).read_text():
            yield f"documents: {name} does not say {span}"


def ending_with(version: str) -> Iterator[str]:
    """Yield the rows of hand-made data that only hold in a version and earlier ones: FILE:LINE."""
    until = re.compile(rf'"until": "{re.escape(version)}"|until: "{re.escape(version)}"|\d-{re.escape(version)}\s*$')
    directories = (
        "compiler/upstream/catalog/data",
        "compiler/apiserver/config_files/shapes",
        "compiler/upstream/cel/data",
    )
    generated = set(build(RECORDINGS / "facts")) | {"pods.json"}
    for directory in directories:
        for path in sorted((ROOT / directory).iterdir()):
            if path.is_file() and path.name not in generated:
                for number, line in enumerate(path.read_text().splitlines(), 1):
                    if until.search(line):
                        yield f"{path.relative_to(ROOT)}:{number}"
