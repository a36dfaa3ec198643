"""Names of servers to addresses, within a time: the resolver of the system knows no deadline."""

from __future__ import annotations

import socket
import threading
from typing import Any

_MOST = 16
"""Addresses of one name; the rest are ignored."""

Address = tuple[socket.AddressFamily, Any]


def resolved(host: str, port: int, seconds: float) -> list[Address]:
    """The addresses of a host, in the order of preference. Raises OSError or UnicodeError, TimeoutError when late."""
    outcome: list[list[Address] | Exception] = []

    def resolve() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            outcome.append([(family, address) for family, _, _, _, address in found[:_MOST]])
        except (OSError, UnicodeError) as error:
            outcome.append(error)

    thread = threading.Thread(target=resolve, daemon=True)
    thread.start()
    thread.join(seconds)
    if not outcome:
        raise TimeoutError
    result = outcome[0]
    if isinstance(result, Exception):
        raise result
    return result
