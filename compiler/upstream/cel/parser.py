"""Parser: tokens to a syntax tree, with macros expanded.

Source: cel-go parser/gen/CEL.g4 and parser/parser.go. The limits are those of the server's parser: 100000 characters,
and a nesting depth of 250 for each grammar rule and for the visited operations.
"""

from __future__ import annotations

from compiler.text import shown
from compiler.upstream.cel.ast import Call, Ident, ListLiteral, Literal, MapLiteral, Message, Node, Select
from compiler.upstream.cel.env import Declarations
from compiler.upstream.cel.lexer import Token, bytes_literal, number_literal, string_literal, tokenize
from compiler.upstream.cel.macros import Macros
from compiler.upstream.cel.types import InvalidExpressionError

MAX_CHARACTERS = 100_000
MAX_DEPTH = 250
_RELATIONS = {"<": "_<_", "<=": "_<=_", ">=": "_>=_", ">": "_>_", "==": "_==_", "!=": "_!=_", "in": "@in"}
_PRODUCTS = {"*": "_*_", "/": "_/_", "%": "_%_"}
_SUMS = {"+": "_+_", "-": "_-_"}
_RESERVED_WORDS = (
    "as break const continue else false for function if import in let loop package namespace null return true var void"
    " while"
)
_RESERVED = frozenset(_RESERVED_WORDS.split())
_WORD_OPERATORS = {"and": "&&", "or": "||", "not": "!"}
_CONSTANTS: dict[str, tuple[str, bool | None]] = {
    "true": ("bool", True),
    "false": ("bool", False),
    "null": ("null", None),
}


def parse(expression: str, declarations: Declarations) -> Node:
    """Return the tree of an expression, macros expanded. Raise InvalidExpressionError at the first syntax error."""
    if len(expression) > MAX_CHARACTERS:
        raise InvalidExpressionError(
            f"the expression has {len(expression)} characters; the limit is {MAX_CHARACTERS}",
            "write a shorter expression",
            0,
        )
    return _Parser(tokenize(expression), declarations).parse()


def _too_deep(offset: int) -> InvalidExpressionError:
    return InvalidExpressionError(
        f"the expression is nested more than {MAX_DEPTH} levels deep", "reduce the nesting, or split it", offset
    )


def _with_depth(node: Node, depth: int) -> Node:
    """Set the depth of a node. Raise InvalidExpressionError if it exceeds the limit."""
    if depth > MAX_DEPTH:
        raise _too_deep(node.offset)
    node.depth = depth
    return node


