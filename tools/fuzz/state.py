"""Campaigns over kasc's own files: cache entries, configuration files and lists of outputs."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from random import Random

from compiler.artifacts import artifacts_of
from compiler.cli.arguments import UsageError
from compiler.cli.configuration import read_configuration
from compiler.fleet.cache import Cache, Entry, packed, unpacked
from compiler.fleet.fingerprints import digest
from compiler.fleet.outputs import LIST, Outputs, OutputsError
from compiler.review.examine import Settings, examine
from compiler.review.policies import ShippedPolicy
from tools.fuzz import seeds
from tools.fuzz.campaigns import Campaign, check_reports, write


class StateTargets:
    """Campaigns over kasc's own files, which are written to a directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.cache = Cache(str(directory / "cache"), [])
        self.entry = Path(self.cache._entry_path("input.yaml"))
        self.entry.parent.mkdir(parents=True, exist_ok=True)
        (directory / "out").mkdir(exist_ok=True)
        self.campaigns = [
            Campaign("cache entries", 20, self._entries, self._cached),
            Campaign("configurations", 15, self._configurations, self._configured),
            Campaign("lists of outputs", 8, self._lists_of_outputs, self._listed),
        ]

    def _entries(self) -> list[bytes]:
        entries = []
        for document in seeds.documents()[:40]:
            path = write(self.directory, "input.yaml", document)
            report = examine(path, Settings(policies=(ShippedPolicy("cis"),))).report
            files = [("kube-apiserver.flags", 10, digest(b"x")), ("files/a.yaml", 3, digest(b"y"))]
            entries.append(
                json.dumps(Entry({path: digest(document)}, packed(report), "a", files, [[1, 2, 3, 4]] * 2)).encode()
            )
        return entries

    def _cached(self, data: bytes, random: Random) -> frozenset[str]:
        self.entry.write_bytes(digest(data).encode() + b"\n" + data)
        entry = self.cache.find("input.yaml")
        if entry is None:
            return frozenset()
        report = unpacked("input.yaml", entry.report)
        for name in entry.fingerprints:
            os.path.lexists(name)
        for name, _, _ in entry.files or ():
            assert artifacts_of(name)
            os.path.lexists(self.directory / "out" / name)
        if random.random() < 0.2:
            check_reports(report, random)
        return frozenset(("taken", f"files={entry.files is not None}", f"name={entry.name is not None}"))

    def _configurations(self) -> list[bytes]:
        own = 'output = "json"\nquiet = true\nselect = ["KASC-ETCD"]\nignore = ["KASC-RISK-013"]\npolicy = "cis"\n'
        return [
            own.encode(),
            f"[project]\nname = 'x'\n[tool.kasc]\n{own}".encode(),
            b'tool = {kasc = {output = "text"}}\n',
        ]

    def _configured(self, data: bytes, random: Random) -> frozenset[str]:
        text = data.decode(errors="surrogateescape")
        try:
            options = read_configuration(random.choice((".kasc.toml", "pyproject.toml")), text)
        except UsageError as error:
            return frozenset((re.sub('"[^"]*"|[0-9]+', "", str(error))[-30:],))
        return frozenset(options)

    def _lists_of_outputs(self) -> list[bytes]:
        rows = '"a": ["../a.yaml", ["kube-apiserver.flags", "files/x.yaml"]],\n"b": ["../b.yaml", []]'
        return [f'{{"schemaVersion": 1, "outputs": {{\n{rows}\n}}}}\n'.encode()]

    def _listed(self, data: bytes, random: Random) -> frozenset[str]:
        out = self.directory / "out"
        (out / LIST).write_bytes(data)
        try:
            outputs = Outputs(str(out))
        except OutputsError:
            return frozenset(("damaged",))
        outputs.find_orphans([], [str(self.directory)])
        left = [*outputs.prune()]
        return frozenset(("listed", f"outputs={len(outputs.previous)}", f"orphans={len(left)}"))
