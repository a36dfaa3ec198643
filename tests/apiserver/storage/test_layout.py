"""Keys and their owners: each key of a server leads to the row that explains it, on the etcds that hold it."""

from __future__ import annotations

import pytest

from compiler.apiserver.storage.layout import Layout
from compiler.artifacts.storage import manifest
from tests.apiserver.options.running import server

MAIN, OTHER = "http://main:2379", "http://other:2379"


def layout(*flags: str) -> Layout:
    resolved, _ = server(f"--etcd-servers={MAIN}", *flags)
    factory = resolved.storage_factory
    assert factory is not None
    return Layout(manifest(resolved), factory)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("/registry/configmaps/default/a", "configmaps"),
        ("/registry/services/specs/default/a", "services"),
        ("/registry/services/endpoints/default/a", "endpoints"),
        ("/registry/masterleases/10.0.0.1", "endpoint reconciler"),
        ("/registry/ranges/servicenodeports", "node port allocator"),
        ("/registry/apiregistration.k8s.io/apiservices/v1.", "apiservices.apiregistration.k8s.io"),
        ("/registry/example.com/widgets/default/a", "widgets.example.com"),
        ("compact_rev_key", "compactor"),
        ("/registry/unknown/a", None),
        ("/elsewhere/configmaps/a", None),
        ("/registry/configmapsx/a", None),
    ],
)
def test_owners(key: str, name: str | None) -> None:
    owner = layout().owner_of(key)
    assert (owner.name if owner else None) == name


def test_owners_with_the_root_as_prefix() -> None:
    owner = layout("--etcd-prefix=/").owner_of("/configmaps/default/a")
    assert owner is not None
    assert owner.name == "configmaps"


def test_leases_and_allocations_follow_their_overrides() -> None:
    found = layout(f"--etcd-servers-overrides=/*#{OTHER}")
    servers = {key: owner.servers for key in KEYS if (owner := found.owner_of(key))}
    assert servers == {
        "/registry/masterleases/10.0.0.1": {OTHER},
        "/registry/ranges/servicenodeports": {OTHER},
        "compact_rev_key": {MAIN, OTHER},
        "/registry/example.com/widgets/a": {MAIN},
    }


KEYS = (
    "/registry/masterleases/10.0.0.1",
    "/registry/ranges/servicenodeports",
    "compact_rev_key",
    "/registry/example.com/widgets/a",
)


def test_custom_objects_may_be_cbor() -> None:
    owner = layout("--feature-gates=CBORServingAndStorage=true").owner_of("/registry/example.com/widgets/a")
    assert owner is not None
    assert owner.media_type == "application/cbor"
