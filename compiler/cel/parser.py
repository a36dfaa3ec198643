"""From tokens to a syntax tree.

Source: cel-go parser/gen/CEL.g4 and parser/parser.go. The limits are those of the server's parser: 100000 characters,
and 250 for the nesting of each rule of the grammar and of the operations that it visits.
"""

from __future__ import annotations

from compiler.cel.declarations import Declarations
from compiler.cel.lexer import Token, tokens_of
from compiler.cel.literals import bytes_literal, number_literal, string_literal
from compiler.cel.macros import Macros
from compiler.cel.problems import Refused
from compiler.cel.tree import Call, Ident, ListLiteral, Literal, MapLiteral, Message, Node, Select
from compiler.flags.text import shown

LONGEST = 100_000
DEEPEST = 250
_RELATIONS = {"<": "_<_", "<=": "_<=_", ">=": "_>=_", ">": "_>_", "==": "_==_", "!=": "_!=_", "in": "@in"}
_PRODUCTS = {"*": "_*_", "/": "_/_", "%": "_%_"}
_SUMS = {"+": "_+_", "-": "_-_"}
_RESERVED_WORDS = (
    "as break const continue else false for function if import in let loop package namespace null return true var void"
    " while"
)
_RESERVED = frozenset(_RESERVED_WORDS.split())
_WORDS = {"and": "&&", "or": "||", "not": "!"}
_CONSTANTS: dict[str, tuple[str, bool | None]] = {
    "true": ("bool", True),
    "false": ("bool", False),
    "null": ("null", None),
}


def parse(expression: str, declarations: Declarations) -> Node:
    """The tree of an expression, macros expanded. Raises Refused at the first mistake."""
    if len(expression) > LONGEST:
        raise Refused(
            f"the expression has {len(expression)} characters, more than {LONGEST}", "write a shorter expression", 0
        )
    return _Parser(tokens_of(expression), declarations).whole()


def _too_deep(offset: int) -> Refused:
    return Refused(
        f"the expression is nested more than {DEEPEST} deep", "write a flatter expression, or split it", offset
    )


