"""Modules of risks that are only asked if certain flags are given find nothing without those flags."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import compiler.review.risks
from compiler.review import Risks
from compiler.review.risks import _CONCERNS, _finder
from compiler.upstream.catalog import catalog
from tests.apiserver.options.running import server

_OF_TYPE = {"bool": ("true", "false"), "int": ("0", "9"), "int64": ("0", "9"), "duration": ("0s", "1h")}


def test_every_concern_is_in_the_table() -> None:
    modules = [module.name for module in pkgutil.iter_modules(compiler.review.risks.__path__)]
    found = {
        (name, function.removeprefix("find_"))
        for name in modules
        for function in vars(import_module(f"compiler.review.risks.{name}"))
        if function.startswith("find_") and function != "find_resource"
    }
    assert found == set(_CONCERNS)


def test_no_other_flag_makes_them_find_anything() -> None:
    asked = 0
    for spec in catalog("1.36").flags.values():
        for text in _OF_TYPE.get(spec.type, ("a", "")):
            resolved, report = server(f"--{spec.name}={text}")
            for (module, name), flags in _CONCERNS.items():
                if flags and not any(flag.startswith(flags) for flag in resolved.context.flags.arguments):
                    before = list(report.diagnostics)
                    _finder(module, name)(Risks(resolved, report))
                    assert report.diagnostics == before, (name, spec.name, text)
                    asked += 1
    assert asked > 1000