class _Parser:
    def __init__(self, tokens: list[Token], declarations: Declarations) -> None:
        self._tokens = tokens
        self._index = 0
        self._macros = Macros(declarations)
        self._surrogates = "surrogate-escapes" in declarations.settings
        self._nesting = {"expr": 0, "relation": 0, "calc": 0}

    def parse(self) -> Node:
        if self._kind() == "end":
            raise InvalidExpressionError("the expression is empty", "write an expression", 0)
        node = self._expr()
        if self._kind() != "end":
            raise self._unexpected("an operator or the end of the expression")
        return node

    def _kind(self) -> str:
        return self._tokens[self._index].kind

    def _next(self) -> Token:
        token = self._tokens[self._index]
        self._index += 1
        return token

    def _accept(self, kind: str) -> bool:
        if self._tokens[self._index].kind == kind:
            self._index += 1
            return True
        return False

    def _expect(self, kind: str, expected: str = "") -> Token:
        if self._tokens[self._index].kind != kind:
            raise self._unexpected(expected or kind)
        return self._next()

    def _unexpected(self, expected: str) -> InvalidExpressionError:
        token = self._tokens[self._index]
        actual = "end of expression" if token.kind == "end" else shown(token.text)
        hint = f"write {expected} here"
        before = self._tokens[self._index - 1].text if self._index else ""
        word = token.text if token.text in _WORD_OPERATORS else before
        if word in _WORD_OPERATORS:
            hint = f"write {_WORD_OPERATORS[word]} instead of {word}"
        elif token.kind in _RESERVED and before == ".":
            hint = f"write [{token.text!r}] instead of .{token.text}"
        elif token.kind == "," and expected == ")":
            hint = "write a list in square brackets: [a, b]"
        return InvalidExpressionError(f"unexpected {actual}, expected {expected}", hint, token.offset)

    def _enter(self, rule: str) -> None:
        self._nesting[rule] += 1
        if self._nesting[rule] > MAX_DEPTH:
            raise _too_deep(self._tokens[self._index].offset)

    def _expr(self) -> Node:
        self._enter("expr")
        node = self._logical("||", "_||_")
        if self._kind() == "?":
            offset = self._next().offset
            chosen = self._logical("||", "_||_")
            self._expect(":", "a colon")
            node = self._call(offset, "_?_:_", [node, chosen, self._expr()], 1)
        self._nesting["expr"] -= 1
        return node

    def _logical(self, sign: str, function: str) -> Node:
        terms, offsets = [self._operand(sign)], []
        while self._kind() == sign:
            offsets.append(self._next().offset)
            terms.append(self._operand(sign))
        return terms[0] if not offsets else self._balanced(function, terms, offsets, 0, len(offsets) - 1)

    def _operand(self, sign: str) -> Node:
        return self._logical("&&", "_&&_") if sign == "||" else self._relation()

    def _balanced(self, function: str, terms: list[Node], offsets: list[int], low: int, high: int) -> Node:
        """Return a balanced tree of a chain of && or ||. Go: logicManager.balancedTree."""
        middle = (low + high + 1) // 2
        left = terms[middle] if middle == low else self._balanced(function, terms, offsets, low, middle - 1)
        right = terms[middle + 1] if middle == high else self._balanced(function, terms, offsets, middle + 1, high)
        return self._call(offsets[middle], function, [left, right], 0)

    def _relation(self) -> Node:
        self._enter("relation")
        node = self._calc(0)
        while self._kind() in _RELATIONS:
            token = self._next()
            self._enter("relation")
            node = self._call(token.offset, _RELATIONS[token.kind], [node, self._calc(0)], 1)
            self._nesting["relation"] -= 1
        self._nesting["relation"] -= 1
        return node

    def _calc(self, strength: int) -> Node:
        self._enter("calc")
        node = self._unary()
        while True:
            kind = self._kind()
            if kind in _PRODUCTS and strength <= 2:
                function, binding = _PRODUCTS[kind], 3
            elif kind in _SUMS and strength <= 1:
                function, binding = _SUMS[kind], 2
            else:
                break
            offset = self._next().offset
            node = self._call(offset, function, [node, self._calc(binding)], 1)
        self._nesting["calc"] -= 1
        return node

    def _unary(self) -> Node:
        sign = self._kind()
        if sign not in ("!", "-") or (sign == "-" and self._tokens[self._index + 1].kind in ("int", "double")):
            return self._member()
        offset, count = self._tokens[self._index].offset, 0
        while self._accept(sign):
            count += 1
        node = self._member()
        return node if count % 2 == 0 else self._call(offset, "!_" if sign == "!" else "-_", [node], 0)

    def _member(self) -> Node:
        node = self._primary()
        while True:
            if self._accept("."):
                node = self._selected(node)
            elif self._kind() == "[":
                offset = self._next().offset
                function = "_[?_]" if self._accept("?") else "_[_]"
                index = self._expr()
                self._expect("]")
                node = self._call(offset, function, [node, index], 1)
            else:
                return node

    def _selected(self, operand: Node) -> Node:
        optional = self._accept("?")
        name = self._expect("ident", "a name")
        if not optional and self._accept("("):
            return self._call(name.offset, name.text, self._arguments(), 1, operand)
        node: Node
        if optional:
            node = Call(name.offset, "_?._", [operand, Literal(name.offset, "string", name.text)])
        else:
            node = Select(name.offset, operand, name.text)
        return _with_depth(node, operand.depth + 1)

    def _arguments(self) -> list[Node]:
        arguments: list[Node] = []
        if not self._accept(")"):
            arguments.append(self._expr())
            while self._accept(","):
                arguments.append(self._expr())
            self._expect(")")
        return arguments

    def _primary(self) -> Node:
        token = self._tokens[self._index]
        kind = token.kind
        if kind == "ident" or (kind == "." and self._tokens[self._index + 1].kind == "ident"):
            return self._named()
        self._index += 1
        if kind == "string":
            return string_literal(token, self._surrogates)
        if kind in ("int", "uint", "double"):
            return number_literal(token, "", token.offset)
        if kind in _CONSTANTS:
            return Literal(token.offset, *_CONSTANTS[kind])
        if kind == "(":
            node = self._expr()
            self._expect(")")
            return node
        if kind == "[":
            return self._list(token.offset)
        if kind == "{":
            return self._map(token.offset)
        if kind == "bytes":
            return bytes_literal(token)
        if kind == "-" and self._kind() in ("int", "double"):
            return number_literal(self._next(), "-", token.offset)
        self._index -= 1
        raise self._unexpected("a value")

    def _named(self) -> Node:
        offset = self._tokens[self._index].offset
        dot = "." if self._accept(".") else ""
        ahead = self._index + 1
        while self._tokens[ahead].kind == "." and self._tokens[ahead + 1].kind == "ident":
            ahead += 2
        if self._tokens[ahead].kind == "{":
            name = dot + "".join(token.text for token in self._tokens[self._index : ahead])
            self._index = ahead + 1
            return self._message(offset, name)
        token = self._next()
        if token.text in _RESERVED:
            raise InvalidExpressionError(f"{shown(token.text)} is a reserved word", "use another name", token.offset)
        if self._accept("("):
            return self._call(token.offset, dot + token.text, self._arguments(), 0)
        return Ident(token.offset, dot + token.text)

    def _more(self, close: str, first: bool) -> bool:
        """Return whether another element follows; consume the comma before it, or the closing token."""
        comma = self._accept(",")
        if self._accept(close):
            return False
        if comma == first:
            raise self._unexpected(close if comma else f"a comma or {close}")
        return True

    def _list(self, offset: int) -> Node:
        elements: list[Node] = []
        optional: set[int] = set()
        while self._more("]", not elements):
            if self._accept("?"):
                optional.add(len(elements))
            elements.append(self._expr())
        node = ListLiteral(offset, elements, frozenset(optional))
        return _with_depth(node, max((element.depth for element in elements), default=0))

    def _map(self, offset: int) -> Node:
        entries: list[tuple[Node, Node, bool]] = []
        while self._more("}", not entries):
            optional = self._accept("?")
            key = self._expr()
            self._expect(":", "a colon")
            entries.append((key, self._expr(), optional))
        node = MapLiteral(offset, entries)
        return _with_depth(node, max((max(key.depth, value.depth) for key, value, _ in entries), default=0))

    def _message(self, offset: int, name: str) -> Node:
        fields: list[tuple[str, Node, bool, int]] = []
        while self._more("}", not fields):
            optional = self._accept("?")
            field = self._expect("ident", "a field name")
            self._expect(":", "a colon")
            fields.append((field.text, self._expr(), optional, field.offset))
        return _with_depth(Message(offset, name, fields), max((value.depth for _, value, _, _ in fields), default=0))

    def _call(self, offset: int, function: str, args: list[Node], counted: int, target: Node | None = None) -> Node:
        """Return a call, or its macro expansion; `counted` is 1 if the server's visitor counts the grammar rule."""
        node = self._macros.expand(offset, function, target, args) or Call(offset, function, args, target)
        parts = args if target is None else [target, *args]
        return _with_depth(node, max((part.depth for part in parts), default=0) + counted)
