"""The machine that the server will run on, as far as it is known: its address and its files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from compiler.filesystem import NotRegularError, TooLargeError, read_file
from compiler.input import InlineFile

if TYPE_CHECKING:
    from compiler.pods.filesystem import ContainerFileSystem


class UnreadableFileError(Exception):
    """A file that the server would read does not exist or cannot be read; the text says why."""


class NotInContainerError(UnreadableFileError):
    """A file that the server would read is not in its container; the text says why, `hint` what to do."""

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(reason)
        self.hint = hint


class Host:
    """`address` is the address of the default route's interface, empty where unknown.

    Files are found in the input itself (`inline`, by path on the server), then through `mappings` (prefix on the
    server -> local folder), then below `root`. What no mapping covers is unknown: it is not looked for.

    `container` is the file system of the container that the server runs in, if it runs in one: paths of the server are
    followed through its mounts to paths of the host.

    Where somebody sets `looked_for`, it gets every local path that was asked for, with what was read of it.
    """

    def __init__(
        self,
        address: str = "",
        root: str = "",
        mappings: tuple[tuple[str, str], ...] = (),
        inline: dict[str, InlineFile] | None = None,
        container: ContainerFileSystem | None = None,
    ) -> None:
        self.address = address
        self.root = root
        self.mappings = tuple(sorted(mappings, key=lambda mapping: -len(mapping[0])))
        self.inline = inline or {}
        self.container = container
        self.denied: list[str] = []
        self.looked_for: dict[str, bytes | None] | None = None

    def with_inline(self, inline: dict[str, InlineFile], container: ContainerFileSystem | None = None) -> Host:
        """The same host for an input that carries files of its own, or that runs the server in a container."""
        host = Host(self.address, self.root, self.mappings, inline, container)
        host.looked_for = self.looked_for
        return host

    @property
    def sees_files(self) -> bool:
        """Whether any of the server's files can be looked for."""
        return bool(self.root or self.mappings or self.container)

    def local(self, path: str, directory: bool = False) -> str | None:
        """Where a file of the server is to be found here; None where no mapping covers it, or no mount."""
        try:
            return self._local(path, directory)
        except NotInContainerError:
            return None

    def _local(self, path: str, directory: bool = False) -> str | None:
        """As `local`. Raises NotInContainerError."""
        on_host = self.container.host_path(path, directory) if self.container is not None else path
        local = self._mapped(on_host) if on_host is not None else None
        if self.looked_for is not None and local is not None:
            self.looked_for.setdefault(local, None)
        return local

    def _mapped(self, path: str) -> str | None:
        for prefix, folder in self.mappings:
            if path == prefix:
                return folder
            if path.startswith(prefix.rstrip("/") + "/"):
                return os.path.join(folder, path[len(prefix) :].lstrip("/"))
        if self.root and path:
            return os.path.join(self.root, path.lstrip("/"))
        return None

    def read(self, path: str) -> bytes | None:
        """The bytes of a file of the server; None where it is unknown. Raises UnreadableFileError.

        Unknown is what no mapping covers, and what kasc may not read, which is kept in `denied`: the server runs as
        another user.
        """
        local = self._local(path)
        if local is None:
            return None
        try:
            data = read_file(local) if local != os.devnull else b""
            if self.looked_for is not None:
                self.looked_for[local] = data
            return data
        except NotRegularError as problem:
            if problem.kind == "a directory":
                raise UnreadableFileError("it is a directory") from None
            self.denied.append(local)
            return None
        except (PermissionError, TooLargeError, BlockingIOError):
            self.denied.append(local)
            return None
        except OSError as problem:
            raise UnreadableFileError((problem.strerror or str(problem)).lower()) from None
        except ValueError:
            raise UnreadableFileError("no such file name") from None
