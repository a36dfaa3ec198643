"""Values of literals.

Sources: cel-go parser/unescape.go and the visitors of literals in parser/parser.go.
"""

from __future__ import annotations

from compiler.cel.lexer import Token
from compiler.cel.problems import InvalidExpressionError
from compiler.cel.tree import Literal
from compiler.flags.text import shown

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
