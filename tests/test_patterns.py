"""Every regular expression of the code and of the published schemas takes linear time, whatever it is matched with.

The patterns are collected from the source, so that a new one is tried as well. Each is matched with strings that are
derived from it: what it can repeat is repeated, as is what it begins with, and what follows does not match.
"""

from __future__ import annotations

import ast
import importlib
import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
LENGTH = 20_000
"""Characters of a string: quadratic time takes seconds for it, linear time less than a hundredth."""
LIMIT = 0.3
"""Seconds of processor time."""
_FROM_THE_START = ("match", "fullmatch")
_BEFORE_FLAGS = {
    **dict.fromkeys(("match", "fullmatch", "search", "findall", "finditer"), 2),
    "compile": 1,
    "sub": 4,
    "subn": 4,
    "split": 3,
}
"""The functions of `re` that take a pattern, and how many arguments come before the flags."""
_CHOSEN_LATER: dict[str, list[str]] = {
    # The patterns in the topics of compiler/artifacts/monitoring.
    "artifacts/monitoring/metrics.py pattern": ["'5..'"],
    "cli/explain/observed.py metric": ["'apiserver_request_total'"],
    "cluster/__init__.py '|'.join(parts)": ["'aaa|aab'"],  # escaped strings
    "inputs/dialects/kubeadm/pod_checks.py '[^,:]+' if flag in _PAIRS else '[^,]+' if flag in _LISTS else '.+'": [
        "'[^,:]+'",
        "'[^,]+'",
        "'.+'",
    ],
    "inputs/dialects/kubeadm/validation.py name": [],  # for at most _LONGEST_REPOSITORY characters
    "inputs/dialects/kubespray/__init__.py name": ["'kube_a'"],
    "inputs/importers/detect.py _KEY_IN_TEXT % (key, key)": ["_KEY_IN_TEXT % ('kind', 'kind')"],
    "inputs/schema/__init__.py schema['pattern']": [],  # collected from the schemas
    "inputs/schema/decoding.py pattern": ["'true|false'", "'-?[0-9]+'"],
    "inputs/source/comments.py '#' if anywhere else '(?:^|(?<=[ \\\\t]))#'": ["'#'", r"r'(?:^|(?<=[ \t]))#'"],
    "inputs/source/yaml_dialects.py char": ["'\\a'"],
    "review/comments_and_edits.py pattern": ["r'[-_]{2}a[-_]b'"],
    "text/redaction.py pattern": [r"_NAME.replace(r'\s*+[:=](?!=)\s*', '[:=](?![ =])')"],
    "upstream/etcd.py b'(?m)^%b: ?(\\\\S{1,200})$' % name": [r"rb'(?m)^kind: ?(\S{1,200})$'"],
    "upstream/go/net.py pattern": ["_ESCAPED", "_USER", "_HOST", "_ZONE", "_PORT"],
    "upstream/go/strconv.py _DIGITS[base]": ["_DIGITS[2]", "_DIGITS[8]", "_DIGITS[10]", "_DIGITS[16]"],
    "upstream/x509/__init__.py _STRINGS[tag]": ["_STRINGS[0x12]", "_STRINGS[0x13]", "_STRINGS[0x14]", "_STRINGS[0x16]"],
    "upstream/x509/__init__.py b'(%s)([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})%s(%s)' % (digits, seconds, zone)": [],
}
"""What a pattern that is chosen when the code runs can be, as expressions of its module."""
_PREFERRED = ("0a", "a0", "A_", " \t", '"\\', "{.")
"""Characters that a class contributes, in this order where it has them; each is one way to fill in a pattern."""
_REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT)
_TAILS = ("\0", "\n!")


class Pattern(NamedTuple):
    """A pattern and how it is used."""

    text: str | bytes
    flags: int
    method: str
    where: str


def patterns_in_code() -> Iterator[Pattern]:
    for path in sorted((ROOT / "compiler").rglob("*.py")):
        yield from patterns_of_module(path)


