"""A real etcd, read only: the one module that imports etcd3.

Ranges are read in pages at one revision, so that memory is bounded by a page; their answers are taken apart here,
because the protocol buffers that etcd3 was generated for are slow in pure Python.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from compiler.live.range_response import Page, parse_range

# etcd3's generated code does not work with the compiled implementation of later protobuf releases.
os.environ["PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION"] = "python"
# What a failed call means is told by EtcdError; the library would tell it once more, on standard error.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

OLDEST = (3, 4)
"""The oldest release that kube-apiserver works with."""
_LARGEST_ANSWER = 512 * 1024 * 1024
_PAGE_BYTES = 8 * 1024 * 1024
_FIRST_PAGE, _LARGEST_PAGE = 64, 50_000
_END = b"\0"
_ALARMS = {1: "NOSPACE", 2: "CORRUPT"}


class EtcdError(Exception):
    """An etcd that cannot be read; the text says which and why, `hint` what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class Credentials(NamedTuple):
    """Files of the client and its user; empty where there are none."""

    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    user: str = ""
    password: str = ""


class Health(NamedTuple):
    """The state of one member: `problem` is empty where it is well, `hint` says what to do. Size in bytes."""

    url: str
    version: str = ""
    db_size: int = 0
    problem: str = ""
    hint: str = ""


