"""Lexer: tokens, and the values of literals."""

from __future__ import annotations

import re
from typing import NamedTuple

from compiler.text import shown
from compiler.upstream.cel.ast import Literal
from compiler.upstream.cel.types import InvalidExpressionError

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


_CONTROL = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}
_DIGITS = {"x": 2, "X": 2, "u": 4, "U": 8}
_SURROGATE = 0xFFFD


def number_literal(token: Token, sign: str, offset: int) -> Literal:
    """Return an int, uint or double. Raise InvalidExpressionError if it does not fit in 64 bits."""
    if token.kind == "double":
        double = float(sign + token.text)
        if double in (float("inf"), float("-inf")):
            raise InvalidExpressionError(
                f"{shown(token.text)} is too large for a double", "write at most 1.7e308", offset
            )
        return Literal(offset, "double", double)
    digits = token.text.rstrip("uU") if token.kind == "uint" else token.text
    base = 16 if digits.startswith("0x") else 10
    # 32 digits are out of range in any case, and Python is slow to parse long numbers.
    significant = digits.removeprefix("0x").lstrip("0")[:32] or "0"
    value = int(sign + significant, base)
    low, high = (0, 2**64) if token.kind == "uint" else (-(2**63), 2**63)
    if not low <= value < high:
        hint = f"write a number from {low} to {high - 1}, or a double, for example 1e20"
        raise InvalidExpressionError(f"{shown(sign + token.text)} is out of range for {token.kind}", hint, offset)
    return Literal(offset, token.kind, value)


def string_literal(token: Token, surrogates: bool) -> Literal:
    """Return a string. Raise InvalidExpressionError for an invalid code point.

    `surrogates`: whether escapes of UTF-16 surrogates are accepted.
    """
    text, raw = _content(token.text)
    if raw or "\\" not in text:
        return Literal(token.offset, "string", text)
    parts: list[str] = []
    position = 0
    while position < len(text):
        backslash = text.find("\\", position)
        if backslash < 0:
            parts.append(text[position:])
            break
        code, after = _escape(text, backslash)
        if code > 0x10FFFF or (0xD800 <= code < 0xE000 and not surrogates):
            escape = shown(text[backslash:after])
            message = f"{escape} is not a valid code point"
            raise InvalidExpressionError(message, "write the character itself", token.offset)
        parts += (text[position:backslash], chr(_SURROGATE if 0xD800 <= code < 0xE000 else code))
        position = after
    return Literal(token.offset, "string", "".join(parts))


def bytes_literal(token: Token) -> Literal:
    """Return bytes. Raise InvalidExpressionError for a Unicode escape."""
    text, raw = _content(token.text[1:])
    if raw or "\\" not in text:
        return Literal(token.offset, "bytes", text.encode("utf-8", "surrogatepass"))
    parts = bytearray()
    position = 0
    while position < len(text):
        if text[position] != "\\":
            parts += text[position].encode("utf-8", "surrogatepass")
            position += 1
            continue
        if text[position + 1] in "uU":
            raise InvalidExpressionError(
                f"{shown(text[position : position + 2])} is not allowed in a bytes literal",
                r"write the bytes, for example \xe4",
                token.offset,
            )
        code, position = _escape(text, position)
        parts.append(code)
    return Literal(token.offset, "bytes", bytes(parts))


def _content(text: str) -> tuple[str, bool]:
    """Return the content of a quoted string with line breaks as \\n, and whether the string is raw."""
    raw = text[0] in "rR"
    text = text[raw:].replace("\r\n", "\n").replace("\r", "\n")
    quotes = 3 if len(text) >= 6 and text.startswith(("'''", '"""')) else 1
    return text[quotes:-quotes], raw


def _escape(text: str, backslash: int) -> tuple[int, int]:
    """Return the code point of an escape sequence and its end."""
    letter = text[backslash + 1]
    if letter in _DIGITS:
        end = backslash + 2 + _DIGITS[letter]
        return int(text[backslash + 2 : end], 16), end
    if letter in "0123":
        return int(text[backslash + 1 : backslash + 4], 8), backslash + 4
    return _CONTROL.get(letter, ord(letter)), backslash + 2
