"""Static token file: one CSV record per user. Contents of records are never shown.

Kubernetes: apiserver/pkg/authentication/token/tokenfile/tokenfile.go, NewCSV.
"""

from __future__ import annotations

from compiler import rules
from compiler.apiserver.config_files import read_bytes
from compiler.apiserver.context import NamedFile
from compiler.diagnostics import Location, diagnose
from compiler.inputs.source.node import place
from compiler.upstream.go.encoding import next_record, read_fields
from compiler.upstream.go.strconv import InvalidValueError

_RULE = rules.INVALID_TOKEN_AUTH_FILE
_COLUMNS = 3


def load_token_file(named: NamedFile) -> None:
    """Report the first malformed record, at which the server stops reading."""
    data = read_bytes(named, _RULE)
    if data is None:
        return
    text = data.decode(errors="replace")
    position = 0
    while (start := next_record(text, position)) is not None:
        try:
            fields = read_fields(text, start)
        except InvalidValueError:
            hint = 'put the whole field in double quotes, and write "" for a quote within it'
            _report(named, text, start, "has a misplaced quote", hint)
            return
        if len(fields) < _COLUMNS:
            message = f"has {len(fields)} columns, at least {_COLUMNS} are required"
            _report(named, text, start, message, "write TOKEN,USER,UID[,GROUPS]; comments are not supported")
            return
        end = text.find("\n", fields[-1].end)
        position = end + 1 if end >= 0 else len(text)


def _report(named: NamedFile, text: str, start: int, problem: str, hint: str) -> None:
    line, column = place(text, start)
    file = named.context.host.local(named.path) or named.path
    location = Location(file, line, column, line, column + 1)
    message = f"a record of the token file {problem}"
    named.context.report.add(diagnose(_RULE, message, hint, flag=named.flag, location=location))
