"""A real etcd, read only: the one module that imports etcd3.

Ranges are read in pages at one revision, so that memory is bounded by a page. Answers are parsed here: the protocol
buffers that etcd3 was generated for are slow in pure Python, and what answers need not be a well-behaved etcd.
"""

from __future__ import annotations

import operator
import os
import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from compiler.cluster.connection import Deadline, Mask, resolved
from compiler.cluster.etcd_messages import Page, parse_alarms, parse_range, parse_status, parse_token
from compiler.text import shown

# etcd3's generated code does not work with the compiled implementation of later protobuf releases.
os.environ["PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION"] = "python"
# What a failed call means is told by EtcdError; the library would tell it once more, on standard error.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

OLDEST = (3, 4)
"""The oldest release that kube-apiserver works with."""
_LARGEST_ANSWER = 64 * 1024 * 1024
"""Bytes of one answer; a page whose values take more is requested again with fewer keys."""
_LARGEST_SMALL_ANSWER = 64 * 1024
"""Bytes of an answer that holds no keys."""
_PAGE_BYTES = 8 * 1024 * 1024
_FIRST_PAGE, _LARGEST_PAGE = 64, 50_000
_FEWER = 16
_END = b"\0"
_ALARMS = {1: "NOSPACE", 2: "CORRUPT"}
_VERSION = "([0-9]{1,4})\\.([0-9]{1,4})\\.[-+.0-9A-Za-z]{1,50}"
_Parsed = TypeVar("_Parsed")


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
    """The state of one member: `problem` is empty if it is healthy, `hint` says what to do. Size in bytes.

    `answers` says whether it can be read, healthy or not. `version` is empty unless it is the version of a release.
    """

    url: str
    version: str = ""
    db_size: int = 0
    problem: str = ""
    hint: str = ""
    answers: bool = False


