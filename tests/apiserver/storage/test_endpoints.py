"""Which etcd endpoints the etcd client can dial."""

from __future__ import annotations

import pytest

from compiler.upstream.etcd import dial_problem


@pytest.mark.parametrize("host", ["10.0.0.1", "etcd.example", "[::1]", "a_b"])
@pytest.mark.parametrize("scheme", ["https://", "http://", ""])
def test_ports_end_at_65535(host: str, scheme: str) -> None:
    assert dial_problem(f"{scheme}{host}:65535", 2) == ""
    assert dial_problem(f"{scheme}{host}:65536", 2) != ""