def patterns_of_module(path: Path) -> Iterator[Pattern]:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    text = path.read_text(encoding="utf-8")
    if "re." not in text:
        return
    tree = ast.parse(text)
    names = vars(importlib.import_module(name)) | {"re": re}
    for call, method in _uses(tree):
        where = f"{path.relative_to(ROOT)}:{call.lineno}"
        flags = [each.value for each in call.keywords if each.arg == "flags"]
        flags += call.args[_BEFORE_FLAGS[call.func.attr] :]  # type: ignore[attr-defined]
        for text in _values(call.args[0], names, where):
            for used in method:
                yield Pattern(text, int(_values(flags[0], names, where)[0]) if flags else 0, used, where)


def _uses(tree: ast.Module) -> Iterator[tuple[ast.Call, set[str]]]:
    """Each call of a function of `re` with a pattern, and the methods that the pattern is used with."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    compiled = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            compiled[id(node.value)] = node.targets[0].id
    for call in calls:
        assert isinstance(call.func, ast.Attribute)
        if not (isinstance(call.func.value, ast.Name) and call.func.value.id == "re"):
            continue
        method = call.func.attr
        if method == "compile":
            name = compiled.get(id(call))
            uses = {
                use.attr
                for use in ast.walk(tree)
                if isinstance(use, ast.Attribute)
                and (use.value is call or (isinstance(use.value, ast.Name) and use.value.id == name))
            }
            yield call, uses or {"search"}
        elif method in _BEFORE_FLAGS:
            yield call, {method}


def _values(node: ast.expr, names: dict[str, Any], where: str) -> list[Any]:
    try:
        return [eval(compile(ast.Expression(node), f"<{where}>", "eval"), names)]
    except NameError as error:
        if isinstance(node, ast.JoinedStr) and error.name:
            chosen = _values(ast.copy_location(ast.Name(error.name, ast.Load()), node), names, where)
            return [text for value in chosen for text in _values(node, {**names, error.name: value}, where)]
        key = f"{where.partition(':')[0].removeprefix('compiler/')} {ast.unparse(node)}"
        assert key in _CHOSEN_LATER, f"{where}: {key} is not known before it runs: name its values in _CHOSEN_LATER"
        return [eval(text, names) for text in _CHOSEN_LATER[key]]


def patterns_in_schemas() -> Iterator[Pattern]:
    seen = set()
    for path in sorted((ROOT / "schemas").rglob("*.json")):
        for text in _patterns_below(json.loads(path.read_text(encoding="utf-8"))):
            if text not in seen:
                seen.add(text)
                yield Pattern(text, 0, "search", str(path.relative_to(ROOT)))


def _patterns_below(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("pattern"), str):
            yield value["pattern"]
        for key, child in value.items():
            if key == "patternProperties":
                yield from child
            yield from _patterns_below(child)
    elif isinstance(value, list):
        for child in value:
            yield from _patterns_below(child)


def attacks(pattern: Pattern) -> set[str]:
    """Strings that are long, and match at length without matching in the end."""
    items = list(_parser.parse(_as_text(pattern.text), pattern.flags))
    found = set()
    for preferred in _PREFERRED:
        pumps = set(_repetitions(items, preferred))
        if pattern.method not in _FROM_THE_START:
            pumps |= {("", beginning) for beginning in _beginnings(items, preferred)}
        for lead, pump in pumps:
            if pump:
                found |= {(lead + pump * (LENGTH // len(pump)))[:LENGTH] + tail for tail in _TAILS}
    return found


def _repetitions(items: list[Any], preferred: str) -> Iterator[tuple[str, str]]:
    """What a pattern repeats, with what it matches before that."""
    lead = ""
    for kind, value in items:
        for inner in _alternatives(kind, value):
            for inside, pump in _repetitions(inner, preferred):
                yield lead + inside, pump
            if kind in _REPEATS and value[1] > 20:
                yield lead, _sample(inner, preferred)
        lead += _sample([(kind, value)], preferred)


def _beginnings(items: list[Any], preferred: str) -> Iterator[str]:
    """Strings that a match can begin with."""
    lead = ""
    for kind, value in items:
        for inner in _alternatives(kind, value):
            for inside in _beginnings(inner, preferred):
                yield lead + inside
        lead += _sample([(kind, value)], preferred)
        yield lead


def _alternatives(kind: Any, value: Any) -> list[list[Any]]:
    """The patterns inside a part of a pattern."""
    if kind in _REPEATS:
        return [list(value[2])]
    if kind is _constants.SUBPATTERN:
        return [list(value[3])]
    if kind is _constants.ATOMIC_GROUP:
        return [list(value)]
    if kind is _constants.BRANCH:
        return [list(branch) for branch in value[1]]
    return []


def _sample(items: list[Any], preferred: str) -> str:
    """A string that the parts of a pattern match, as far as look-arounds allow."""
    text = ""
    for kind, value in items:
        if kind is _constants.LITERAL:
            text += chr(value)
        elif kind is _constants.NOT_LITERAL:
            text += next(letter for letter in preferred + "ab" if ord(letter) != value)
        elif kind is _constants.ANY:
            text += preferred[0]
        elif kind is _constants.IN:
            text += _one_of(value, preferred)
        elif kind in _REPEATS:
            text += _sample(list(value[2]), preferred) * min(max(value[0], 1), 3)
        elif kind is _constants.BRANCH:
            text += _sample(list(value[1][preferred == _PREFERRED[1] and len(value[1]) > 1]), preferred)
        elif inner := _alternatives(kind, value):
            text += _sample(inner[0], preferred)
    return text


def _one_of(members: list[Any], preferred: str) -> str:
    own = [chr(value if kind is _constants.LITERAL else value[0]) for kind, value in members
           if kind in (_constants.LITERAL, _constants.RANGE)]  # fmt: skip
    for letter in [*preferred, *own, *map(chr, range(32, 127))]:
        if _holds(members, letter):
            return letter
    return "x"


def _holds(members: list[Any], letter: str) -> bool:
    code, negated, found = ord(letter), False, False
    for kind, value in members:
        if kind is _constants.NEGATE:
            negated = True
        elif kind is _constants.LITERAL:
            found |= code == value
        elif kind is _constants.RANGE:
            found |= value[0] <= code <= value[1]
        else:
            name = str(value).removeprefix("CATEGORY_")
            inside = {"DIGIT": letter.isdigit(), "SPACE": letter.isspace(), "WORD": letter.isalnum() or letter == "_"}
            found |= inside[name.removeprefix("NOT_")] != name.startswith("NOT_")
    return found != negated


class TooSlowError(Exception):
    """A match that takes more than linear time."""


def _as_text(pattern: str | bytes) -> str:
    return pattern if isinstance(pattern, str) else pattern.decode("latin-1")


def slowest(pattern: Pattern) -> str:
    """The beginning of a string that the pattern takes too long for; empty if there is none."""
    compiled = re.compile(_as_text(pattern.text), pattern.flags)
    use = compiled.match if pattern.method == "match" else compiled.fullmatch
    if pattern.method not in _FROM_THE_START:
        use = lambda text: compiled.sub("", text)  # type: ignore[assignment,return-value]  # noqa: E731

    def stop(number: int, frame: Any) -> None:
        raise TooSlowError

    before = signal.signal(signal.SIGVTALRM, stop)
    try:
        for text in attacks(pattern):
            signal.setitimer(signal.ITIMER_VIRTUAL, LIMIT)
            try:
                use(text)
            except TooSlowError:
                return text[:40]
            finally:
                signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    finally:
        signal.signal(signal.SIGVTALRM, before)
    return ""


@pytest.mark.parametrize(
    "pattern", [r"^[-+]?(0|([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|ms|s|m|h))+$", r"\{\{.*?\}\}", r"(?:a|b)*a+c"]
)
def test_a_pattern_that_takes_more_than_linear_time_is_noticed(pattern: str) -> None:
    assert slowest(Pattern(pattern, 0, "search", ""))


def test_patterns_of_the_code_take_linear_time() -> None:
    found = {pattern[:3]: pattern for pattern in patterns_in_code()}
    assert len(found) > 100
    slow = [(pattern.where, pattern.text, text) for pattern in found.values() if (text := slowest(pattern))]
    assert slow == []


def test_patterns_of_the_schemas_take_linear_time() -> None:
    found = list(patterns_in_schemas())
    assert found
    slow = [(pattern.where, pattern.text, text) for pattern in found if (text := slowest(pattern))]
    assert slow == []
