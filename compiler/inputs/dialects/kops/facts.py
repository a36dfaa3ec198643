"""What kOps sets, accepts and names its fields, by its release, by Kubernetes version and by API version.

The tables are in data/kops.json: they are those of the branches release-1.31 to release-1.36 and of master (1.37).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

Version: TypeAlias = tuple[int, int]
"""Major and minor version, of kOps or of Kubernetes."""

TITLE = "kOps"
APIS = ("v1alpha2", "v1alpha3")
"""The versions of the API of kOps."""
_CHECKED = {
    "string": "string",
    "int32": "int",
    "int64": "int",
    "bool": "bool",
    "duration": "duration",
    "quantity": "scalar",
    "list": ["string"],
    "map": {"*": "string"},
    "any": "any",
}
"""The types of fields -> the types that `check_fields` knows."""


class Field(NamedTuple):
    """A field of KubeAPIServerConfig.

    `key` is its name in v1alpha2, by which this package calls it, `name` that in the API version of the file. `flag` is
    empty for a field that is not a flag. A value equal to `empty` is not passed. A pointer that is not nil is a value,
    even if it points to an empty string or to 0. `repeated` is set if each item of a list is a flag of its own.
    `node_file` is the file of nodeup that replaces the value.
    """

    key: str
    name: str
    type: str
    is_pointer: bool
    flag: str
    empty: str
    repeated: bool
    node_file: str


@cache
def _data() -> dict[str, Any]:
    text = Path(__file__).with_name("data.json").read_text()
    data: dict[str, Any] = json.loads(text)
    return data


def version_of(text: str) -> Version:
    """Return the version of a string like 1.36.

    >>> version_of("1.36")
    (1, 36)
    """
    major, minor = text.split(".")[:2]
    return int(major), int(minor)


def spelled(version: Version) -> str:
    """Return a version as a string.

    >>> spelled((1, 36))
    '1.36'
    """
    return f"{version[0]}.{version[1]}"


def fact(name: str, release: Version) -> Any:
    """Return what holds in a release of kOps: the value of the newest entry up to it."""
    entries: dict[str, Any] = _data()["byRelease"][name]
    return next(entries[since] for since in reversed(entries) if version_of(since) <= release)


def for_kubernetes(name: str, release: Version, kubernetes: Version) -> Any:
    """Return what holds in a release of kOps for a Kubernetes version; None if nothing does."""
    rows: list[tuple[str | None, Any]] = fact(name, release)
    matching = (value for below, value in rows if below is None or kubernetes < version_of(below))
    return next(matching, None)


def releases() -> dict[Version, Version]:
    """Return the known releases of kOps, oldest first, with the oldest Kubernetes version that each supports."""
    oldest: dict[str, str] = _data()["releases"]["oldestKubernetes"]
    return {version_of(release): version_of(kubernetes) for release, kubernetes in oldest.items()}


def newest_for(kubernetes: Version) -> Version:
    """Return the newest release of kOps that supports a Kubernetes version, or the closest one that is known."""
    newest = version_of(_data()["releases"]["newest"])
    known = releases()
    supporting = [each for each, oldest in known.items() if oldest <= kubernetes <= each]
    released = [each for each in supporting if each <= newest]
    if released or supporting:
        return max(released) if released else supporting[0]
    return max(known) if kubernetes > max(known) else min(known)


@cache
def server_fields(api: str, release: Version) -> dict[str, Field]:
    """Return the fields of KubeAPIServerConfig by key; those that the API version or the release lacks are missing."""
    fields = {}
    for row in _data()["kubeAPIServer"]:
        name = row.get(api, row["key"])
        if name is None or version_of(row.get("since", "1.0")) > release:
            continue
        kind = row["type"]
        fields[row["key"]] = Field(
            *(
                row["key"],
                name,
                kind.removeprefix("*"),
                kind.startswith("*"),
                row.get("flag", ""),
                row.get("empty", ""),
            ),
            *(row.get("repeat", False), row.get("node", "")),
        )
    return fields


@cache
def all_server_fields() -> dict[str, Field]:
    """Return every field of KubeAPIServerConfig that any version of the API and of kOps has, by key."""
    return server_fields("v1alpha2", max(releases()))


@cache
def object_fields(kind: str, api: str, release: Version) -> Mapping[str, Any]:
    """Return the fields of the spec of a `cluster` or `instanceGroup`, as `check_fields` takes them."""
    fields = _without(_data()["objects"][api][kind], "", release)
    if kind == "cluster":
        checked = {field.name: _CHECKED[field.type] for field in server_fields(api, release).values()}
        return {**fields, "kubeAPIServer": checked}
    return fields


def is_known(path: str, release: Version) -> bool:
    """Return whether a release of kOps has a field of the spec of a cluster."""
    return version_of(_data()["since"].get(path, "1.0")) <= release


def _without(fields: Mapping[str, Any], path: str, release: Version) -> dict[str, Any]:
    """Return the fields without those that later releases of kOps added."""
    kept = {}
    for name, expected in fields.items():
        place = f"{path}{name}"
        if is_known(place, release):
            kept[name] = _without(expected, f"{place}.", release) if isinstance(expected, dict) else expected
    return kept
