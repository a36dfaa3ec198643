"""Compile CEL expressions of kube-apiserver's configuration files as the server does at startup.

docs/cel.md lists what is checked and what is not.
"""

from __future__ import annotations

from compiler.cel.compilation import CompiledExpression, compile_expression
from compiler.cel.environments import CLAIMS, USER, Environment, request_environment
from compiler.cel.problems import CelProblem

__all__ = [
    "CLAIMS",
    "USER",
    "CelProblem",
    "CompiledExpression",
    "Environment",
    "compile_expression",
    "request_environment",
]
