"""A read-only client of etcd, the only module that imports etcd3.

Ranges are read in pages at one revision, so that memory is bounded by the page size. kasc parses responses itself: the
pure Python protocol buffers that etcd3 needs are slow, and the server may not be a well-behaved etcd.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeVar

from compiler.cluster import Deadline, Mask, is_visible_ascii, resolved
from compiler.cluster.etcd_messages import (
    CompactedError,
    EtcdError,
    Page,
    TooLargeError,
    address_of,
    explained,
    fits,
    parse_alarms,
    parse_range,
    parse_status,
    parse_token,
)
from compiler.filesystem import reason
from compiler.text import shown

OLDEST = (3, 4)
"""The oldest release that kube-apiserver works with."""
_MAX_RESPONSE = 64 * 1024 * 1024
"""Bytes of a response; a page with larger values is requested again with fewer keys."""
_MAX_SMALL_RESPONSE = 64 * 1024
"""Bytes of a response without keys."""
_PAGE_BYTES = 8 * 1024 * 1024
_FIRST_PAGE, _MAX_PAGE = 64, 50_000
_FEWER = 16
_ALARMS = {1: "NOSPACE", 2: "CORRUPT"}
_VERSION = "([0-9]{1,4})\\.([0-9]{1,4})\\.[-+.0-9A-Za-z]{1,50}"
_Parsed = TypeVar("_Parsed")


def configure_libraries() -> None:
    """Set the environment variables that etcd3 needs; call it before etcd3 is imported.

    Only a program that owns the process should do so: the variables affect all users of these libraries.
    """
    # etcd3's generated code does not work with the compiled implementations of current protobuf releases.
    os.environ["PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION"] = "python"
    # EtcdError explains failed calls; gRPC would log them to standard error as well.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")


class Credentials(NamedTuple):
    """Client files and user; empty if not set."""

    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    user: str = ""
    password: str = ""


class Health(NamedTuple):
    """The state of one member: `problem` is empty if it is healthy, `hint` says what to do. Size in bytes.

    `answers` says whether it can be read, healthy or not. `version` is empty unless it is a valid release.
    """

    url: str
    version: str = ""
    db_size: int = 0
    problem: str = ""
    hint: str = ""
    answers: bool = False


class Etcd:
    """One etcd cluster, read through one of its members.

    `timeout` bounds every call, in seconds; `deadline`, if set, bounds all of them together instead.
    `mask` hides the credentials in strings that the server sends. Call `configure_libraries` before the first use.
    Raises EtcdError.
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
            raise EtcdError("reading etcd needs the package etcd3", hint) from None
        except TypeError:
            # How protobuf's compiled implementations refuse etcd3's generated code.
            hint = "set PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION=python before protobuf is imported"
            raise EtcdError("etcd3 does not work with this implementation of protobuf", hint) from None
        if credentials.user and not credentials.password:
            raise EtcdError("--user needs a password", "set it in KASC_ETCD_PASSWORD")
        host, port, secure = address_of(url)
        files = credentials if secure else Credentials()
        options = [("grpc.max_receive_message_length", _MAX_RESPONSE), ("grpc.enable_retries", 0)]
        self._call_errors = self._grpc().RpcError
        try:
            # The user is authenticated below: etcd3 would parse the response without a size limit.
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
            hint = "check the path and the permissions of the file"
            raise EtcdError(f"cannot read {error.filename}: {reason(error)}", hint) from None
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
        """Return a method of etcd's API that takes and returns bytes."""
        return self.client.channel.unary_unary(f"/etcdserverpb.{name}")

    def close(self) -> None:
        """Close the connection."""
        self.client.close()

    def _authenticate(self, credentials: Credentials) -> None:
        """Log in with user and password, as etcdctl does."""
        from etcd3 import etcdrpc

        try:
            request = etcdrpc.AuthenticateRequest(name=credentials.user, password=credentials.password)
        except ValueError:
            raise EtcdError("the user or password is not valid UTF-8", "check both") from None
        token = self._call_small("Auth/Authenticate", request, parse_token)
        if not token or not is_visible_ascii(token):
            raise self._invalid("AuthenticateResponse")
        self.mask = Mask(credentials.password, token)
        self._metadata = (("token", token),)

    def health(self) -> Health:
        """Return the state of the member at the URL."""
        from etcd3 import etcdrpc

        try:
            status = self._call_small("Maintenance/Status", etcdrpc.StatusRequest(), parse_status)
            alarms = self._call_small("Maintenance/Alarm", etcdrpc.AlarmRequest(action=0), parse_alarms)
        except EtcdError as error:
            return Health(self.url, problem=str(error), hint=error.hint)
        reported = self.mask(status.version.decode(errors="replace"))
        release = re.fullmatch(_VERSION, reported, re.ASCII)
        health = Health(self.url, reported if release else "", status.db_size, answers=True)
        if not status.leader:
            return health._replace(problem=f"{self.url} has no leader", hint="restore a majority of its members")
        raised = [_ALARMS.get(kind, str(kind)) for kind in alarms if kind]
        if raised:
            hint = "see etcdctl alarm list; compact, defragment, then etcdctl alarm disarm"
            return health._replace(problem=f"{self.url} has the alarm {', '.join(raised)}", hint=hint)
        if not release:
            problem = f"{self.url} reports {shown(reported)}, which is not a version of etcd"
            return health._replace(problem=problem, hint="check that this is the address of an etcd")
        if (int(release[1]), int(release[2])) < OLDEST:
            return health._replace(problem=f"{self.url} runs etcd {reported}", hint="upgrade it to 3.5 or newer")
        return health

    def scan(self, start: bytes, end: bytes, keys_only: bool) -> Iterator[Page]:
        """Yield the pages of a range of keys, in order and at one revision; a zero byte as `end` means the last key.

        If the revision is compacted during a long scan, the rest is read at the current one. Raises EtcdError, also for
        a page without progress.
        """
        revision = 0
        limit = _MAX_PAGE if keys_only else _FIRST_PAGE
        while True:
            try:
                page = self._page(start, end, limit, revision, keys_only)
            except CompactedError as error:
                # The current revision cannot be compacted.
                if not revision:
                    raise EtcdError(str(error), error.hint) from None
                revision = 0
                continue
            except TooLargeError:
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
                limit = max(1, min(_MAX_PAGE, _PAGE_BYTES // average, limit * 4))

    def get(self, key: bytes) -> bytes | None:
        """Return the value of a key; None if it was deleted."""
        page = self._page(key, b"", 1, 0, keys_only=False)
        return page.entries[0][1] if page.entries else None

    def count(self, start: bytes, end: bytes) -> int:
        """Return the number of keys in a range."""
        return self._page(start, end, 0, 0, keys_only=True, count_only=True).total

    def _page(
        self, start: bytes, end: bytes, limit: int, revision: int, keys_only: bool, count_only: bool = False
    ) -> Page:
        from etcd3 import etcdrpc

        request = etcdrpc.RangeRequest(
            key=start, range_end=end, limit=limit, revision=revision, keys_only=keys_only, count_only=count_only
        )
        page = self._call(self._range, request, lambda response: parse_range(response, limit), "RangeResponse")
        if not fits(page, start, end):
            raise self._invalid("RangeResponse")
        return page

    def _call_small(self, name: str, request: Any, parse: Callable[[bytes], _Parsed]) -> _Parsed:
        """Call a method whose response is a small message."""

        def parse_small(response: bytes) -> _Parsed:
            if len(response) > _MAX_SMALL_RESPONSE:
                raise ValueError("the message is too long")
            return parse(response)

        return self._call(self._method(name), request, parse_small, f"{name.rpartition('/')[2]}Response")

    def _call(self, method: Any, request: Any, parse: Callable[[bytes], _Parsed], kind: str) -> _Parsed:
        """Call a method and parse its response; `kind` is the expected message."""
        timeout = self.timeout if self.deadline is None else self.deadline.next_request()
        if not timeout:
            raise self._timeout_error()
        try:
            response: bytes = method(request.SerializeToString(), timeout=timeout, metadata=self._metadata)
        except self._call_errors as error:
            raise self._error(error) from None
        try:
            return parse(response)
        except ValueError:
            raise self._invalid(kind) from None

    def _invalid(self, kind: str) -> EtcdError:
        hint = "check that this is the address of an etcd, and that no proxy changes its responses"
        return EtcdError(f"{self.url} sent an invalid {kind}", hint)

    def _timeout_error(self) -> EtcdError:
        seconds = self.deadline.seconds if self.deadline is not None else self.timeout
        return EtcdError(f"{self.url} was not completely read within {seconds:g}s", "allow more time with --timeout")

    def _error(self, error: Any) -> EtcdError:
        code = error.code().name if hasattr(error, "code") else "UNKNOWN"
        details = self.mask((error.details() or "") if hasattr(error, "details") else str(error))
        if code == "DEADLINE_EXCEEDED" and self.deadline is not None and self.deadline.over:
            return self._timeout_error()
        return explained(self.url, code, details)


def addresses_of(url: str, seconds: float) -> set[tuple[str, int]]:
    """Return addresses and port of an etcd URL; none if they cannot be resolved within `seconds`."""
    try:
        host, port, _ = address_of(url)
        return {(str(address[0]), port) for _, address in resolved(host.strip("[]"), port, seconds)}
    except (EtcdError, OSError, UnicodeError):
        return set()


def _system_roots() -> str:
    import ssl

    return ssl.get_default_verify_paths().cafile or ""