class Etcd:
    """One etcd cluster, read through one of its members.

    `timeout` bounds every call, in seconds; `deadline` bounds all of them together and takes its place if given.
    `mask` hides the credentials in strings that the server sends. Raises EtcdError.
    """

    def __init__(
        self, url: str, credentials: Credentials, timeout: float = 10.0, deadline: Deadline | None = None
    ) -> None:
        self.url = url
        self.timeout = timeout
        self.deadline = deadline
        self.mask = Mask(credentials.password)
        self._metadata: tuple[tuple[str, str], ...] = ()
        try:
            import etcd3
        except ImportError:
            hint = "install it: pip install 'kasc[etcd]'"
            raise EtcdError("reading an etcd needs the package etcd3", hint) from None
        if credentials.user and not credentials.password:
            raise EtcdError("--user needs a password", "set it in KASC_ETCD_PASSWORD")
        host, port, secure = _address(url)
        files = credentials if secure else Credentials()
        options = [("grpc.max_receive_message_length", _LARGEST_ANSWER), ("grpc.enable_retries", 0)]
        self._call_errors = self._grpc().RpcError
        try:
            # The user is authenticated below: etcd3 would parse the answer without any bound.
            self.client: Any = etcd3.client(
                host=host,
                port=port,
                ca_cert=files.ca_file or (_system_roots() if secure else None),
                cert_cert=files.cert_file or None,
                cert_key=files.key_file or None,
                timeout=timeout,
                grpc_options=options,
            )
        except OSError as error:
            hint = "check the path and the rights of the file"
            raise EtcdError(f"{error.filename} cannot be read: {error.strerror}", hint) from None
        except Exception as error:
            message = f"{url}: {error or type(error).__name__}"
            raise EtcdError(message, "check the address and the credentials") from None
        self._range = self._method("KV/Range")
        if credentials.user:
            try:
                self._authenticate(credentials)
            except EtcdError:
                self.close()
                raise

    @staticmethod
    def _grpc() -> Any:
        import grpc

        return grpc

    def _method(self, name: str) -> Any:
        """A method of etcd's API that takes and returns bytes."""
        return self.client.channel.unary_unary(f"/etcdserverpb.{name}")

    def close(self) -> None:
        """Close the connection."""
        self.client.close()

    def _authenticate(self, credentials: Credentials) -> None:
        """Log in, as etcd's client does for a user with a password."""
        from etcd3 import etcdrpc

        try:
            request = etcdrpc.AuthenticateRequest(name=credentials.user, password=credentials.password)
        except ValueError:
            raise EtcdError("the user or the password of etcd is not valid UTF-8", "check both") from None
        token = self._small("Auth/Authenticate", request, parse_token)
        if not re.fullmatch("[!-~]+", token):
            raise self._broken("AuthenticateResponse")
        self.mask = Mask(credentials.password, token)
        self._metadata = (("token", token),)

    def health(self) -> Health:
        """The state of the member at the URL."""
        from etcd3 import etcdrpc

        try:
            status = self._small("Maintenance/Status", etcdrpc.StatusRequest(), parse_status)
            alarms = self._small("Maintenance/Alarm", etcdrpc.AlarmRequest(action=0), parse_alarms)
        except EtcdError as error:
            return Health(self.url, problem=str(error), hint=error.hint)
        reported = self.mask(status.version.decode(errors="replace"))
        release = re.fullmatch(_VERSION, reported, re.ASCII)
        found = Health(self.url, reported if release else "", status.db_size, answers=True)
        if not status.leader:
            return found._replace(problem=f"{self.url} has no leader", hint="bring a majority of its members back")
        raised = [_ALARMS.get(kind, str(kind)) for kind in alarms if kind]
        if raised:
            hint = "see etcdctl alarm list; compact, defragment, then etcdctl alarm disarm"
            return found._replace(problem=f"{self.url} has raised the alarm {', '.join(raised)}", hint=hint)
        if not release:
            problem = f"{self.url} reports {shown(reported)}, which is not a version of etcd"
            return found._replace(problem=problem, hint="check that an etcd answers at this address")
        if (int(release[1]), int(release[2])) < OLDEST:
            return found._replace(problem=f"{self.url} runs etcd {reported}", hint="upgrade it to 3.5 or newer")
        return found

    def scan(self, start: bytes, end: bytes, keys_only: bool) -> Iterator[Page]:
        """Pages of a range of keys, in order and at one revision; `end` of a zero byte means to the last key.

        If the revision is compacted in the middle of a long scan, the rest is read at the current one. Every page has
        to lead further, or the scan ends with an EtcdError.
        """
        revision = 0
        limit = _LARGEST_PAGE if keys_only else _FIRST_PAGE
        while True:
            try:
                page = self._page(start, end, limit, revision, keys_only)
            except _CompactedError as error:
                # The current revision cannot be compacted.
                if not revision:
                    raise EtcdError(str(error), error.hint) from None
                revision = 0
                continue
            except _TooLargeError:
                if limit == 1:
                    raise
                limit = max(1, limit // _FEWER)
                continue
            yield page
            if not page.more:
                return
            revision = revision or page.revision
            start = page.entries[-1][0] + b"\0"
            if not keys_only:
                average = max(page.size // len(page.entries), 1)
                limit = max(1, min(_LARGEST_PAGE, _PAGE_BYTES // average, limit * 4))

    def get(self, key: bytes) -> bytes | None:
        """The value of one key; None if it was deleted."""
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
        page = self._called(self._range, request, lambda answer: parse_range(answer, limit), "RangeResponse")
        if not _fits(page, start, end):
            raise self._broken("RangeResponse")
        return page

    def _small(self, name: str, request: Any, parse: Callable[[bytes], _Parsed]) -> _Parsed:
        """Call a method whose answer is a small message."""

        def parse_small(answer: bytes) -> _Parsed:
            if len(answer) > _LARGEST_SMALL_ANSWER:
                raise ValueError("the message is too long")
            return parse(answer)

        return self._called(self._method(name), request, parse_small, f"{name.rpartition('/')[2]}Response")

    def _called(self, method: Any, request: Any, parse: Callable[[bytes], _Parsed], kind: str) -> _Parsed:
        """Call a method, and parse its answer, which should be a message of the kind."""
        timeout = self.timeout if self.deadline is None else self.deadline.next_request()
        if not timeout:
            raise self._out_of_time()
        try:
            answer: bytes = method(request.SerializeToString(), timeout=timeout, metadata=self._metadata)
        except self._call_errors as error:
            raise self._explained(error) from None
        try:
            return parse(answer)
        except ValueError:
            raise self._broken(kind) from None

    def _broken(self, kind: str) -> EtcdError:
        hint = "check that an etcd answers at this address, with nothing in between that changes its answers"
        return EtcdError(f"{self.url} sent an answer that is not a valid {kind}", hint)

    def _out_of_time(self) -> EtcdError:
        seconds = self.deadline.seconds if self.deadline is not None else self.timeout
        return EtcdError(f"{self.url} was not read to the end within {seconds:g}s", "allow more time with --timeout")

    def _explained(self, error: Any) -> EtcdError:
        """What a failed call means, in words."""
        code = error.code().name if hasattr(error, "code") else "UNKNOWN"
        details = self.mask((error.details() or "") if hasattr(error, "details") else str(error))
        if code == "DEADLINE_EXCEEDED" and self.deadline is not None and self.deadline.over:
            return self._out_of_time()
        for name, part, message, hint in _MEANINGS:
            if code == name and part in details:
                kind = _TooLargeError if part == _TOO_LARGE else EtcdError
                return kind(f"{self.url} {message}", hint)
        kind = _CompactedError if _COMPACTED in details else EtcdError
        return kind(f"{self.url} refused: {shown(details or code)}", "see the log of etcd")


class _CompactedError(EtcdError):
    """The revision of a scan was compacted."""


class _TooLargeError(EtcdError):
    """The answer is larger than an answer may be."""


def _fits(page: Page, start: bytes, end: bytes) -> bool:
    """Whether a page holds keys of the range from `start` to `end`, in order, and leads further if there are more."""
    keys = [key for key, _ in page.entries]
    if not keys:
        return not page.more
    if any(map(operator.ge, keys, islice(keys, 1, None))):
        return False
    if not end:
        return keys == [start]
    return keys[0] >= start and (end == _END or keys[-1] < end)


_COMPACTED = "compacted"
_TOO_LARGE = "larger than max"
_USER = "give --user, and the password in KASC_ETCD_PASSWORD"
_TLS = "check https or http, and the certificates"
# Status of the call, a part of what the server said, what it means, what to do.
_MEANINGS = (
    ("UNAVAILABLE", "CERTIFICATE_VERIFY_FAILED", "has a certificate of another CA", "give its CA with --etcd-cafile"),
    ("UNAVAILABLE", "SSL", "could not be spoken to over TLS", _TLS),
    ("UNAVAILABLE", "handshake", "could not be spoken to over TLS", _TLS),
    ("UNAVAILABLE", "Socket closed", "closed the connection", _TLS),
    ("UNAVAILABLE", "", "cannot be reached", "check the address, the network and the certificates"),
    ("DEADLINE_EXCEEDED", "", "did not answer in time", "allow more with --request-timeout"),
    ("PERMISSION_DENIED", "", "does not let this user read", "give the user read rights on the prefix"),
    ("UNAUTHENTICATED", "", "wants a user and a password", _USER),
    ("INVALID_ARGUMENT", "user name is empty", "wants a user and a password", _USER),
    ("INVALID_ARGUMENT", "authentication failed", "does not accept the user and password", "check both"),
    ("UNIMPLEMENTED", "", "does not speak version 3 of the protocol", "upgrade it to etcd 3.5 or newer"),
    ("RESOURCE_EXHAUSTED", _TOO_LARGE, "sent more than can be taken", "read a part with --prefix"),
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


def addresses_of(url: str, seconds: float) -> set[tuple[str, int]]:
    """Addresses and port that a URL of an etcd stands for; none if they cannot be resolved within some seconds."""
    try:
        host, port, _ = _address(url)
        return {(str(address[0]), port) for _, address in resolved(host.strip("[]"), port, seconds)}
    except (EtcdError, OSError, UnicodeError):
        return set()


def _system_roots() -> str:
    import ssl

    return ssl.get_default_verify_paths().cafile or ""


def prefix_end(prefix: bytes) -> bytes:
    """The end of the range of keys that begin with a prefix. etcd: client/v3, GetPrefixRangeEnd."""
    stripped = prefix.rstrip(b"\xff")
    return stripped[:-1] + bytes([stripped[-1] + 1]) if stripped else _END
