"""Forms of names that several structured files share."""

from __future__ import annotations

import re

_LABEL = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"


def is_subdomain(text: str) -> bool:
    """Whether a text is a DNS subdomain. Kubernetes: apimachinery/pkg/util/validation, IsDNS1123Subdomain."""
    return len(text.encode()) <= 253 and re.fullmatch(rf"{_LABEL}(?:\.{_LABEL})*", text) is not None
