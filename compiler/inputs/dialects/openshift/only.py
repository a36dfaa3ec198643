"""What only OpenShift's kube-apiserver has: flags, admission plugins, authorizers and feature gates.

kasc knows the kube-apiserver of Kubernetes, so they are left out, with a note. OpenShift ignores feature gates that its
kube-apiserver does not have: openshift-kube-apiserver, component-base/featuregate.
"""

from __future__ import annotations

from compiler.diagnostics import Location
from compiler.inputs.arguments import Word
from compiler.inputs.dialects import Request
from compiler.inputs.dialects.openshift.fields import AUTHORIZERS, FLAGS, PLUGIN_SUFFIX
from compiler.upstream.catalog import Catalog, catalog
from compiler.upstream.catalog.facts import nearest

_PLUGINS = ("enable-admission-plugins", "disable-admission-plugins")
_MODES = "authorization-mode"
_GATES = "feature-gates"


def upstream_words(words: list[Word], version: str | None, start: Location, request: Request) -> list[Word]:
    """Return the words without what only OpenShift has, which one note reports."""
    known = catalog(nearest(version))
    removed: dict[str, int] = {}
    result = []
    for word in words:
        kept = _upstream(word, known, removed)
        if kept is not None:
            result.append(kept)
    if any(_name(word) == _MODES for word in words) and not any(_name(word) == _MODES for word in result):
        modes = next(word for word in words if _name(word) == _MODES)
        result.append(modes._replace(unknown=modes.text.partition("=")[2]))
    if removed:
        parts = [f"{count} {what}{'s' if count > 1 else ''}" for what, count in removed.items()]
        listed = ", ".join(parts[:-1]) + f" and {parts[-1]}" if len(parts) > 1 else parts[0]
        message = f"only the kube-apiserver of OpenShift has {listed} of this file: they are not checked"
        request.decided_outside(message, "compare with the running server", start, "apiServerArguments")
    return result


def _name(word: Word) -> str:
    return word.text.partition("=")[0].removeprefix("--").replace("_", "-")


def _upstream(word: Word, known: Catalog, removed: dict[str, int]) -> Word | None:
    """Return a word without the elements that only OpenShift has, None if nothing remains."""
    name = _name(word)
    if name in FLAGS:
        removed["flag"] = removed.get("flag", 0) + 1
        return None
    what = "admission plugin" if name in _PLUGINS else {_MODES: "authorizer", _GATES: "feature gate"}.get(name)
    if what is None:
        return word
    elements = word.text.partition("=")[2].split(",")
    kept = [element for element in elements if not _only_openshift(name, element.strip(), known)]
    if len(kept) == len(elements):
        return word
    removed[what] = removed.get(what, 0) + len(elements) - len(kept)
    return word._replace(text=f"--{name}={','.join(kept)}", trace=None) if kept else None


def _only_openshift(name: str, element: str, known: Catalog) -> bool:
    if name == _GATES:
        gate = element.partition("=")[0].strip()
        return bool(gate) and "=" in element and known.gate(gate) is None and gate not in ("AllAlpha", "AllBeta")
    return element in AUTHORIZERS if name == _MODES else PLUGIN_SUFFIX in element
