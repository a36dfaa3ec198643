"""The form of a server in the file of one distribution: what each target implements, and what most of them share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from compiler.artifacts.yamlio import dump
from compiler.upstream.catalog.facts import nearest

if TYPE_CHECKING:
    from compiler.artifacts.targets.flags import Difference, Extras, Wanted
    from compiler.artifacts.targets.table import Target


class Reason(NamedTuple):
    """Why a distribution does not pass a flag as the input has it, and what to do."""

    flag: str
    message: str
    hint: str = ""


class Form:
    """The flags of a server (`wanted`) in the file of a distribution.

    `release` is the version of the distribution that the file is for; empty for the newest one that supports the
    version of Kubernetes.
    """

    release = ""
    expands = False
    """Whether the kubelet expands variables in the arguments, which this form cannot escape."""

    def __init__(self, target: Target, wanted: Wanted) -> None:
        self.target = target
        self.wanted = wanted
        self.title = target.title

    def releases(self) -> list[str]:
        """Return the releases of the distribution to write the file for: that of an input of the same kind, or the
        newest one (an empty string).
        """
        given = self.wanted.input
        return [given.release if given.dialect is not None and given.dialect.kind == self.target.kind else ""]

    def write(self, extras: Extras) -> str:
        """Return the file, with these flags in addition to those that follow from its fields."""
        raise NotImplementedError

    def refusals(self, extras: Extras) -> Iterator[Reason]:
        """Yield the flags that the distribution refuses in this form, as far as its importer does not report them."""
        return iter(())

    def reason(self, difference: Difference) -> Reason | None:
        """Return why a difference remains, if there is a more precise reason than the general ones."""
        return None

    @property
    def version(self) -> str:
        """The version of Kubernetes, with the patch number if the input has it: `1.36`."""
        declared = (self.wanted.input.version or "").lstrip("v")
        catalog = self.wanted.catalog.version
        # A version from the command line takes precedence over that of the input.
        return declared if declared and nearest(declared) == catalog else catalog

    @property
    def full_version(self) -> str:
        """The version with a patch number: `v1.36.0`."""
        return f"v{self.version}" + (".0" if self.version.count(".") == 1 else "")

    def commented(self, comment: str, *documents: Any) -> str:
        """Return YAML documents below a comment that says what to do with them."""
        lines = "".join(f"# {line}\n" for line in comment.splitlines())
        return lines + "---\n".join(map(dump, documents))

    @property
    def deployment(self) -> dict[str, Any]:
        """The section `deployment` of the input."""
        node = self.wanted.input.deployment
        plain = node.plain() if node is not None else {}
        return plain if isinstance(plain, dict) else {}

    def variables(self) -> dict[str, str]:
        """Return the environment of the container, as far as the input has the values of the variables."""
        return {each["name"]: each["value"] for each in self.deployment.get("env", ()) if "value" in each}
