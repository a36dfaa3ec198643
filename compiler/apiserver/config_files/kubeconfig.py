"""Kubeconfigs: decoding, merging and validation, as client-go does for webhooks and for other clients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from compiler import rules
from compiler.apiserver.config_files import FileRules, load_config
from compiler.apiserver.config_files.kubeconfig_entries import KubeconfigUser, check_cluster, is_secure
from compiler.apiserver.context import NamedFile
from compiler.inputs.schema.field import Field
from compiler.rules import Rule
from compiler.text import shown

KINDS = ("Config",)
_LENIENT = rules.UNKNOWN_KUBECONFIG_FIELD


class KubeconfigFile(NamedTuple):
    """A decoded kubeconfig; paths in it are relative to the directory of `named`."""

    named: NamedFile
    root: Field


class Entry(NamedTuple):
    """A named cluster, user or context (`value`), and the file that defines it."""

    named: NamedFile
    value: Field


class Selection(NamedTuple):
    """The cluster and the user of a context; None if the context does not name a user that exists.

    `user_name` is the user's name in the context, `secure` is whether the connection uses TLS.
    """

    cluster: Entry
    user: Entry | None
    user_name: Field | None
    secure: bool


def load_kubeconfig(named: NamedFile, rule: Rule, usable: bool = True) -> None:
    """Report the errors of a kubeconfig under one rule.

    Without `usable`, it only has to be decodable: its current context is not used before the first call.
    """
    # Kind and apiVersion are optional, and the file is always decoded as YAML.
    file_rules = FileRules(read=rule, empty=rule, decode=rule, lenient=_LENIENT, recognized=False)
    config = load_config(named, KINDS, file_rules)
    if config is None:
        return
    check_names(config.root, rule)
    if usable:
        kubeconfig = Kubeconfig([KubeconfigFile(named, config.root)], rule)
        selection = kubeconfig.select()
        if selection is not None:
            kubeconfig.check(selection)


def check_names(root: Field, rule: Rule) -> None:
    """Report duplicate names in the lists of a kubeconfig, which are converted to maps."""
    _check_unique(root["extensions"], rule, "extension")
    _check_unique(root["preferences"]["extensions"], rule, "extension")
    for part, inner in (("clusters", "cluster"), ("users", "user"), ("contexts", "context")):
        _check_unique(root[part], rule, inner)
        for entry in root[part].items():
            _check_unique(entry[inner]["extensions"], rule, "extension")


def _check_unique(entries: Field, rule: Rule, kind: str) -> None:
    """Report duplicate names. A null extension is ignored."""
    names = set()
    for entry in entries.items():
        name = entry["name"].text
        if name in names:
            entry["name"].report(rule, f"duplicate {kind} {shown(name)}", "use unique names")
        if kind != "extension" or entry["extension"].is_set:
            names.add(name)


class Kubeconfig:
    """Merged kubeconfigs: of entries with the same name, and of current contexts, the first one counts.

    Kubernetes: client-go/tools/clientcmd/loader.go, Load.
    """

    def __init__(self, files: Sequence[KubeconfigFile], rule: Rule) -> None:
        self.files = files
        self.rule = rule

    @property
    def current(self) -> Field:
        """Return the current context, which may be missing."""
        fields = [root["current-context"] for _, root in self.files]
        return next((field for field in fields if field.text), fields[0])

    def select(self) -> Selection | None:
        """Return what the current context selects; None after reporting that there is no such context or cluster.

        Entries without a name have the empty name.
        """
        current = self.current
        context = self.entry("contexts", current.text)
        if current.text and context is None:
            self.report_missing(current, "contexts", f"the current context {shown(current.text)}")
            return None
        return self.selection(context.value if context else None, current)

    def selection(self, context: Field | None, current: Field) -> Selection | None:
        """Return what a context selects, see `select`; `current` is the field to report a missing context at."""
        cluster = self.entry("clusters", context["cluster"].text if context else "")
        if cluster is None:
            self._report_cluster(current, context)
            return None
        user_name = context["user"] if context else None
        user = self.entry("users", user_name.text if user_name else "")
        secure = is_secure(cluster.value["server"].text, cluster.named.context.catalog.url_strictness)
        return Selection(cluster, user, user_name, secure)

    def check(self, selection: Selection) -> None:
        """Report all errors of the selected cluster and user."""
        check_cluster(selection.cluster.named, selection.cluster.value, self.rule, selection.secure)
        if selection.user is not None:
            KubeconfigUser(selection.user.named, selection.user.value, self.rule).check(selection.secure)

    def entry(self, part: str, name: str) -> Entry | None:
        """Return the first entry with a name, None if there is none."""
        for named, root in self.files:
            for entry in root[part].items():
                if entry["name"].text == name:
                    return Entry(named, entry[part.removesuffix("s")])
        return None

    def report_missing(self, field: Field, part: str, subject: str) -> None:
        """Report an entry that no file defines, unless entries could not be decoded."""
        entries = [entry for _, root in self.files for entry in root[part].items()]
        if any(root[part].is_bad for _, root in self.files) or any(
            entry.is_bad or entry["name"].is_bad for entry in entries
        ):
            return
        names = ", ".join(shown(entry["name"].text) for entry in entries[:5])
        hint = f"use one of the {part}: {names}" if names else f"add it to the {part}"
        field.report(self.rule, f"{subject} is not defined in the file", hint)

    def _report_cluster(self, current: Field, context: Field | None) -> None:
        if context is None:
            current.report(self.rule, "no current context", "set current-context")
        elif context["cluster"].text:
            cluster = context["cluster"]
            self.report_missing(cluster, "clusters", f"the cluster {shown(cluster.text)}")
        else:
            context["cluster"].report(self.rule, "the context has no cluster", "set its cluster")
