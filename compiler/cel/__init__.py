"""CEL expressions in kube-apiserver's configuration files, checked as the server compiles them at its start.

What is checked, and what is not, stands in docs/cel.md.
"""

from __future__ import annotations

from compiler.cel.compilation import Checked, compile_expression
from compiler.cel.environments import CLAIMS, USER, Environment, request_environment
from compiler.cel.problems import CelProblem

__all__ = ["CLAIMS", "USER", "CelProblem", "Checked", "Environment", "compile_expression", "request_environment"]
