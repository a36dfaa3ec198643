"""Lexer.

Source: cel-go parser/gen/CEL.g4, the lexer rules.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from compiler.cel.problems import InvalidExpressionError
from compiler.flags.text import shown

_ESCAPE = r"\\(?:[abfnrtv\"'\\?`]|[0-3][0-7][0-7]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})"
_STRINGS = "|".join(
    (
        r"[rR](?:\"\"\"[\s\S]*?\"\"\"|'''[\s\S]*?'''|\"[^\"\n\r]*\"|'[^'\n\r]*')",
        rf"\"\"\"(?:[^\\]|{_ESCAPE})*?\"\"\"|'''(?:[^\\]|{_ESCAPE})*?'''",
        rf"\"(?:[^\\\"\n\r]|{_ESCAPE})*\"|'(?:[^\\'\n\r]|{_ESCAPE})*'",
    )
)
_TOKEN = (
    r"(?P<space>[\t \r\n\f]+|//[^\n]*)"
    rf"|(?P<string>[bB]?(?:{_STRINGS}))"
    r"|(?P<ident>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<double>[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<uint>(?:0x[0-9a-fA-F]+|[0-9]+)[uU])|(?P<int>0x[0-9a-fA-F]+|[0-9]+)"
    r"|(?P<operator>==|!=|<=|>=|&&|\|\||[-<>\[\]{}().,!?:+*/%])"
)
KEYWORDS = frozenset(("in", "true", "false", "null"))


class Token(NamedTuple):
    """A token: `kind` is the text itself for operators and keywords, and `end` for the end of the expression."""

    kind: str
    text: str
    offset: int


def tokenize(expression: str) -> list[Token]:
    """Return all tokens and the end token. Raise InvalidExpressionError if a character starts no token."""
    match_at = re.compile(_TOKEN).match
    tokens: list[Token] = []
    position, length = 0, len(expression)
    while position < length:
        match = match_at(expression, position)
        if match is None:
            raise _invalid_character(expression, position)
        kind = match.lastgroup
        if kind != "space":
            text = match.group()
            if kind == "operator" or (kind == "ident" and text in KEYWORDS):
                kind = text
            elif kind == "string" and text[0] in "bB":
                kind = "bytes"
            tokens.append(Token(str(kind), text, position))
        position = match.end()
    tokens.append(Token("end", "", length))
    return tokens


def _invalid_character(expression: str, position: int) -> InvalidExpressionError:
    letter = expression[position]
    if letter in "\"'":
        escape = _invalid_escape(expression, position)
        if escape >= 0:
            return InvalidExpressionError(
                f"{shown(expression[escape : escape + 2])} is not a valid escape sequence",
                r"write \\ for a backslash, or a raw string: r'...'",
                escape,
            )
        return InvalidExpressionError(
            f"unterminated string: missing closing {letter}", f"close it with {letter}", position
        )
    hint = {
        "=": "write == to compare",
        "&": "write && for and",
        "|": "write || for or",
        "`": "write map['key'] for keys that are not identifiers",
        "“": 'use straight quotes: "',
        "”": 'use straight quotes: "',
        "‘": "use straight quotes: '",
        "’": "use straight quotes: '",
    }.get(letter, "remove it, or quote it if it is part of a string")
    return InvalidExpressionError(f"unexpected character {shown(letter)}", hint, position)


def _invalid_escape(expression: str, start: int) -> int:
    """Return the offset of the first invalid escape sequence in the string that starts here, or -1."""
    quote = expression[start : start + 3] if expression.startswith(expression[start] * 3, start) else expression[start]
    position = start + len(quote)
    while position < len(expression) and not expression.startswith(quote, position):
        if expression[position] == "\\":
            escape = re.compile(_ESCAPE).match(expression, position)
            if escape is None:
                return position if position + 1 < len(expression) else -1
            position = escape.end()
        elif len(quote) == 1 and expression[position] in "\r\n":
            return -1
        else:
            position += 1
    return -1
