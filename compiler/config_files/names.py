"""Forms of names that several structured files share."""

from __future__ import annotations

import re

_LABEL = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_NAME = "[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"


def is_subdomain(text: str) -> bool:
    """Whether a text is a DNS subdomain. Kubernetes: apimachinery/pkg/util/validation, IsDNS1123Subdomain."""
    return len(text.encode()) <= 253 and re.fullmatch(rf"{_LABEL}(?:\.{_LABEL})*", text) is not None


def is_label(text: str) -> bool:
    """Whether a text is a DNS label. Kubernetes: apimachinery/pkg/util/validation, IsDNS1123Label."""
    return len(text) <= 63 and re.fullmatch(_LABEL, text) is not None


def is_label_value(text: str) -> bool:
    """Whether a text can be the value of a label. Kubernetes: IsValidLabelValue."""
    return not text or re.fullmatch(_NAME, text) is not None


def is_qualified_name(text: str) -> bool:
    """Whether a text is a name with or without a prefix, as keys of labels are. Kubernetes: IsQualifiedName."""
    prefix, slash, name = text.rpartition("/")
    return re.fullmatch(_NAME, name) is not None and (not slash or is_subdomain(prefix))
