"""kasc compiles one declaration of a kube-apiserver into flags, a storage manifest and health checks.

As a library it offers `check`, `resolve` and `compile_document`, see `compiler.library`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from compiler.library import (
        ARTIFACTS,
        Compiled,
        Diagnostic,
        Examined,
        Host,
        Location,
        Report,
        Resolved,
        Settings,
        check,
        compile_document,
        resolve,
    )

__version__ = "0.1.0"
__all__ = (
    "ARTIFACTS",
    "Compiled",
    "Diagnostic",
    "Examined",
    "Host",
    "Location",
    "Report",
    "Resolved",
    "Settings",
    "check",
    "compile_document",
    "resolve",
)


def __getattr__(name: str) -> object:
    # The commands import single modules of the package, and are not to pay for the library.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from compiler import library

    return getattr(library, name)


def __dir__() -> list[str]:
    return sorted((*globals(), *__all__))