class Etcd:
    """One etcd cluster, spoken to through one of its members.

    `timeout` counts for every call, in seconds. Raises EtcdError.
    """

    def __init__(self, url: str, credentials: Credentials, timeout: float = 10.0) -> None:
        self.url = url
        self.timeout = timeout
        try:
            import etcd3
        except ImportError:
            hint = "install it: pip install 'kasc[etcd]'"
            raise EtcdError("reading an etcd needs the package etcd3", hint) from None
        host, port, secure = _address(url)
        files = credentials if secure else Credentials(user=credentials.user, password=credentials.password)
        options = [("grpc.max_receive_message_length", _LARGEST_ANSWER), ("grpc.enable_retries", 0)]
        self._call_errors = self._grpc().RpcError
        try:
            self.client: Any = etcd3.client(
                host=host,
                port=port,
                ca_cert=files.ca_file or (_system_roots() if secure else None),
                cert_cert=files.cert_file or None,
                cert_key=files.key_file or None,
                timeout=timeout,
                user=credentials.user or None,
                password=credentials.password or None,
                grpc_options=options,
            )
        except self._call_errors as error:
            raise self._explained(error) from None
        except OSError as error:
            hint = "check the path and the rights of the file"
            raise EtcdError(f"{error.filename} cannot be read: {error.strerror}", hint) from None
        except Exception as error:
            message = f"{url}: {error or type(error).__name__}"
            raise EtcdError(message, "check the address and the credentials") from None
        self._range = self.client.channel.unary_unary("/etcdserverpb.KV/Range")

    @staticmethod
    def _grpc() -> Any:
        import grpc

        return grpc

    def close(self) -> None:
        """Let the connection go."""
        self.client.close()

    def health(self) -> Health:
        """The state of the member behind the URL."""
        from etcd3 import etcdrpc

        try:
            status = self.client.maintenancestub.Status(
                etcdrpc.StatusRequest(), self.timeout, metadata=self.client.metadata
            )
            alarms = self.client.maintenancestub.Alarm(
                etcdrpc.AlarmRequest(action=0), self.timeout, metadata=self.client.metadata
            ).alarms
        except self._call_errors as error:
            explained = self._explained(error)
            return Health(self.url, problem=str(explained), hint=explained.hint)
        found = Health(self.url, status.version, status.dbSize)
        if not status.leader:
            return found._replace(problem=f"{self.url} has no leader", hint="bring a majority of its members back")
        raised = sorted({_ALARMS.get(alarm.alarm, str(alarm.alarm)) for alarm in alarms if alarm.alarm})
        if raised:
            hint = "see etcdctl alarm list; compact, defragment, then etcdctl alarm disarm"
            return found._replace(problem=f"{self.url} has raised the alarm {', '.join(raised)}", hint=hint)
        if _too_old(status.version):
            return found._replace(problem=f"{self.url} runs etcd {status.version}", hint="upgrade it to 3.5 or newer")
        return found

    def scan(self, start: bytes, end: bytes, keys_only: bool) -> Iterator[Page]:
        """Pages of a range of keys, in order and at one revision; `end` of a zero byte means to the last key.

        Where the revision is compacted away in the middle of a long scan, the rest is read at the current one.
        """
        revision = 0
        limit = _LARGEST_PAGE if keys_only else _FIRST_PAGE
        while True:
            try:
                page = self._page(start, end, limit, revision, keys_only)
            except _CompactedError:
                revision = 0
                continue
            yield page
            if not page.more or not page.entries:
                return
            revision = revision or page.revision
            start = page.entries[-1][0] + b"\0"
            if not keys_only:
                average = max(page.size // len(page.entries), 1)
                limit = max(1, min(_LARGEST_PAGE, _PAGE_BYTES // average, limit * 4))

    def get(self, key: bytes) -> bytes | None:
        """The value of one key; None where it is gone."""
        page = self._page(key, b"", 1, 0, keys_only=False)
        return page.entries[0][1] if page.entries else None

    def count(self, start: bytes, end: bytes) -> int:
        """How many keys a range holds."""
        return self._page(start, end, 0, 0, keys_only=True, count_only=True).total

    def _page(
        self, start: bytes, end: bytes, limit: int, revision: int, keys_only: bool, count_only: bool = False
    ) -> Page:
        from etcd3 import etcdrpc

        request = etcdrpc.RangeRequest(
            key=start, range_end=end, limit=limit, revision=revision, keys_only=keys_only, count_only=count_only
        )
        try:
            answer: bytes = self._range(
                request.SerializeToString(), timeout=self.timeout, metadata=self.client.metadata
            )
        except self._call_errors as error:
            if "compacted" in (error.details() or ""):
                raise _CompactedError from None
            raise self._explained(error) from None
        return parse_range(answer)

    def _explained(self, error: Any) -> EtcdError:
        """What a failed call means, in words."""
        code = error.code().name if hasattr(error, "code") else "UNKNOWN"
        details = (error.details() or "") if hasattr(error, "details") else str(error)
        for name, part, message, hint in _MEANINGS:
            if code == name and part in details:
                return EtcdError(f"{self.url} {message}", hint)
        shown = details.partition("\n")[0][:200] or code
        return EtcdError(f"{self.url} refused: {shown}", "see the log of etcd")


class _CompactedError(Exception):
    """The revision of a scan is gone."""


_USER = "give --user, and the password in KASC_ETCD_PASSWORD"
_TLS = "check https or http, and the certificates"
# Status of the call, a part of what the server said, what it means, what to do.
_MEANINGS = (
    ("UNAVAILABLE", "CERTIFICATE_VERIFY_FAILED", "has a certificate of another CA", "give its CA with --etcd-cafile"),
    ("UNAVAILABLE", "SSL", "could not be spoken to over TLS", _TLS),
    ("UNAVAILABLE", "handshake", "could not be spoken to over TLS", _TLS),
    ("UNAVAILABLE", "Socket closed", "closed the connection", _TLS),
    ("UNAVAILABLE", "", "cannot be reached", "check the address, the network and the certificates"),
    ("DEADLINE_EXCEEDED", "", "did not answer in time", "give it longer with --timeout"),
    ("PERMISSION_DENIED", "", "does not let this user read", "give the user read rights on the prefix"),
    ("UNAUTHENTICATED", "", "wants a user and a password", _USER),
    ("INVALID_ARGUMENT", "user name is empty", "wants a user and a password", _USER),
    ("INVALID_ARGUMENT", "authentication failed", "does not accept the user and password", "check both"),
    ("UNIMPLEMENTED", "", "does not speak version 3 of the protocol", "upgrade it to etcd 3.5 or newer"),
    ("RESOURCE_EXHAUSTED", "", "sent more than can be taken", "read keys only, or a part with --prefix"),
)


def _address(url: str) -> tuple[str, int, bool]:
    """Host, port and whether TLS is spoken; raises EtcdError for what is no such URL."""
    try:
        parts = urlsplit(url if "//" in url else f"http://{url}")
        if parts.scheme in ("http", "https") and parts.hostname:
            host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
            return host, parts.port or 2379, parts.scheme == "https"
    except ValueError:
        pass
    raise EtcdError(f"{url!r} is not the address of an etcd", "write http://HOST:PORT or https://HOST:PORT")


def addresses_of(url: str) -> set[tuple[str, int]]:
    """Addresses and port that a URL of an etcd stands for; none where it cannot be resolved."""
    import socket

    try:
        host, port, _ = _address(url)
        return {(str(info[4][0]), port) for info in socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)}
    except (EtcdError, OSError):
        return set()


def _system_roots() -> str:
    import ssl

    return ssl.get_default_verify_paths().cafile or ""


def _too_old(version: str) -> bool:
    """Whether a release of etcd is older than what kube-apiserver works with."""
    numbers = version.split(".")[:2]
    return not all(number.isdecimal() for number in numbers) or tuple(map(int, numbers)) < OLDEST


def prefix_end(prefix: bytes) -> bytes:
    """The end of the range of keys that begin with a prefix. etcd: client/v3, GetPrefixRangeEnd."""
    stripped = prefix.rstrip(b"\xff")
    return stripped[:-1] + bytes([stripped[-1] + 1]) if stripped else _END
