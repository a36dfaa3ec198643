"""Shapes of plain data that anybody may have written: a shape says whether a value has it, whatever the value is."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

Shape = Callable[[Any], bool]
_LARGEST = 2**63 - 1


def text(value: Any) -> bool:
    """A string."""
    return type(value) is str


def truth(value: Any) -> bool:
    """True or false."""
    return type(value) is bool


def path(value: Any) -> bool:
    """A string that the file system takes as a path."""
    if type(value) is not str or "\0" in value:
        return False
    try:
        os.fsencode(value)
    except UnicodeEncodeError:
        return False
    return True


def name(value: Any) -> bool:
    """The name of one entry of a directory."""
    return path(value) and "/" not in value and value not in ("", ".", "..")


def count(value: Any) -> bool:
    """A number of bytes, lines, nanoseconds or the like."""
    return type(value) is int and 0 <= value <= _LARGEST


def one_of(*values: str) -> Shape:
    """One of some strings."""
    return lambda value: type(value) is str and value in values


def optional(shape: Shape) -> Shape:
    """A value of the shape, or null."""
    return lambda value: value is None or shape(value)


def list_of(shape: Shape) -> Shape:
    """A list of values of one shape."""
    return lambda value: type(value) is list and all(map(shape, value))


def row(*shapes: Shape) -> Shape:
    """A list with one value of each shape."""
    return lambda value: (
        type(value) is list
        and len(value) == len(shapes)
        and all(shape(each) for shape, each in zip(shapes, value, strict=True))
    )


def mapping_of(keys: Shape, values: Shape) -> Shape:
    """An object whose keys have one shape, and its values another."""
    return lambda value: type(value) is dict and all(map(keys, value)) and all(map(values, value.values()))
