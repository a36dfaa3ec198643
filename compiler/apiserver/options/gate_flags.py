"""The feature-gates flag: from its value to the state of the gates.

Kubernetes: staging/src/k8s.io/component-base/featuregate/feature_gate.go and compatibility/registry.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler import rules
from compiler.text import Suggestion, shown, shown_bare
from compiler.upstream.catalog.history import gate_advice, known_in, removal
from compiler.upstream.go.strconv import FALSE_STRINGS, TRUE_STRINGS

if TYPE_CHECKING:
    from compiler.apiserver.options.group import OptionGroup

FLAG = "feature-gates"


def apply_gate_flags(group: OptionGroup) -> None:
    """Set the gates that the flag names; report names, values and prefixes that the server refuses."""
    bare, prefixed = False, False
    final: dict[str, tuple[bool, int]] = {}
    for index, (component, entry) in enumerate(group.flags.value(FLAG) or ()):
        bare, prefixed = bare or not component, prefixed or component == "kube"
        if component not in ("", "kube"):
            message = f"--{FLAG} names the component {shown(component)}"
            hint = "write only the gate, or kube:NAME=true"
            if group.context.gates.known(component) is not None:
                hint = f"write {component}={shown_bare(entry.lstrip('= '))}"
            group.report(rules.FEATURE_GATE_OF_OTHER_COMPONENT, message, hint, FLAG, index)
            continue
        if not entry:
            continue
        name, equals, text = entry.partition("=")
        name, text = name.strip(), text.strip()
        if not equals:
            group.report(
                rules.FEATURE_GATE_WITHOUT_VALUE,
                f"--{FLAG}: {shown(entry)} has no value",
                f"write {name}=true or =false",
                FLAG,
                index,
            )
        elif text not in TRUE_STRINGS and text not in FALSE_STRINGS:
            from compiler.upstream.conversions import as_boolean

            meant = as_boolean(text)
            message = f"--{FLAG}: {shown_bare(name)} cannot be {shown(text)}"
            hint = f"write {shown_bare(name)}={meant}" if meant else f"write {shown_bare(name)}=true or =false"
            group.report(rules.FEATURE_GATE_NOT_BOOLEAN, message, hint, FLAG, index)
        else:
            final[name] = (text in TRUE_STRINGS, index)
    if bare and prefixed:
        group.report(
            rules.MIXED_FEATURE_GATE_PREFIXES,
            f"--{FLAG} mixes names with and without kube:",
            "use one form for all",
            FLAG,
        )
    for name, (value, index) in final.items():
        if group.context.gates.known(name) is None:
            message, hint = _unknown(group, name, value)
            taken = isinstance(hint, Suggestion) and hint.new in final
            group.report(rules.UNKNOWN_FEATURE_GATE, message, str(hint) if taken else hint, FLAG, index)
        else:
            _set(group, name, value, index)


def _set(group: OptionGroup, name: str, value: bool, index: int) -> None:
    gates = group.context.gates
    step = gates.step(name)
    if step is None:
        message = f"--{FLAG}: {name} does not exist yet at the emulated version 1.{gates.emulated}"
        group.report(
            rules.FEATURE_GATE_NEWER_THAN_EMULATION, message, "remove it, or emulate a newer version", FLAG, index
        )
    elif step.locked and value != step.default:
        state = "on" if step.default else "off"
        message = f"--{FLAG}: {name} is locked {state} in 1.{gates.emulated} and cannot be {str(value).lower()}"
        advice = gate_advice(name, value)
        hint = f"remove {name}{f', and {advice}' if advice else ' from the list'}"
        group.report(rules.LOCKED_FEATURE_GATE, message, hint, FLAG, index)
    else:
        gates.set(name, value)


def _unknown(group: OptionGroup, name: str, value: bool) -> tuple[str, str]:
    """Return message and hint for a gate that the binary does not have."""
    version = group.context.catalog.version
    gone, having = removal("featureGates", name, version), known_in("featureGates", name)
    if gone and gone.get("removed"):
        message = f"--{FLAG}: the gate {name} was removed in {gone['removed']}"
        if advice := gate_advice(name, value):
            return message, f"remove {name}, and {advice}"
        if gone.get("replacement"):
            return message, f"use {gone['replacement']}"
        if "ga" in gone:
            always = "its feature is always enabled" if value else "its feature cannot be disabled"
            return message, f"remove {name}: {always} since {gone['ga']}"
        return message, "remove it: the feature was removed" if not gone.get("lastDefault") else "remove it"
    message = f"--{FLAG}: {shown(name)} is not a feature gate of {version}"
    if having:
        return f"{message}; it exists in {having[0]} to {having[-1]}", "remove it, or compile for one of those versions"
    near = group.context.report.suggestions.did_you_mean(name, group.context.catalog.gates)
    return message, near or "check the spelling; gates are case-sensitive"


def report_dependencies(group: OptionGroup) -> None:
    """Report gates that are enabled without the gates that they need.

    From 1.35 on, the registry itself knows them; before, single pairs were checked by the server's validation.
    """
    context = group.context
    for name, missing in context.gates.broken_dependencies():
        index = _index_of(group, (name, *missing))
        what = " and ".join(missing)
        hint = f"also disable {name}, or keep {what} enabled"
        group.report(
            rules.FEATURE_GATE_WITHOUT_DEPENDENCY,
            f"--{FLAG}: {name} is enabled but needs {what}, which is disabled",
            hint,
            FLAG,
            index,
        )
        if context.catalog.is_provisional("gateDependency", name):
            message = f"--{FLAG}: it is not confirmed that {name} needs {what} in {context.catalog.version}"
            group.report(rules.UNCONFIRMED_FACT, message, "test the change on a server of this version", FLAG, index)


def report_pairs(group: OptionGroup) -> None:
    """Report the pairs of gates that releases before 1.35 check while validating."""
    context = group.context
    for rule_id, name, needed in context.catalog.behaviour("gatePairs") or ():
        if context.gates.on(name) and not context.gates.on(needed) and context.gates.known(needed):
            hint = f"also disable {name}, or enable {needed}"
            message = f"--{FLAG}: {name} is enabled but needs {needed}, which is disabled"
            group.report(rules.by_id()[rule_id], message, hint, FLAG, _index_of(group, (name, needed)))


def _index_of(group: OptionGroup, names: tuple[str, ...]) -> int | None:
    for index, (_, entry) in enumerate(group.flags.value(FLAG) or ()):
        if entry.partition("=")[0].strip() in names:
            return index
    return None