def _nested(node: Node, depth: int) -> Node:
    """The node with its depth, unless it is too much."""
    if depth > DEEPEST:
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

    def whole(self) -> Node:
        if self._kind() == "end":
            raise Refused("the expression is empty", "write an expression", 0)
        node = self._expr()
        if self._kind() != "end":
            raise self._unexpected("an operator or the end")
        return node

    def _kind(self) -> str:
        return self._tokens[self._index].kind

    def _next(self) -> Token:
        token = self._tokens[self._index]
        self._index += 1
        return token

    def _take(self, kind: str) -> bool:
        if self._tokens[self._index].kind == kind:
            self._index += 1
            return True
        return False

    def _need(self, kind: str, wanted: str = "") -> Token:
        if self._tokens[self._index].kind != kind:
            raise self._unexpected(wanted or kind)
        return self._next()

    def _unexpected(self, wanted: str) -> Refused:
        token = self._tokens[self._index]
        what = "the expression ends" if token.kind == "end" else f"{shown(token.text)} stands"
        hint = f"write {wanted} here"
        before = self._tokens[self._index - 1].text if self._index else ""
        word = token.text if token.text in _WORDS else before
        if word in _WORDS:
            hint = f"write {_WORDS[word]} instead of {word}"
        elif token.kind in _RESERVED and before == ".":
            hint = f"write [{token.text!r}] instead of .{token.text}"
        elif token.kind == "," and wanted == ")":
            hint = "write a list in square brackets: [a, b]"
        return Refused(f"{what} where {wanted} is expected", hint, token.offset)

    def _enter(self, rule: str) -> None:
        self._nesting[rule] += 1
        if self._nesting[rule] > DEEPEST:
            raise _too_deep(self._tokens[self._index].offset)

    def _expr(self) -> Node:
        self._enter("expr")
        node = self._logical("||", "_||_")
        if self._kind() == "?":
            offset = self._next().offset
            chosen = self._logical("||", "_||_")
            self._need(":", "a colon")
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
        """A tree of equal sides, as the server makes it of chains: logicManager.balancedTree."""
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
        while self._take(sign):
            count += 1
        node = self._member()
        return node if count % 2 == 0 else self._call(offset, "!_" if sign == "!" else "-_", [node], 0)

    def _member(self) -> Node:
        node = self._primary()
        while True:
            if self._take("."):
                node = self._selected(node)
            elif self._kind() == "[":
                offset = self._next().offset
                function = "_[?_]" if self._take("?") else "_[_]"
                index = self._expr()
                self._need("]")
                node = self._call(offset, function, [node, index], 1)
            else:
                return node

    def _selected(self, operand: Node) -> Node:
        optional = self._take("?")
        name = self._need("ident", "a name")
        if not optional and self._take("("):
            return self._call(name.offset, name.text, self._arguments(), 1, operand)
        node: Node
        if optional:
            node = Call(name.offset, "_?._", [operand, Literal(name.offset, "string", name.text)])
        else:
            node = Select(name.offset, operand, name.text)
        return _nested(node, operand.depth + 1)

    def _arguments(self) -> list[Node]:
        arguments: list[Node] = []
        if not self._take(")"):
            arguments.append(self._expr())
            while self._take(","):
                arguments.append(self._expr())
            self._need(")")
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
            self._need(")")
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
        dot = "." if self._take(".") else ""
        ahead = self._index + 1
        while self._tokens[ahead].kind == "." and self._tokens[ahead + 1].kind == "ident":
            ahead += 2
        if self._tokens[ahead].kind == "{":
            name = dot + "".join(token.text for token in self._tokens[self._index : ahead])
            self._index = ahead + 1
            return self._message(offset, name)
        token = self._next()
        if token.text in _RESERVED:
            raise Refused(f"{shown(token.text)} is a reserved word", "use another name", token.offset)
        if self._take("("):
            return self._call(token.offset, dot + token.text, self._arguments(), 0)
        return Ident(token.offset, dot + token.text)

    def _more(self, close: str, first: bool) -> bool:
        """Whether another element follows; takes the comma before it, or what closes, with a comma before that."""
        comma = self._take(",")
        if self._take(close):
            return False
        if comma == first:
            raise self._unexpected(close if comma else f"a comma or {close}")
        return True

    def _list(self, offset: int) -> Node:
        elements: list[Node] = []
        optional: set[int] = set()
        while self._more("]", not elements):
            if self._take("?"):
                optional.add(len(elements))
            elements.append(self._expr())
        node = ListLiteral(offset, elements, frozenset(optional))
        return _nested(node, max((element.depth for element in elements), default=0))

    def _map(self, offset: int) -> Node:
        entries: list[tuple[Node, Node, bool]] = []
        while self._more("}", not entries):
            optional = self._take("?")
            key = self._expr()
            self._need(":", "a colon")
            entries.append((key, self._expr(), optional))
        node = MapLiteral(offset, entries)
        return _nested(node, max((max(key.depth, value.depth) for key, value, _ in entries), default=0))

    def _message(self, offset: int, name: str) -> Node:
        fields: list[tuple[str, Node, bool, int]] = []
        while self._more("}", not fields):
            optional = self._take("?")
            field = self._need("ident", "the name of a field")
            self._need(":", "a colon")
            fields.append((field.text, self._expr(), optional, field.offset))
        return _nested(Message(offset, name, fields), max((value.depth for _, value, _, _ in fields), default=0))

    def _call(self, offset: int, function: str, args: list[Node], counted: int, target: Node | None = None) -> Node:
        """A call, or what a macro makes of it; `counted` is 1 where the server's visitor counts the rule."""
        node = self._macros.expanded(offset, function, target, args) or Call(offset, function, args, target)
        parts = args if target is None else [target, *args]
        return _nested(node, max((part.depth for part in parts), default=0) + counted)
