"""Every rule that a diagnostic can name: one table.

The ids of server rules are stable; a diagnostic's code is the id in the form `KASC-ETCD-003`.
"""

from __future__ import annotations

from typing import NamedTuple


class Rule(NamedTuple):
    """`source` names the Kubernetes file and function, or says why kasc itself holds to the rule."""

    title: str
    source: str
    severity: str = "error"
    of_server: bool = True


def own(title: str, why: str, severity: str = "error") -> Rule:
    """A rule of kasc's own, which no server knows."""
    return Rule(title, why, severity, of_server=False)


RULES: dict[str, Rule] = {
    # Reading a document
    "DOC-01": own("file cannot be read", "kasc needs to read the file"),
    "DOC-02": own("file is too large, too deep or expands too far", "bounds protect pipelines from hostile input"),
    "DOC-03": own("file is not text in UTF-8", "YAML and TOML are UTF-8 text"),
    "DOC-04": own("syntax error", "the file is not well-formed"),
    "DOC-05": own("key given twice", "the later value would silently win"),
    "DOC-06": own("value of a kind that the document cannot hold", "documents hold JSON's kinds of values"),
    "DOC-07": own("alias or merge key cannot be resolved", "YAML anchors must be defined before use"),
    "DOC-08": own("extends cannot be followed", "parents must exist and must not form a circle"),
    "DOC-09": own("more than one YAML document, or none", "one file describes one API server"),
}
