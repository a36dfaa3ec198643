"""Regular expressions that take linear time, whatever they are matched with: policies may come from anybody.

The syntax is the common part of ECMA 262, Go and Python: no lookaround, no references to groups, no word boundaries.
A pattern becomes a nondeterministic automaton, and its sets of states become the states of a deterministic one as far
as the strings need them (Thompson 1968). Every state that is computed is a step; see `Steps`.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from compiler.policies.outcomes import Steps

MAX_STATES = 2000
"""States of the automaton of a pattern, with repetitions expanded."""
_MAX_STATES_OF_FILE = 200_000
"""States of all patterns of a policy, some 30 MB."""
_MAX_REPEATS = 1000
_MAX_DEPTH = 50
_MAX_CACHED = 5000
"""Results that are kept for a pattern; then they are computed again."""
_MAX_CACHED_STATES = 20_000
"""States in the transitions that are kept for a pattern."""
_MAX_CACHED_LENGTH = 200
"""Characters of a string whose result is kept."""
_LAST: Final = 0x10FFFF
_DIGIT, _SPACE = ((0x30, 0x39),), ((0x09, 0x0D), (0x20, 0x20), (0xA0, 0xA0), (0x2028, 0x2029), (0xFEFF, 0xFEFF))
_WORD = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
_CONTROL = {"t": 0x09, "n": 0x0A, "v": 0x0B, "f": 0x0C, "r": 0x0D}
_QUANTIFIERS = {"*": (0, None), "+": (1, None), "?": (0, 1)}

Ranges = tuple[tuple[int, int], ...]
"""A set of characters: code points from the first to the last one, in order."""
_ANY: Ranges = ((0, 0x09), (0x0B, 0x0C), (0x0E, 0x2027), (0x202A, _LAST))


class InvalidPatternError(Exception):
    """A pattern that is not valid or not supported; the message is the reason, `hint` what to write instead."""

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(reason)
        self.hint = hint


class _Fragment(NamedTuple):
    """A part of the automaton: the states where it begins and ends."""

    start: int
    end: int


class Pattern:
    """A compiled pattern. Raises InvalidPatternError."""

    def __init__(self, text: str) -> None:
        self.sets: list[Ranges] = []
        self.next: list[int] = []
        """The state after a character of `sets`; -1 for a state without one."""
        self.free: list[list[int]] = []
        """States that are reached without a character."""
        self.begins: set[int] = set()
        """States that are left without a character at the beginning only."""
        self.ends: set[int] = set()
        """The same at the end only."""
        self._results: dict[str, bool] = {}
        """The strings of the data repeat from server to server."""
        self._transitions: dict[tuple[frozenset[int], str], frozenset[int]] = {}
        self._cached_states = 0
        self._first: frozenset[int] | None = None
        """The states before the first character."""
        whole = _Reader(text, self).read()
        self.start, self.accepting = whole

    def search(self, text: str, steps: Steps) -> bool:
        """Return whether some part of the text matches. Raises TooManyStepsError."""
        steps.spend(1 + len(text))
        known = self._results.get(text)
        if known is None:
            known = self._search(text, steps)
            if len(self._results) >= _MAX_CACHED:
                self._results.clear()
            if len(text) <= _MAX_CACHED_LENGTH:
                self._results[text] = known
        return known

    def _search(self, text: str, steps: Steps) -> bool:
        states = self._first
        if states is None:
            states = self._first = self._closure({self.start}, steps, at_start=True)
        if self.accepting in states:
            return True
        for character in text:
            key = states, character
            known = self._transitions.get(key)
            if known is None:
                known = self._after(states, character, steps)
                self._cached_states += len(known)
                if self._cached_states > _MAX_CACHED_STATES:
                    self._transitions.clear()
                    self._cached_states = len(known)
                self._transitions[key] = known
            states = known
            if self.accepting in states:
                return True
        return bool(self.ends) and self.accepting in self._closure(set(states), steps, at_end=True, at_start=not text)

    def add(self, ranges: Ranges = ()) -> int:
        """Add a state and return it. Raises InvalidPatternError if there are too many."""
        if len(self.free) >= MAX_STATES:
            raise InvalidPatternError("it is too large", "use smaller repeat counts")
        self.sets.append(ranges)
        self.next.append(-1)
        self.free.append([])
        return len(self.free) - 1

    def _after(self, states: frozenset[int], character: str, steps: Steps) -> frozenset[int]:
        """Return the states after a character, and those of a match that begins behind it."""
        steps.spend(sum(1 + len(self.sets[state]) for state in states))
        point = ord(character)
        reached = {self.start}
        for state in states:
            if self.next[state] >= 0 and any(low <= point <= high for low, high in self.sets[state]):
                reached.add(self.next[state])
        return self._closure(reached, steps)

    def _closure(
        self, states: set[int], steps: Steps, *, at_start: bool = False, at_end: bool = False
    ) -> frozenset[int]:
        """Return the states that are reached without a character."""
        pending = list(states)
        while pending:
            state = pending.pop()
            if (state in self.begins and not at_start) or (state in self.ends and not at_end):
                continue
            for each in self.free[state]:
                if each not in states:
                    states.add(each)
                    pending.append(each)
        steps.spend(len(states))
        return frozenset(states)


class Patterns:
    """The patterns of one file, each compiled once; the number of their states is limited."""

    def __init__(self) -> None:
        self._compiled: dict[str, Pattern] = {}
        self._states = 0

    def compiled(self, text: str) -> Pattern:
        """Return a compiled pattern. Raises InvalidPatternError."""
        known = self._compiled.get(text)
        if known is None:
            if self._states > _MAX_STATES_OF_FILE:
                raise InvalidPatternError("the patterns of the policy are too large", "use smaller repeat counts")
            known = self._compiled[text] = Pattern(text)
            self._states += len(known.free)
        return known


class _Reader:
    """Reads a pattern and builds its automaton."""

    def __init__(self, text: str, automaton: Pattern) -> None:
        self.text, self.at, self.depth = text, 0, 0
        self.automaton = automaton
        self.classes: dict[int, tuple[Ranges, int]] = {}
        """The characters and the end of each class by its start: a repeated class is read once."""

    def read(self) -> _Fragment:
        """Return the whole pattern."""
        whole = self._alternatives()
        if self.at < len(self.text):
            raise InvalidPatternError("unexpected )", r"write \) for the character")
        return whole

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _alternatives(self) -> _Fragment:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise InvalidPatternError("groups are nested too deeply", "reduce the nesting of groups")
        branches = [self._sequence()]
        while self._peek() == "|":
            self.at += 1
            branches.append(self._sequence())
        self.depth -= 1
        if len(branches) == 1:
            return branches[0]
        start, end = self.automaton.add(), self.automaton.add()
        for branch in branches:
            self.automaton.free[start].append(branch.start)
            self.automaton.free[branch.end].append(end)
        return _Fragment(start, end)

    def _sequence(self) -> _Fragment:
        start = end = self.automaton.add()
        while self._peek() not in ("", "|", ")"):
            piece = self._repeated()
            self.automaton.free[end].append(piece.start)
            end = piece.end
        return _Fragment(start, end)

    def _repeated(self) -> _Fragment:
        begin = self.at
        piece = self._atom()
        finish = self.at
        sign = self._peek()
        counts = _QUANTIFIERS.get(sign)
        if counts is not None:
            self.at += 1
        elif sign == "{":
            counts = self._counts()
        if counts is None:
            return piece
        if self._peek() == "?":
            self.at += 1  # the shortest match: the same strings match
        if self._peek() in ("*", "+", "?", "{"):
            raise InvalidPatternError("a repetition is repeated", "put the first one in parentheses")
        return self._times(piece, begin, finish, *counts)

    def _times(self, piece: _Fragment, begin: int, finish: int, low: int, high: int | None) -> _Fragment:
        """Return a piece, which is the text from begin to finish, repeated."""
        after = self.at
        pieces = [piece]
        for _ in range(max(low, high or 0, 1) - 1):
            self.at = begin
            pieces.append(self._atom())
        self.at = after
        free, start, end = self.automaton.free, self.automaton.add(), self.automaton.add()
        last = start
        for number, each in enumerate(pieces):
            if number >= low:
                free[last].append(end)
            free[last].append(each.start)
            last = each.end
        if high != 0:
            free[last].append(end)
        if high is None:
            free[last].append(pieces[-1].start)
        return _Fragment(start, end)

    def _counts(self) -> tuple[int, int | None]:
        end = self.text.find("}", self.at)
        low, comma, high = self.text[self.at + 1 : end].partition(",") if end > 0 else ("", "", "")
        if not _is_count(low) or not (high == "" or _is_count(high)) or (high and int(high) < int(low)):
            raise InvalidPatternError(
                "invalid repeat count",
                rf"write {{2}}, {{2,}} or {{2,5}} with at most {_MAX_REPEATS}, or \{{ for the character",
            )
        self.at = end + 1
        return int(low), (int(high) if high else None if comma else int(low))

    def _atom(self) -> _Fragment:
        sign = self._peek()
        self.at += 1
        if sign == "(":
            return self._group()
        if sign == "[":
            begin = self.at
            if begin not in self.classes:
                members = self._class()
                self.classes[begin] = members, self.at
            ranges, self.at = self.classes[begin]
            return self._one(ranges)
        if sign == ".":
            return self._one(_ANY)
        if sign in ("^", "$"):
            start, end = self.automaton.add(), self.automaton.add()
            (self.automaton.begins if sign == "^" else self.automaton.ends).add(start)
            self.automaton.free[start].append(end)
            return _Fragment(start, end)
        if sign == "\\":
            return self._one(self._escape())
        if sign in ("*", "+", "?", "{", "}", "]"):
            raise InvalidPatternError(f"unexpected {sign}", f"write \\{sign} for the character")
        return self._one(((ord(sign), ord(sign)),))

    def _one(self, ranges: Ranges) -> _Fragment:
        start, end = self.automaton.add(ranges), self.automaton.add()
        self.automaton.next[start] = end
        return _Fragment(start, end)

    def _group(self) -> _Fragment:
        rest = self.text[self.at : self.at + 3]
        if rest.startswith("?:"):
            self.at += 2
        elif rest.startswith(("?=", "?!", "?<=", "?<!")):
            raise InvalidPatternError("lookaround is not supported", "use not, allOf or anyOf around several patterns")
        elif rest.startswith("?"):
            raise InvalidPatternError("the group is not supported", "write (...) or (?:...)")
        inner = self._alternatives()
        if self._peek() != ")":
            raise InvalidPatternError("missing )", r"write ) at the end of the group, or \( for the character")
        self.at += 1
        return inner

    def _class(self) -> Ranges:
        negated = self._peek() == "^"
        self.at += negated
        ranges: list[tuple[int, int]] = []
        while self._peek() != "]":
            first = self._class_item()
            if self._peek() == "-" and self.text[self.at + 1 : self.at + 2] not in ("", "]"):
                self.at += 1
                last = self._class_item()
                if not (_is_single(first) and _is_single(last) and first[0][0] <= last[0][0]):
                    raise InvalidPatternError("invalid range of characters", "write the lower character first")
                ranges.append((first[0][0], last[0][0]))
            else:
                ranges += first
        self.at += 1
        return _complement(ranges) if negated else tuple(ranges)

    def _class_item(self) -> Ranges:
        sign = self._peek()
        if not sign:
            raise InvalidPatternError("missing ]", r"write ] at the end of the class, or \[ for the character")
        self.at += 1
        return self._escape(in_class=True) if sign == "\\" else ((ord(sign), ord(sign)),)

    def _escape(self, in_class: bool = False) -> Ranges:
        letter = self._peek()
        self.at += 1
        sets = {"d": _DIGIT, "w": _WORD, "s": _SPACE}.get(letter.lower())
        if sets is not None:
            return sets if letter.islower() else _complement(sets)
        if letter in _CONTROL:
            return ((_CONTROL[letter], _CONTROL[letter]),)
        if letter in ("x", "u"):
            digits = self.text[self.at : self.at + (2 if letter == "x" else 4)]
            self.at += len(digits)
            if len(digits) == (2 if letter == "x" else 4) and all(each in "0123456789abcdefABCDEF" for each in digits):
                return ((int(digits, 16), int(digits, 16)),)
        elif letter and letter.isascii() and not letter.isalnum():
            return ((ord(letter), ord(letter)),)
        hint = (
            "write the characters before and after it"
            if letter in ("b", "B") and not in_class
            else "write the character itself"
        )
        raise InvalidPatternError(f"\\{letter} is not supported", hint)


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 4 and int(text) <= _MAX_REPEATS


def _is_single(ranges: Ranges) -> bool:
    return len(ranges) == 1 and ranges[0][0] == ranges[0][1]


def _complement(ranges: list[tuple[int, int]] | Ranges) -> Ranges:
    result, following = [], 0
    for low, high in sorted(ranges):
        if low > following:
            result.append((following, low - 1))
        following = max(following, high + 1)
    if following <= _LAST:
        result.append((following, _LAST))
    return tuple(result)
