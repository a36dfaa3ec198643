"""kubeadm: the command line for every recorded configuration, what kubeadm refuses and ignores, positions, the Pod."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.inputs.dialects import pairs, predicted_and_real

OTHER_NODE = "join-empty-control-plane"
"""The address of the node that joins is only known there."""
LINE_BREAK = "list-multiline-value"
"""An argument list cannot have a value with a line break, so the comparison is about another server."""


@pytest.mark.parametrize("pair", pairs("kubeadm-1.31", "kubeadm-1.33", "kubeadm-1.36"), ids=lambda pair: pair["id"])
def test_recorded(pair: dict[str, Any], tmp_path: Path) -> None:
    predicted, real = predicted_and_real(pair, tmp_path)
    if pair["id"] == OTHER_NODE:
        assert {flag for flag in predicted.flags if flag not in real.flags} == {"--advertise-address=10.30.0.1"}
    elif pair["id"] == LINE_BREAK:
        assert predicted.outcome == real.outcome == "reject"
    else:
        assert predicted == real
