"""Diagnostics: messages with locations and hints; and the report that collects them."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeAlias

from compiler import rules
from compiler.bounds import MAX_FINDINGS, MAX_TEXT
from compiler.rules import Rule
from compiler.rules.rule import is_breach
from compiler.text import Suggestion, Suggestions
from compiler.text.redaction import hide_in_message

if TYPE_CHECKING:
    from compiler.filesystem import Root
    from compiler.rules.rule import PolicyResult

ERROR, WARNING, NOTE = "error", "warning", "note"
SEVERITIES = (ERROR, WARNING, NOTE)
Unlisted: TypeAlias = tuple[str, str, str]
"""Severity, code and flag of a diagnostic that is only counted."""


class Location(NamedTuple):
    """A span in a source file. Lines and columns count from 1, columns in characters; the end is exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


class Edit(NamedTuple):
    """A replacement in a file. `old` is the text at the location, or a part of it; `new` replaces it."""

    location: Location
    old: str
    new: str


class Diagnostic(NamedTuple):
    """One finding. `rule` is the id of the server's rule, None for a check of kasc.

    `fix` has the edits that fix it, empty if there is no safe fix; they are applied together.
    """

    code: str
    severity: str
    message: str
    hint: str = ""
    rule: str | None = None
    path: str = ""
    flag: str = ""
    location: Location | None = None
    source: str = ""
    fix: tuple[Edit, ...] = ()


