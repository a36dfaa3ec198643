"""What `kube-apiserver --help` prints: the named flag sets in order, feature gates, admission plugins, TLS names."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

_SECTION = re.compile(r"^([A-Z].*) flags:$")
_FLAG = re.compile(r"^ {2,6}(?:-(\w), )?--([\w-]+)(?: ([^\s\[]+))?(?:\[=[^\]]*\])?(?: {2,}(.*))?$")
_GATE = re.compile(r"^(?:kube:)?(\w+)=true\|false \((\w+) - default=(true|false)")
_LOGGED = re.compile(r'FLAG: --([\w-]+)="((?:[^"\\]|\\.)*)"')


class HelpFlag(NamedTuple):
    """A flag as the help shows it. `type_name` is pflag's word for the value, "" for a bool."""

    name: str
    shorthand: str
    type_name: str
    usage: str

    @property
    def deprecated(self) -> bool:
        """Whether pflag marks it as deprecated."""
        return "(DEPRECATED: " in self.usage


def flag_sets(text: str) -> dict[str, list[HelpFlag]]:
    """Return flag set -> its flags, in the order of the help, which sorts flags within a set."""
    sets: dict[str, list[HelpFlag]] = {}
    section: list[HelpFlag] | None = None
    for line in text.splitlines():
        heading = _SECTION.match(line)
        if heading:
            title = heading.group(1)
            # The help capitalizes the first letter of names that are in lowercase ("generic", but "API enablement").
            name = title if title[:2].isupper() else title[0].lower() + title[1:]
            section = sets.setdefault(name, [])
        elif section is not None:
            flag = _FLAG.match(line)
            if flag:
                shorthand, name, type_name, usage = (part or "" for part in flag.groups())
                section.append(HelpFlag(name, shorthand, type_name, usage))
            elif line.strip() and section:
                section[-1] = section[-1]._replace(usage=f"{section[-1].usage}\n{line.strip()}")
    return sets


def logged_values(output: str) -> dict[str, str]:
    """Return flag -> value of the lines `FLAG: --name="value"` that a server logs at --v=1, hidden flags included."""
    return {name: go_unquoted(value) for name, value in _LOGGED.findall(output)}


def shown_default(sets: dict[str, list[HelpFlag]], name: str) -> str:
    """Return the default that the help shows of a flag; "" for a zero value, which it does not show."""
    result = re.search(r'\(default (?:"([^"]*)"|([^)]*))\)', usage_of(sets, name))
    return (result[1] or result[2] or "") if result else ""


def feature_gates(sets: dict[str, list[HelpFlag]]) -> dict[str, tuple[str, bool]]:
    """Return gate -> (stage, default), for the alpha and beta gates that the help of --feature-gates lists."""
    lines = usage_of(sets, "feature-gates").splitlines()
    return {result[1]: (result[2], result[3] == "true") for line in lines if (result := _GATE.match(line))}


def admission_plugins(sets: dict[str, list[HelpFlag]]) -> tuple[list[str], list[str]]:
    """Return all plugins, sorted, and those that are enabled by default, in the order of the chain."""
    usage = usage_of(sets, "enable-admission-plugins")
    enabled = re.search(r"default enabled ones \(([^)]*)\)", usage)
    known = re.search(r"list of admission plugins: ([\w, ]+)\.", usage)
    return (_listed(known.group(1)) if known else []), (_listed(enabled.group(1)) if enabled else [])


def tls_names(sets: dict[str, list[HelpFlag]]) -> dict[str, list[str]]:
    """Return the names of cipher suites, preferred and insecure, and of TLS versions."""
    suites = usage_of(sets, "tls-cipher-suites").replace("\n", " ")
    preferred = re.search(r"Preferred values: ([\w, ]+)", suites)
    insecure = re.search(r"Insecure values: ([\w, ]+)", suites)
    versions = re.search(r"Possible values: ([\w, ]+)", usage_of(sets, "tls-min-version").replace("\n", " "))
    return {
        name: sorted(_listed(result.group(1))) if result else []
        for name, result in (("insecureCiphers", insecure), ("preferredCiphers", preferred), ("versions", versions))
    }


def usage_of(sets: dict[str, list[HelpFlag]], name: str) -> str:
    """Return the description of a flag; "" if the help does not show it."""
    return next((flag.usage for flags in sets.values() for flag in flags if flag.name == name), "")


def _listed(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def go_unquoted(text: str) -> str:
    """Return the string that Go's %q wrote, given without its quotes."""
    text = re.sub(r"\\x([0-9a-f]{2})", r"\\u00\1", text)
    text = re.sub(r"\\([av])", lambda match: "\\u0007" if match.group(1) == "a" else "\\u000b", text)
    return str(json.loads(f'"{text}"'))
