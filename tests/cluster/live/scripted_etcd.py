"""A gRPC server in the place of an etcd: it answers what a test tells it to, valid or not."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

grpc = pytest.importorskip("grpc")

Answer = Callable[[bytes, Any], bytes]
"""The bytes of an answer, from those of the request and the context of the call."""
WIRE_BYTES, WIRE_VARINT = 2, 0


def varint(number: int) -> bytes:
    """A number in the form of protocol buffers; a negative one as int64."""
    number &= 2**64 - 1
    data = bytearray()
    while number > 127:
        data.append(number & 127 | 128)
        number >>= 7
    return bytes((*data, number))


def field(number: int, value: int | bytes) -> bytes:
    """One field of a message."""
    if isinstance(value, int):
        return varint(number << 3 | WIRE_VARINT) + varint(value)
    return varint(number << 3 | WIRE_BYTES) + varint(len(value)) + value


def status(version: bytes = b"3.5.9", size: int = 4096, leader: int = 1) -> bytes:
    """A StatusResponse (etcd: api/etcdserverpb/rpc.proto)."""
    return field(1, field(3, 7)) + field(2, version) + field(3, size) + field(4, leader)


def page(*pairs: tuple[bytes, bytes], more: bool = False, count: int | None = None, revision: int = 7) -> bytes:
    """A RangeResponse with keys and their values."""
    entries = [
        field(2, field(1, key) + field(2, 3) + field(3, 4) + field(4, 1) + field(5, value)) for key, value in pairs
    ]
    total = len(pairs) if count is None else count
    return field(1, field(1, 9) + field(3, revision)) + b"".join(entries) + field(3, int(more)) + field(4, total)


def range_of(request: bytes) -> dict[int, int | bytes]:
    """The fields of a RangeRequest by number: 1 key, 2 end, 3 limit, 4 revision, 8 keys only, 9 count only."""
    found: dict[int, int | bytes] = {}
    position = 0

    def number() -> int:
        nonlocal position
        value = shift = 0
        while True:
            byte = request[position]
            position += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while position < len(request):
        tag = number()
        if tag & 7 == WIRE_VARINT:
            found[tag >> 3] = number()
        else:
            length = number()
            found[tag >> 3] = request[position : position + length]
            position += length
    return found


def report(code: str, details: str) -> Answer:
    """Answer with an error."""

    def answer(request: bytes, context: Any) -> bytes:
        context.abort(getattr(grpc.StatusCode, code), details)
        raise AssertionError

    return answer


class ScriptedEtcd:
    """Serves on a free port of 127.0.0.1; `answers` by the last part of a method's name go before those of a well
    etcd without keys. `calls` are the names of the methods that were called.
    """

    def __init__(self, **answers: Answer | bytes) -> None:
        self.answers: dict[str, Answer | bytes] = {"Status": status(), "Alarm": b"", "Range": page(), **answers}
        self.calls: list[str] = []
        options = [("grpc.max_send_message_length", -1)]
        self.server = grpc.server(ThreadPoolExecutor(4), handlers=(_Handler(self),), options=options)
        self.url = f"http://127.0.0.1:{self.server.add_insecure_port('127.0.0.1:0')}"

    def answer(self, name: str, request: bytes, context: Any) -> bytes:
        self.calls.append(name)
        answer = self.answers[name]
        return answer(request, context) if callable(answer) else answer

    def __enter__(self) -> ScriptedEtcd:
        self.server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.stop(None).wait()


class _Handler(grpc.GenericRpcHandler):
    def __init__(self, etcd: ScriptedEtcd) -> None:
        self.etcd = etcd

    def service(self, call: Any) -> Any:
        name = call.method.rpartition("/")[2]
        if name not in self.etcd.answers:
            return None
        return grpc.unary_unary_rpc_method_handler(lambda request, context: self.etcd.answer(name, request, context))
