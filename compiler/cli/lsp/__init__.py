"""`kasc lsp`: a language server for editors, on standard input and output."""

from __future__ import annotations

import sys
from argparse import Namespace

from compiler.cli.arguments import UsageError
from compiler.cli.common import FINE, settings_from, usage_error


def run(options: Namespace) -> int:
    """Serve one editor until it closes the connection."""
    try:
        settings = settings_from(options)
    except UsageError as error:
        return usage_error(error)
    try:
        import pygls  # noqa: F401
    except ImportError:
        return usage_error("the language server needs the package pygls: pip install 'kasc[lsp]'")
    if sys.stdin.isatty():
        return usage_error("lsp serves an editor on standard input, which is a terminal here: see docs/editors.md")
    from compiler.cli.lsp.server import serve
    from compiler.cli.lsp.session import Options

    serve(Options(settings, tuple(options.select), tuple(options.ignore), options.inlay_hints))
    return FINE
