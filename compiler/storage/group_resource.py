"""Resources named together with their group: `secrets`, `deployments.apps`, `*.apps`."""

from __future__ import annotations

from typing import NamedTuple


class GroupResource(NamedTuple):
    """A resource and its group, which is empty for the core group. The resource `*` stands for the whole group."""

    resource: str
    group: str

    def __str__(self) -> str:
        """Return the one spelling of the name; the core group's wildcard is `*.`."""
        return f"{self.resource}.{self.group}" if self.group or self.resource == "*" else self.resource


def parse_group_resource(text: str) -> GroupResource:
    """Split a name at its first dot, as the server does.

    A dot at the end names the core group: `secrets.` is `secrets`, and so is every name without a dot.
    Kubernetes: apimachinery/pkg/runtime/schema/group_version.go, ParseGroupResource.

    >>> [str(parse_group_resource(text)) for text in ("secrets.", "deployments.apps", "*.")]
    ['secrets', 'deployments.apps', '*.']
    """
    resource, _, group = text.partition(".")
    return GroupResource(resource, group)