class KascError(Exception):
    """An input that cannot be processed further; `diagnostic` has the reason and location."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


def diagnose(
    rule: Rule,
    message: str,
    hint: str = "",
    *,
    path: str = "",
    flag: str = "",
    location: Location | None = None,
    severity: str = "",
) -> Diagnostic:
    """Return a diagnostic for a rule, with the severity of the rule by default. Secrets are redacted.

    A hint that is a Suggestion becomes the fix as well.
    """
    safe_hint = hide_in_message(str(hint))
    return Diagnostic(
        rule.code,
        severity or rule.severity,
        _truncated(hide_in_message(message)),
        _truncated(safe_hint),
        rule.id if rule.of_server else None,
        _truncated(hide_in_message(path)),
        flag,
        location,
        rule.source,
        (Edit(location, hint.old, hint.new),)
        if isinstance(hint, Suggestion) and location is not None and safe_hint == hint
        else (),
    )


class Problems(list[Diagnostic]):
    """The diagnostics of a parser: the first `MAX_FINDINGS`, and the counts of the others in `unlisted`."""

    def __init__(self) -> None:
        super().__init__()
        self.unlisted: Counter[Unlisted] = Counter()

    def report(self, rule: Rule, make: Callable[..., Diagnostic], *arguments: Any) -> None:
        """Add the diagnostic that `make` returns, or only count it by its rule if the limit is reached."""
        if len(self) < MAX_FINDINGS:
            self.append(make(*arguments))
            return
        self.unlisted[rule.severity, rule.code, ""] += 1

    def __iadd__(self, others: Iterable[Diagnostic]) -> Self:  # type: ignore[misc, override]
        self.extend(others)
        if isinstance(others, Problems):
            self.unlisted.update(others.unlisted)
        return self

    def clear(self) -> None:
        """Remove all diagnostics and counts."""
        super().clear()
        self.unlisted.clear()


def _truncated(text: str) -> str:
    """Return a string truncated to `MAX_TEXT`, because it may repeat text of the input."""
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"


def matches(code: str, pattern: str) -> bool:
    """Return whether a code is the pattern or has it as a prefix: `KASC-ETCD` matches `KASC-ETCD-002`."""
    return code == pattern or code.startswith(f"{pattern}-")


def is_selected(code: str, codes: list[str], ignored: list[str]) -> bool:
    """Return whether a code matches one of `codes`, all if there are none, and none of `ignored`."""
    selected = not codes or any(matches(code, pattern) for pattern in codes)
    return selected and not any(matches(code, pattern) for pattern in ignored)


class Report:
    """The diagnostics of one input, in the order of discovery.

    At most `MAX_FINDINGS` of each severity are listed, so that a report has a bounded size. The others are counted in
    `unlisted` by severity, code and flag, and `note_unlisted` adds a note about them.

    `unread` is set if the input could not be read or is of an unknown kind. `deselected` has the errors that a
    selection excludes from the listing but not from the result. `texts` has the text of standard input by its name,
    which cannot be read again for excerpts. No lines are shown of the files in `concealed` and of files outside `root`.
    `static_pod` is the namespace/name of a static Pod. `policies` are the results of the policies that were selected.
    """

    def __init__(self, path: str = "") -> None:
        self.path = path
        self.read_as = ""
        self.kubernetes_version = ""
        self.unread = False
        self.diagnostics: list[Diagnostic] = []
        self.unlisted: Counter[Unlisted] = Counter()
        self.suggestions = Suggestions()
        self.undecided: set[str] = set()
        """Flags whose values are only known at run time: diagnostics about them are dropped."""
        self._known: set[Diagnostic] = set()
        self._room = dict.fromkeys(SEVERITIES, MAX_FINDINGS)
        self.deselected: list[Diagnostic] = []
        self.policies: list[PolicyResult] = []
        self.binding: set[str] = set()
        """Rules of organisations whose findings comments cannot suppress."""
        self.texts: dict[str, str] = {}
        self.static_pod = ""
        self.concealed: frozenset[str] = frozenset()
        self.root: Root | None = None

    def add(self, diagnostic: Diagnostic) -> None:
        """Add a diagnostic, unless it is a duplicate; only count it if the limit of its severity is reached."""
        if diagnostic in self._known or diagnostic.flag in self.undecided:
            return
        if self._room[diagnostic.severity] <= 0:
            self.unlisted[diagnostic.severity, diagnostic.code, diagnostic.flag] += 1
            return
        self._room[diagnostic.severity] -= 1
        self._known.add(diagnostic)
        self.diagnostics.append(diagnostic)

    def add_last(self, diagnostic: Diagnostic) -> None:
        """Add the diagnostic that stopped the processing of the input, regardless of the limit."""
        self._room[diagnostic.severity] = max(1, self._room[diagnostic.severity])
        self.add(diagnostic)

    def drops(self, rule: Rule, flag: str = "", severity: str = "") -> bool:
        """Return whether a diagnostic of a rule would not be listed, and count it as `add` does."""
        if flag in self.undecided:
            return True
        if all(self._room.values()):
            return False
        severity = severity or rule.severity
        if self._room[severity] > 0:
            return False
        self.unlisted[severity, rule.code, flag] += 1
        return True

    def remove(self, matches: Callable[[str, str], bool]) -> None:
        """Remove the diagnostics whose code and flag match."""
        self.diagnostics = [each for each in self.diagnostics if not matches(each.code, each.flag)]
        for severity, code, flag in list(self.unlisted):
            if matches(code, flag):
                del self.unlisted[severity, code, flag]

    def select(self, codes: list[str], ignored: list[str]) -> None:
        """Drop the warnings and notes that are not selected, and hide such errors; see `is_selected`.

        Outcome, exit code and counts do not depend on it, because the server rejects the input anyway.
        """
        if not (codes or ignored):
            return
        hidden = [each for each in self.diagnostics if not is_selected(each.code, codes, ignored)]
        self.deselected += [each for each in hidden if each.severity == ERROR]
        self.diagnostics = [each for each in self.diagnostics if is_selected(each.code, codes, ignored)]
        for key in list(self.unlisted):
            if key[0] != ERROR and not is_selected(key[1], codes, ignored):
                del self.unlisted[key]

    def note_unlisted(self) -> None:
        """Add a note about the diagnostics that are not listed."""
        if self.unlisted:
            numbers = ((severity, self._unlisted(severity)) for severity in SEVERITIES)
            counts = [f"{number} {severity}{'s' * (number != 1)}" for severity, number in numbers if number]
            message = f"not listed: {', '.join(counts)}; a report lists at most {MAX_FINDINGS} of each severity"
            self.diagnostics.append(
                diagnose(rules.UNLISTED_FINDINGS, message, "fix the listed findings, then run kasc again")
            )

    def _unlisted(self, severity: str) -> int:
        return sum(number for key, number in self.unlisted.items() if key[0] == severity) if self.unlisted else 0

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Add several diagnostics."""
        for diagnostic in diagnostics:
            self.add(diagnostic)
        if isinstance(diagnostics, Problems):
            self.unlisted.update(diagnostics.unlisted)

    def sorted(self) -> list[Diagnostic]:
        """Return the diagnostics sorted by location, those without one last in the order of discovery."""
        last = (1, "", 0, 0)
        return sorted(self.diagnostics, key=lambda each: (0, *each.location[:3]) if each.location else last)

    def all(self) -> Iterator[Diagnostic]:
        """Yield every diagnostic, including those that a selection excludes from the listing."""
        yield from self.diagnostics
        yield from self.deselected

    def of(self, severity: str) -> Iterator[Diagnostic]:
        """Return the diagnostics of one severity."""
        return (each for each in self.all() if each.severity == severity)

    def count(self, severity: str) -> int:
        """Return the number of diagnostics of one severity, including those not listed."""
        return sum(1 for _ in self.of(severity)) + self._unlisted(severity)

    def hidden(self, severity: str) -> int:
        """Return the number of diagnostics of one severity that are not listed."""
        return sum(each.severity == severity for each in self.deselected) + self._unlisted(severity)

    def errors(self) -> set[tuple[str, str]]:
        """Return code and flag of every error."""
        listed = {(each.code, each.flag) for each in self.of(ERROR)}
        return listed | {(code, flag) for severity, code, flag in self.unlisted if severity == ERROR}

    def fails(self, strict: bool) -> bool:
        """Return whether there are errors or, if `strict`, warnings."""
        return self.count(ERROR) > 0 or (strict and self.count(WARNING) > 0)

    @property
    def rejected(self) -> bool:
        """Whether an error is not about a policy: the server would refuse to start, or the input could not be read."""
        listed = any(not is_breach(each.code) for each in self.of(ERROR))
        return listed or any(severity == ERROR and not is_breach(code) for severity, code, _ in self.unlisted)

    @property
    def outcome(self) -> str:
        """`unread` if the input could not be read, `reject` if the server would refuse to start, otherwise `accept`."""
        if self.unread:
            return "unread"
        return "reject" if self.rejected else "accept"
