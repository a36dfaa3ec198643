"""What Kubespray's templates are rendered with, and the values that they write for kubeadm."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from compiler import rules
from compiler.diagnostics import Diagnostic, KascError, Location, diagnose
from compiler.inputs.dialects.kubeadm.rendered import Content, Renderer, with_path, with_unknown
from compiler.inputs.dialects.kubespray.variables import Value, Variables, elements, rendered
from compiler.inputs.dialects.releases import Release
from compiler.inputs.source.node import Node, Source
from compiler.inputs.source.yaml import parse_yaml
from compiler.text import shown_bare

TITLE = "Kubespray"
EXTRA_ARGS = "kube_kubeadm_apiserver_extra_args"
Entry = dict[str, Content]


class Template(NamedTuple):
    """What the template is rendered with."""

    source: Source
    variables: Variables
    release: Release
    start: Location
    problems: list[Diagnostic]

    def is_true(self, variable: str) -> bool:
        """Return whether a condition on a variable holds."""
        return self.variables.is_true(variable)

    def location(self, variable: str) -> Location:
        """Return the location of a variable's value, or the start of the file."""
        node = self.variables.node(variable)
        return node.location if node is not None else self.start

    def text(self, variable: str) -> str:
        """Return a variable as the template writes it, a placeholder if it is unknown."""
        value = self.variables.get(variable)
        return self.variables.placeholder(variable) if value.unknown else rendered(value.plain)

    def scalar(self, text: str, variable: str) -> Node:
        """Return a value of Kubespray, which a variable decides."""
        where = self.location(variable)
        span = (where.line, where.column, where.end_line, where.end_column)
        return Renderer(self.source, span, TITLE).scalar(text, variable, self.variables.unknown_in(text))

    def value(self, variable: str, text: str | None = None) -> Node:
        """Return the value of a variable, or text computed from it: the user's if the file has it."""
        value = self.variables.get(variable)
        return self._node(value, self.text(variable) if text is None or value.unknown else text, variable)

    def _node(self, value: Value, text: str, path: str) -> Node:
        node = value.node
        if node is None:
            return self.scalar(text, path)
        text = self._unquoted(text, node, path)
        if node.value != text or value.unknown:
            node = Node(text, node.source, node.span, text)
        with_path(node, path)
        with_unknown(node, self.variables.unknown_in(text))
        return node

    def _unquoted(self, text: str, node: Node, path: str) -> str:
        """Return a text as kubeadm reads it between the double quotes of the template."""
        if not any(mark in text for mark in '"\\\n'):
            return text
        try:
            content = parse_yaml(Source("", f'"{text}"'), []).value
        except KascError:
            content = None
        if isinstance(content, str):
            return content
        message = f"the value of {shown_bare(path)} is not valid between double quotes: kubeadm cannot read the file"
        hint = "escape double quotes and backslashes with a backslash"
        problem = diagnose(rules.REFUSED_BY_DISTRIBUTION, message, hint, path=path, location=node.location)
        self.problems.append(problem)
        return text

    def flag(self, name: str, variable: str, text: str | None = None) -> Entry:
        """Return an extra argument whose value is that of a variable."""
        return {"name": self._name(name, variable), "value": self.value(variable, text)}

    def switched(self, name: str, text: str, variable: str) -> Entry:
        """Return an extra argument of Kubespray that a variable turns on."""
        return {"name": self._name(name, variable), "value": self.scalar(text, variable)}

    def _name(self, name: str, variable: str) -> Node:
        root = self.variables.root
        where = root.key_location(variable) if self.variables.node(variable) is not None else self.start
        return Node(name, self.source, (where.line, where.column, where.end_line, where.end_column), name)

    def joined(self, name: str, variable: str) -> Entry:
        """Return an extra argument that joins a list with commas; a template joins the characters of a string."""
        value = self.variables.get(variable)
        if value.node is not None and isinstance(value.plain, str) and not value.unknown and len(value.plain) > 1:
            message = f"{variable} is a string: Kubespray joins its characters with commas, and the server refuses them"
            hint = f"write a list: [{shown_bare(value.plain)}]"
            problem = diagnose(
                rules.REFUSED_BY_DISTRIBUTION, message, hint, path=variable, location=value.node.location
            )
            self.problems.append(problem)
            return self.flag(name, variable)
        return self.flag(name, variable, ",".join(elements(value.plain)))

    def joined_if_any(self, name: str, variable: str) -> Iterator[Entry]:
        """Yield an extra argument that joins a list if it has elements or is unknown."""
        if self.variables.get(variable).may_be_true:
            yield self.joined(name, variable)

    def extra(self) -> Iterator[Entry]:
        """Yield the user's extra arguments."""
        node = self.variables.node(EXTRA_ARGS)
        value = self.variables.get(EXTRA_ARGS)
        if node is None:
            return
        if value.unknown and not isinstance(node.value, dict):
            self.variables.undecided.add(EXTRA_ARGS)
            return
        if not isinstance(value.plain, dict):
            if elements(value.plain if value.plain is not None else []):
                message = f"{EXTRA_ARGS} is not a mapping: Ansible cannot render kubeadm's configuration"
                hint = f"write {EXTRA_ARGS}: {{NAME: VALUE}}"
                self.problems.append(
                    diagnose(rules.REFUSED_BY_DISTRIBUTION, message, hint, path=EXTRA_ARGS, location=node.location)
                )
            return
        items = node.value if isinstance(node.value, dict) else {}
        for name, plain in value.plain.items():
            own, path = items.get(name, node), f"{EXTRA_ARGS}.{name}"
            evaluated = self.variables.evaluated(plain) if name not in items else self.variables.of(own)
            text = self.variables.placeholder(name) if evaluated.unknown else rendered(evaluated.plain)
            where = node.key_location(name)
            name_node = Node(name, node.source, (where.line, where.column, where.end_line, where.end_column), name)
            yield {"name": name_node, "value": self._node(evaluated._replace(node=own), text, path)}
