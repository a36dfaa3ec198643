"""Messages, hints and positions of errors in expressions."""

from __future__ import annotations

import pytest

from compiler.upstream.cel import CLAIMS, USER, CelProblem, Environment, compile_expression, request_environment

REQUEST = request_environment(selectors=True)


def problems(expression: str, environment: Environment = REQUEST, minor: int = 36) -> list[CelProblem]:
    outcome = compile_expression(expression, environment, minor, "bool")
    assert isinstance(outcome, list)
    return outcome


# The caret precedes the character that the problem points to.
PLACED = [
    ("^requst.user == 'a'", "requst", "request"),
    ("request.^usr == 'a'", "usr", "user"),
    ("request.user.^startswith('a')", "startswith", "startsWith()"),
    ("request.user.^lower() == 'a'", "lower", "lowerAscii()"),
    ("request.groups.^any(g, g == 'a')", "any", "exists("),
    ("ip.^isCanonica('1.2.3.4')", "isCanonica", "ip.isCanonical()"),
    ("^claims.sub == 'a'", "claims", "request"),
    ("request.resourceAttributes.^namespaces == 'a'", "namespaces", "namespace"),
    ("request.resourceAttributes.^fieldSelectr.rawSelector == ''", "fieldSelectr", "fieldSelector"),
    ("request.user ^= 'a'", "=", "=="),
    ("request.user == 'a' ^and true", "and", "&&"),
    ("not ^true", "true", "!"),
    ("request.user == ^'a", "unterminated", "'"),
    (r"request.user == '^\d'", r"\d", "raw string"),
    ("request.user == ^“a”", "“", "straight quotes"),
    ("request.user in ('a'^, 'b')", ",", "[a, b]"),
    ("'a' ^in request.user", "string and string", "contains"),
    ("request.groups ^== 'a'", "list(string) and string", "value in list"),
    ("request.groups.^contains('a')", "list(string)", "value in list"),
    ("request.user.^startsWith(1)", "(int)", "string.startsWith(string)"),
    ("size(request.user) ^== '1'", "int and string", "int(...)"),
    ("true ^== 'true'", "bool and string", "without quotes"),
    ("^request.user", "evaluates to string", "compare"),
    ("request.^user && true", "got string", "compare"),
    ("request.user.matches(^'(?=a)')", "(?=", "lookahead"),
    ("request.user.matches(^'[a')", "missing closing ]", "]"),
    ("request.user.matches('a', ^", "end of expression", "value"),
    ("duration(^'5d') > duration('1h')", "5d", "120h"),
    ("timestamp(^'2020-01-01') > timestamp(0)", "2020-01-01", "2006-01-02T15:04:05Z"),
    ("int(^'a') == 1", "a", "digits"),
    ("^'%s'.format([]) == ''", "argument", "%s"),
    ("'%d'.format([request.^user]) == ''", "string", "%s"),
    ("request.user in ['a', ^1]", "int", "one type"),
    ("has(request^['user'])", "has()", "dot"),
    ("request.groups.all(^'g', true)", "identifier", "all(x, ...)"),
    ("request.groups.^all(true)", "1 argument", "2 or 3"),
    ("request.user.^size == 1", "size", ".size()"),
    ("^size == 1", "size", "size(...)"),
    ("^math.abs(1) == 1", "math", "not part"),
    ("^", "empty", "expression"),
    ("request.user.^in", "in", "['in']"),
    ("^for == 1", "for", "another name"),
    ("^foo.Bar{a: 1} == 1", "foo.Bar", "'key'"),
]


@pytest.mark.parametrize(("marked", "message", "hint"), PLACED)
def test_problem_has_message_hint_and_offset(marked: str, message: str, hint: str) -> None:
    offset = marked.index("^")
    (problem,) = problems(marked.replace("^", "", 1))
    assert message in problem.message
    assert hint in problem.hint
    assert problem.offset == offset


def test_independent_problems_are_reported_in_order() -> None:
    result = problems("request.usr == 'a' && request.user.size(1) == 2 && foo")
    assert [problem.offset for problem in result] == [8, 35, 51]


@pytest.mark.parametrize(
    ("expression", "offsets"),
    [
        ("request.usr.a[1].c == request.user", [8]),
        ("foo.bar.baz == 'a'", [0]),
        ("foo('a').b.c", [0]),
        ("unknown(request.groups).all(x, x.y.z)", [0]),
        ("request.groups.unknown(x, x.startsWith(y))", [15]),
        ("[foo].all(x, x.y && x > 1)", [1]),
        ("{'a': foo}.a.b.c", [6]),
        ("foo.all(x, x.y == bar)", [0, 18]),
    ],
)
def test_a_problem_has_no_follow_up_problems(expression: str, offsets: list[int]) -> None:
    assert [problem.offset for problem in problems(expression)] == offsets


def test_functions_of_later_versions_are_unknown() -> None:
    (problem,) = problems("lists.range(3) == [1]", minor=33)
    assert "lists.range" in problem.message or "lists" in problem.message
    assert not isinstance(compile_expression("lists.range(3) == [1]", REQUEST, 34, "bool"), list)


def test_a_claim_needs_dyn_to_be_iterated() -> None:
    (problem,) = problems("claims.groups.all(g, g == 'a')", CLAIMS)
    assert problem.offset == len("claims.")
    assert "dyn(" in problem.hint
    assert not isinstance(compile_expression("dyn(claims.groups).all(g, g == 'a')", CLAIMS, 36, "bool"), list)


def test_hint_lists_the_fields_of_an_object() -> None:
    (problem,) = problems("user.q == 'a'", USER)
    assert all(field in problem.hint for field in ("username", "uid", "groups", "extra"))


@pytest.mark.parametrize(
    "expression",
    ["claims.?a" + ".optMap(x, x)" * 30, "[1]" + ".map(a, {a: a})" * 60, "claims.?a" + ".a" * 30000 + ".optMap(x, x)"],
)
def test_exponential_growth_is_rejected(expression: str) -> None:
    for minor in (31, 36):
        assert isinstance(compile_expression(expression, CLAIMS, minor), list)


def test_long_argument_lists_are_abbreviated() -> None:
    (problem,) = problems("request.user.split(" + "1," * 2000 + "1) == []")
    assert len(problem.message) < 300
