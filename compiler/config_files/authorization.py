"""AuthorizationConfiguration: the chain of authorizers that a file declares.

Kubernetes: pkg/kubeapiserver/authorizer/config.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compiler.config_files.field import Field
from compiler.config_files.reading import FileRules, load_config, named_by_flag

if TYPE_CHECKING:
    from compiler.options.authorization import AuthorizationOptions

FLAG = "authorization-config"
KINDS = ("AuthorizationConfiguration",)
_RULES = FileRules(read="AZC-01", empty="AZC-02", decode="AZC-01")


def configured_authorizers(group: AuthorizationOptions, path: str) -> list[dict[str, Any]] | None:
    """Type and name of each authorizer, in order; None where the content cannot be had."""
    config = load_config(named_by_flag(group, FLAG, path), KINDS, _RULES)
    if config is None:
        return None
    return [_authorizer(authorizer) for authorizer in config.root["authorizers"].items()]


def _authorizer(authorizer: Field) -> dict[str, Any]:
    entry: dict[str, Any] = {"type": authorizer["type"].text, "name": authorizer["name"].text}
    for name in ("timeout", "failurePolicy"):
        if authorizer["webhook"][name].text:
            entry[name] = authorizer["webhook"][name].text
    return entry
