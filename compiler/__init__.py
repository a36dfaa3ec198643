"""kasc compiles a declarative kube-apiserver configuration into flags, a storage manifest and health checks.

The library functions are `check`, `resolve` and `compile_document`, see `compiler.library`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved as Resolved
    from compiler.artifacts import ARTIFACTS as ARTIFACTS
    from compiler.diagnostics import Diagnostic as Diagnostic
    from compiler.diagnostics import Location as Location
    from compiler.diagnostics import Report as Report
    from compiler.inputs import Host as Host
    from compiler.library import Compiled as Compiled
    from compiler.library import check as check
    from compiler.library import compile_document as compile_document
    from compiler.library import resolve as resolve
    from compiler.review.examine import Examined as Examined
    from compiler.review.examine import Settings as Settings

__version__ = "0.1.0"
_HOMES = {
    "diagnostics": ("Diagnostic", "Location", "Report"),
    "artifacts": ("ARTIFACTS",),
    "review.examine": ("Examined", "Settings"),
    "inputs.server": ("Host",),
    "library": ("Compiled", "check", "compile_document", "resolve"),
    "apiserver.startup": ("Resolved",),
}
__all__ = tuple(sorted(name for names in _HOMES.values() for name in names))


def __getattr__(name: str) -> object:
    # The commands import single modules of the package and should not load the library.
    for home, names in _HOMES.items():
        if name in names:
            from importlib import import_module

            return getattr(import_module(f"compiler.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted((*globals(), *__all__))
