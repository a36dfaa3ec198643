"""Diagnostics: what is wrong, where, and the way out; and the report that collects them."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeAlias

from compiler import rules
from compiler.bounds import MAX_FINDINGS, MAX_TEXT
from compiler.rules import Rule
from compiler.text.suggest import Suggestions

if TYPE_CHECKING:
    from compiler.filesystem import Root
    from compiler.review.policies import PolicyResult

ERROR, WARNING, NOTE = "error", "warning", "note"
SEVERITIES = (ERROR, WARNING, NOTE)
Unlisted: TypeAlias = tuple[str, str, str]
"""Severity, code and flag of a finding that is only counted."""


class Location(NamedTuple):
    """A span in a source file. Lines and columns count from 1, columns in characters; the end is exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


class Edit(NamedTuple):
    """A piece of a file and what to write in its place. `old` is what stands at the location, or somewhere in it."""

    location: Location
    old: str
    new: str


class Diagnostic(NamedTuple):
    """One finding. `rule` is the id of the server's rule, None where the finding is kasc's own.

    `fix` is what mends it, where that needs no thinking: all of its edits together.
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
    """An input that cannot be worked with at all; `diagnostic` says why and where."""

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
    """Return a diagnostic for a rule, with that rule's severity unless one is given.

    A hint that is a Suggestion becomes the finding's fix as well. Nothing of a finding shows a secret.
    """
    # Most inputs have no findings.
    from compiler.text.redaction import hide_in_message
    from compiler.text.suggest import Suggestion

    safe_hint = hide_in_message(str(hint))
    return Diagnostic(
        rule.code,
        severity or rule.severity,
        _cut(hide_in_message(message)),
        _cut(safe_hint),
        rule.id if rule.of_server else None,
        _cut(hide_in_message(path)),
        flag,
        location,
        rule.source,
        (Edit(location, hint.old, hint.new),)
        if isinstance(hint, Suggestion) and location is not None and safe_hint == hint
        else (),
    )


class Problems(list[Diagnostic]):
    """The findings of what reads a file: the first `MAX_FINDINGS` that it reports, and the numbers of the others."""

    def __init__(self) -> None:
        super().__init__()
        self.unlisted: Counter[Unlisted] = Counter()

    def report(self, rule: Rule, make: Callable[..., Diagnostic], *arguments: Any) -> None:
        """Add the finding of a rule that a function makes, or count it if there is no room for it."""
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
        """Forget all of them."""
        super().clear()
        self.unlisted.clear()


def _cut(text: str) -> str:
    """A string that may repeat what an input says, no longer than it helps anybody."""
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"


def matches(code: str, pattern: str) -> bool:
    """Return whether a code is the pattern or has it as a prefix: `KASC-ETCD` matches `KASC-ETCD-002`."""
    return code == pattern or code.startswith(f"{pattern}-")


def is_selected(code: str, codes: list[str], ignored: list[str]) -> bool:
    """Return whether a code matches one of `codes`, all if there are none, and none of `ignored`."""
    selected = not codes or any(matches(code, pattern) for pattern in codes)
    return selected and not any(matches(code, pattern) for pattern in ignored)


class Report:
    """The findings about one input, in the order of discovery.

    At most `MAX_FINDINGS` of each severity are kept, so that no input makes a report without end. The others count all
    the same: `unlisted` has their numbers by severity, code and flag, and `note_unlisted` adds a note that says so.

    `unread` says that kasc could not read the input, or does not know its kind. `unshown` holds the errors that a
    selection leaves out of the listing: they count all the same. `texts` holds what cannot be read again when a finding
    is shown: the text of standard input, by its name. `concealed` names the files of which no line is shown.
    Only of files inside `root` a line is shown.
    `static_pod` is the namespace and name of a static Pod. `policy` is the verdict of a policy where one was asked for.
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
        """Flags whose values only the running server knows: nothing is kept about them as long as they are here."""
        self._known: set[Diagnostic] = set()
        self._room = dict.fromkeys(SEVERITIES, MAX_FINDINGS)
        self.unshown: list[Diagnostic] = []
        self.policy: PolicyResult | None = None
        self.texts: dict[str, str] = {}
        self.static_pod = ""
        self.concealed: frozenset[str] = frozenset()
        self.root: Root | None = None

    def add(self, diagnostic: Diagnostic) -> None:
        """Keep a finding, unless the very same one is already known; count it if there is no room for it."""
        if diagnostic in self._known or diagnostic.flag in self.undecided:
            return
        if self._room[diagnostic.severity] <= 0:
            self.unlisted[diagnostic.severity, diagnostic.code, diagnostic.flag] += 1
            return
        self._room[diagnostic.severity] -= 1
        self._known.add(diagnostic)
        self.diagnostics.append(diagnostic)

    def add_last(self, diagnostic: Diagnostic) -> None:
        """Keep the finding that ended the reading of the input, whether there is room for it or not."""
        self._room[diagnostic.severity] = max(1, self._room[diagnostic.severity])
        self.add(diagnostic)

    def passes_over(self, rule: Rule, flag: str = "", severity: str = "") -> bool:
        """Whether a finding of a rule would not be kept, so that it need not be made; it is counted as `add` does."""
        if flag in self.undecided:
            return True
        if all(self._room.values()):
            return False
        severity = severity or rule.severity
        if self._room[severity] > 0:
            return False
        self.unlisted[severity, rule.code, flag] += 1
        return True

    def leave_out(self, which: Callable[[str, str], bool]) -> None:
        """Take out the findings that a function of their code and flag chooses."""
        self.diagnostics = [found for found in self.diagnostics if not which(found.code, found.flag)]
        for severity, code, flag in list(self.unlisted):
            if which(code, flag):
                del self.unlisted[severity, code, flag]

    def select(self, codes: list[str], ignored: list[str]) -> None:
        """Drop the warnings and notes that are not selected, and hide such errors; see `is_selected`.

        Outcome, exit code and counts do not depend on it, because the server rejects the input anyway.
        """
        if not (codes or ignored):
            return
        hidden = [each for each in self.diagnostics if not is_selected(each.code, codes, ignored)]
        self.unshown += [each for each in hidden if each.severity == ERROR]
        self.diagnostics = [each for each in self.diagnostics if is_selected(each.code, codes, ignored)]
        for key in list(self.unlisted):
            if key[0] != ERROR and not is_selected(key[1], codes, ignored):
                del self.unlisted[key]

    def note_unlisted(self) -> None:
        """Add a note about the findings that are not listed."""
        if self.unlisted:
            numbers = [f"{number} {severity}{'s' * (number != 1)}" for severity, number in self._unlisted().items()]
            message = f"not listed: {', '.join(numbers)}; a report lists at most {MAX_FINDINGS} of each severity"
            self.diagnostics.append(
                diagnose(rules.UNLISTED_FINDINGS, message, "fix what is listed, then run kasc again")
            )

    def _unlisted(self) -> dict[str, int]:
        numbers = dict.fromkeys(SEVERITIES, 0)
        for (severity, _, _), number in self.unlisted.items():
            numbers[severity] += number
        return {severity: number for severity, number in numbers.items() if number}

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Keep several findings."""
        for diagnostic in diagnostics:
            self.add(diagnostic)
        if isinstance(diagnostics, Problems):
            self.unlisted.update(diagnostics.unlisted)

    def sorted(self) -> list[Diagnostic]:
        """By position; findings without one come last, in the order of discovery."""
        nowhere = (1, "", 0, 0)
        return sorted(
            self.diagnostics,
            key=lambda found: (0, *found.location[:3]) if found.location else nowhere,
        )

    def all(self) -> Iterator[Diagnostic]:
        """Every finding that is listed or left out by a selection."""
        yield from self.diagnostics
        yield from self.unshown

    def of(self, severity: str) -> Iterator[Diagnostic]:
        """Those of one severity."""
        return (found for found in self.all() if found.severity == severity)

    def count(self, severity: str) -> int:
        """The number of findings of one severity, listed and shown or not."""
        return sum(1 for _ in self.of(severity)) + self._unlisted().get(severity, 0)

    def hidden(self, severity: str) -> int:
        """The number of findings of one severity that count and are not shown."""
        return sum(found.severity == severity for found in self.unshown) + self._unlisted().get(severity, 0)

    def errors(self) -> set[tuple[str, str]]:
        """Code and flag of every error."""
        listed = {(found.code, found.flag) for found in self.of(ERROR)}
        return listed | {(code, flag) for severity, code, flag in self.unlisted if severity == ERROR}

    def fails(self, strict: bool) -> bool:
        """Return whether there are errors or, if `strict`, warnings."""
        return self.count(ERROR) > 0 or (strict and self.count(WARNING) > 0)

    @property
    def rejected(self) -> bool:
        """Whether there are errors: the server of that version would refuse to start, or the input is unread."""
        return self.count(ERROR) > 0

    @property
    def outcome(self) -> str:
        """`unread`, `reject` if the server of that version would refuse to start, else `accept`."""
        if self.unread:
            return "unread"
        return "reject" if self.rejected else "accept"
