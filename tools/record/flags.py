"""The flag sets of a binary, in the form of the facts.

The help has the sets, names and most types; the log of a server at --v=1 has every name and default, hidden flags
included. Neither has the order of registration within a set, or whether an `int` is an int64: both come from the source
tree, otherwise from the facts of an earlier version. What none of them has is noted.
"""

from __future__ import annotations

from typing import Any

from tools.record.help_text import HelpFlag

_TYPES = {"": ["bool"], "strings": ["stringSlice", "stringArray"], "int": ["int", "int64"], "uint": ["uint", "uint64"],
          "float": ["float64", "float32"], "ints": ["intSlice"], "stringArray": ["stringArray"]}  # fmt: skip
"""pflag's word in a help -> the types that it may mean, the most common one first (pflag: UnquoteUsage)."""
_PLAIN = frozenset(
    {"string", "duration", "ip", "stringToString", *(kind for kinds in _TYPES.values() for kind in kinds)}
)
_LEFTOVER = "misc"
"""The set of hidden flags whose set is unknown."""

Flag = dict[str, Any]


class FlagSets:
    """Builds the flag sets; `notes` says what was guessed.

    `source` lists (flag, type) in the order of the source, `earlier` the flag sets of an earlier version.
    """

    def __init__(self, source: list[tuple[str, str]], earlier: list[dict[str, Any]]) -> None:
        self.notes: list[str] = []
        self._source_types = {name: kind for name, kind in source if kind}
        self._source_order = [name for name, _ in source]
        self._earlier: dict[str, list[Flag]] = {each["name"]: each["flags"] for each in earlier}

    def build(
        self, sets: dict[str, list[HelpFlag]], defaults: dict[str, str], omit: frozenset[str] = frozenset()
    ) -> list[dict[str, Any]]:
        """Return the named flag sets in order, each with its flags in the order of registration."""
        shown = {flag.name for flags in sets.values() for flag in flags}
        hidden: dict[str, list[str]] = {}
        for name in sorted(set(defaults) - shown - omit):
            hidden.setdefault(self._set_of_hidden(name), []).append(name)
        return [
            {
                "flags": self._ordered(
                    group,
                    [self._shown(flag, group, defaults) for flag in flags if flag.name not in omit]
                    + [self._hidden(name, group, defaults[name]) for name in hidden.get(group, [])],
                ),
                "name": group,
            }
            for group, flags in sets.items()
        ]

    def _shown(self, flag: HelpFlag, group: str, defaults: dict[str, str]) -> Flag:
        kind = self._type_of(flag.name, group, _TYPES.get(flag.type_name, [flag.type_name]))
        row: Flag = {"default": defaults.get(flag.name, ""), "name": flag.name, "type": kind}
        if flag.name not in defaults:
            self.notes.append(f"--{flag.name}: default unknown, the log does not have it")
        if flag.deprecated:
            row["deprecated"] = True
        if flag.shorthand:
            row["shorthand"] = flag.shorthand
        elif len(flag.name) == 1:
            row["shorthand"] = flag.name
        return dict(sorted(row.items()))

    def _hidden(self, name: str, group: str, default: str) -> Flag:
        # pflag hides a flag when it is marked as deprecated; flags of kube-apiserver are not hidden otherwise.
        kind = self._type_of(name, group, [])
        return {"default": default, "deprecated": True, "hidden": True, "name": name, "type": kind}

    def _type_of(self, name: str, group: str, candidates: list[str]) -> str:
        """Return the pflag type: that of source or earlier facts if it fits, else the first candidate."""
        before: str = next((str(flag["type"]) for flag in self._earlier.get(group, []) if flag["name"] == name), "")
        known = self._source_types.get(name) or before
        # Instead of the type, the help shows a word of the description that is in back quotes.
        if known and (known in candidates or not candidates or candidates[0] not in _PLAIN):
            return known
        if len(candidates) > 1:
            self.notes.append(f"--{name}: type {' or '.join(candidates)}")
        return candidates[0] if candidates else "string"

    def _set_of_hidden(self, name: str) -> str:
        for group, flags in self._earlier.items():
            if any(flag["name"] == name for flag in flags):
                return group
        self.notes.append(f"--{name}: hidden; its flag set and type are unknown")
        return _LEFTOVER

    def _ordered(self, group: str, flags: list[Flag]) -> list[Flag]:
        """Return flags in the order of an earlier version; new ones follow their predecessor in the source."""
        by_name = {flag["name"]: flag for flag in flags}
        order = [flag["name"] for flag in self._earlier.get(group, []) if flag["name"] in by_name]
        source = [name for name in dict.fromkeys(self._source_order) if name in by_name]
        for name in (name for name in source if name not in order):
            before = [each for each in source[: source.index(name)] if each in order]
            order.insert(order.index(before[-1]) + 1 if before else len(order), name)
        for name in (name for name in by_name if name not in order):
            self.notes.append(f"--{name}: its place in {group!r} is unknown")
            order.append(name)
        return [by_name[name] for name in order]
