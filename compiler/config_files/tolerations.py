"""Tolerations, as Pods have them.

Kubernetes: pkg/apis/core/validation/validation.go, ValidateTolerations.
"""

from __future__ import annotations

import re

from compiler.config_files.field import Field
from compiler.flags.text import shown

_NAME = r"([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]"
_PREFIX = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


def check_tolerations(tolerations: Field, rule: str) -> None:
    """Report under one rule what the server would refuse of a list of tolerations."""
    for toleration in tolerations.items():
        key, operator, value = toleration["key"], toleration["operator"], toleration["value"]
        effect = toleration["effect"]
        if key.text and not _is_label_name(key.text):
            key.refuse(rule, f"{shown(key.text)} is not the key of a taint", "write NAME or DOMAIN/NAME")
        if not key.text and operator.text != "Exists":
            operator.refuse(rule, "a toleration without a key needs the operator Exists", "write Exists")
        if operator.text not in ("", "Equal", "Exists"):
            operator.refuse(rule, f"{shown(operator.text)} is not an operator", "write Equal or Exists")
        elif operator.text == "Exists" and value.text:
            value.refuse(rule, "the operator Exists takes no value", "remove the value")
        elif operator.text != "Exists" and value.text and not re.fullmatch(_NAME, value.text):
            value.refuse(rule, f"{shown(value.text)} is not a label's value", "use letters, digits, -, _ and .")
        if toleration["tolerationSeconds"].given and effect.text != "NoExecute":
            effect.refuse(rule, "tolerationSeconds needs the effect NoExecute", "write NoExecute")
        if effect.text not in ("", *_EFFECTS):
            effect.refuse(rule, f"{shown(effect.text)} is not an effect", f"write {', '.join(_EFFECTS)}")


def _is_label_name(text: str) -> bool:
    prefix, slash, name = text.rpartition("/")
    if slash and (not re.fullmatch(_PREFIX, prefix) or len(prefix) > 253):
        return False
    return re.fullmatch(_NAME, name) is not None
