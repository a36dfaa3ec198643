"""What the CRD of KubeadmConfig demands of each field. The data file is written by `tools.record.kubeadm_fields`."""

from __future__ import annotations

from typing import Any

from compiler.inputs.dialects.kubeadm import tables
from compiler.inputs.dialects.kubeadm.cluster_api_documents import TITLE
from compiler.inputs.dialects.kubeadm.report import Reporter
from compiler.inputs.source.node import Node
from compiler.text import did_you_mean, shown, shown_bare


def check_limits(spec: Node, version: str, path: str, report: Reporter) -> None:
    """Report the values of a KubeadmConfigSpec at `path` that the API server refuses."""
    _Limits(tables.cluster_api_limits(version), report).check(spec, "", path)


class _Limits:
    def __init__(self, limits: dict[str, Any], report: Reporter) -> None:
        self.limits = limits
        self.report = report

    def check(self, node: Node, pattern: str, path: str) -> None:
        """Check a value and those in it. `pattern` is its path from the spec on, without indices."""
        value = node.value
        for name, limit in self.limits.get(pattern, {}).items():
            getattr(self, f"_{name}")(node, limit, path)
        if isinstance(value, dict):
            for key, child in value.items():
                self.check(child, f"{pattern}.{key}" if pattern else key, f"{path}.{key}")
        elif isinstance(value, list):
            for index, child in enumerate(value):
                self.check(child, f"{pattern}[]", f"{path}[{index}]")

    def _size(self, node: Node, limit: list[int | None], path: str) -> None:
        least, most = limit
        if not isinstance(node.value, str | list | dict):
            return
        count, name = len(node.value), shown_bare(_last(path))
        if least and not count:
            # An empty mapping does not change anything, and controllers that write objects leave it out.
            report = self.report.ignore if isinstance(node.value, dict) else self.report.refuse
            report(f"{TITLE} refuses an empty {name}", "set it, or remove the field", node, path)
        elif most is not None and count > most:
            unit = "characters" if isinstance(node.value, str) else "entries"
            message = f"{TITLE} refuses {name}: it has {count} {unit}, the most are {most}"
            self.report.refuse(message, "shorten it", node, path)

    def _range(self, node: Node, limit: list[int | None], path: str) -> None:
        least, most = limit
        value = node.value
        if not isinstance(value, int) or isinstance(value, bool):
            return
        message = f"{TITLE} refuses {shown_bare(node.text)} as {shown_bare(_last(path))}"
        if least is not None and value < least:
            self.report.refuse(f"{message}: the least is {least}", f"write {least} or more", node, path)
        elif most is not None and value > most:
            self.report.refuse(f"{message}: the most is {most}", f"write {most} or less", node, path)

    def _one(self, node: Node, values: list[str], path: str) -> None:
        if isinstance(node.value, str) and node.value not in values:
            message = f"{TITLE} refuses {shown(node.value)} as {shown_bare(_last(path))}"
            hint = did_you_mean(node.value, values) or f"write one of {', '.join(values)}"
            self.report.refuse(message, hint, node, path)

    def _needs(self, node: Node, names: list[str], path: str) -> None:
        for name in names if isinstance(node.value, dict) else ():
            given = node.get(name)
            if given is None or given.value is None:
                message = f"{TITLE} refuses {shown_bare(_last(path))} without {name}"
                self.report.refuse(message, f"set {name}", node, f"{path}.{name}")

    def _unique(self, node: Node, names: list[str], path: str) -> None:
        """Report entries of a list that are the same in these fields."""
        known = set[tuple[object, ...]]()
        for index, item in enumerate(node.value if isinstance(node.value, list) else ()):
            fields = [item.get(name) for name in names]
            values = tuple(field.value for field in fields if field is not None and isinstance(field.value, str))
            if len(values) < len(names) or values not in known:
                known.add(values)
                continue
            message = f"{TITLE} refuses {shown(values[0])} twice: entries of {_last(path)} have different names"
            hint = "join the values with commas, if the flag is a list"
            self.report.refuse(message, hint, fields[0] or item, f"{path}[{index}].{names[0]}")


def _last(path: str) -> str:
    return path.rpartition(".")[2]
