"""What an edit of an input asks for, and what it results in."""

from __future__ import annotations

from typing import NamedTuple

from compiler.diagnostics import Edit, Location

REMOVE, SET, REMOVE_ITEM, SET_ITEM, SET_VERSION = "remove", "set", "remove-item", "set-item", "set-version"


class FlagEdit(NamedTuple):
    """A change that the flags of an input should have; `reason` is why, for people.

    `remove`: the flag is not set any more. `set`: the flag has this value, as one string of the command line, and is
    added if it is not set. Of a flag with one item in each use, as service-account-issuer, the lines of the value are
    the uses in order. `remove-item`: one item of a list (`PodSecurity`) or key of a map (`SomeGate`) is removed, and
    the flag with its last item. `set-item`: one item (`PodSecurity`) or key (`SomeGate=true`) is added or replaced.
    `set-version`: the input has this Kubernetes version; `flag` is empty.
    """

    flag: str
    action: str
    value: str = ""
    reason: str = ""


class Applied(NamedTuple):
    """An edit that the files have: where, in the files before all edits.

    `locations` are empty if nothing had to change. `shared` is the name of an edited file that other inputs may share
    (a base that the document extends), else empty.
    """

    wanted: FlagEdit
    locations: tuple[Location, ...] = ()
    shared: str = ""


class Refused(NamedTuple):
    """An edit that the input cannot express: the reason, what to do instead, and where the flag is set."""

    wanted: FlagEdit
    reason: str
    hint: str = ""
    location: Location | None = None


class EditedFile(NamedTuple):
    """A file before and after all edits; `edits` are the differences, in order, located in the text before."""

    name: str
    before: str
    after: str
    edits: tuple[Edit, ...]


class Edited(NamedTuple):
    """The result of editing an input: the files that change, the edits that were made and those that were not."""

    files: tuple[EditedFile, ...]
    applied: tuple[Applied, ...]
    refused: tuple[Refused, ...]

    @property
    def texts(self) -> dict[str, str]:
        """The new text of each file that changes, by the name of the file."""
        return {file.name: file.after for file in self.files}
