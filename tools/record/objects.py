"""Objects of all kinds that are created to see how the server stores them: objects.yaml."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import yaml

from tools.record.apiserver import KubeAPIServer
from tools.record.observe import discovery

_CUSTOM = "example.com/"
"""apiVersions of objects whose definition is created first."""
_ESTABLISH_SECONDS = 15.0


def create_objects(server: KubeAPIServer) -> list[str]:
    """Create the objects and return what the server refused, a line each; kinds that it does not serve are left out."""
    objects = [each for each in yaml.safe_load_all(Path(__file__).with_name("objects.yaml").read_text()) if each]
    served = _paths(server)
    refused = []
    for value in objects:
        custom = value["apiVersion"].startswith(_CUSTOM)
        deadline = time.monotonic() + (_ESTABLISH_SECONDS if custom else 0)
        while custom and _key(value) not in served and time.monotonic() < deadline:
            time.sleep(0.2)
            served = _paths(server)
        path = served.get(_key(value))
        if path is None:
            continue
        answer = server.post(path, value)
        if answer.status not in (200, 201, 409):
            refused.append(f"{value['kind']} {value['metadata']['name']}: {answer.status} {answer.text[:200].strip()}")
    return refused


def _key(value: dict[str, Any]) -> tuple[str, str]:
    return value["apiVersion"], value["kind"]


def _paths(server: KubeAPIServer) -> dict[tuple[str, str], str]:
    """Return (apiVersion, kind) -> the path to create such an object at, in the namespace "default"."""
    result = {}
    for api, resources in discovery(server).items():
        version = api.split("/", 1)[1]
        for resource in resources:
            if "/" not in resource["name"] and "create" in resource.get("verbs", []):
                namespace = "namespaces/default/" if resource["namespaced"] else ""
                result[(version, resource["kind"])] = f"/{api}/{namespace}{resource['name']}"
    return result
