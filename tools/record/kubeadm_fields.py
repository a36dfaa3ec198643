"""Record the fields of kubeadm's configuration, and of what renders it, from source trees.

    python -m tools.record.kubeadm_fields 1.31=TREE 1.32=TREE ... [cluster-api=TREE] [--output DIR]

From the trees of Kubernetes versions it writes `kubeadm_fields.json` (kubeadm's own kinds by API version) and
`component_fields.json` (KubeletConfiguration and KubeProxyConfiguration), from a tree of Cluster API
`cluster_api_fields.json` (KubeadmConfigSpec by API version), all for `compiler/inputs/dialects/fields.py`: a mapping is
an object, a list of one type a list, `{"*": TYPE}` a map. A field that not all versions have is written as
`NAME@FIRST-LAST`, with the first and last minor version, each empty if unbounded.

It writes `cluster_api_limits.json` too, what the CRD of KubeadmConfig demands of each field, for
`compiler/inputs/dialects/kubeadm/cluster_api_limits.py`.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

_OUTPUT = Path(__file__).parents[2] / "compiler/inputs/dialects/kubeadm/data"
_STAGING = "staging/src/k8s.io"
_KUBEADM = "cmd/kubeadm/app/apis"
_KINDS = ("ClusterConfiguration", "InitConfiguration", "JoinConfiguration")
_VERSIONS = ("v1beta3", "v1beta4")
_COMPONENTS = {
    "KubeletConfiguration": f"{_STAGING}/kubelet/config/v1beta1",
    "KubeProxyConfiguration": f"{_STAGING}/kube-proxy/config/v1alpha1",
}
_CLUSTER_API = "api/bootstrap/kubeadm"
_CLUSTER_API_VERSIONS = ("v1beta1", "v1beta2")
_CRD = "bootstrap/kubeadm/config/crd/bases/bootstrap.cluster.x-k8s.io_kubeadmconfigs.yaml"
_UNIQUE = "self.all(x, self.exists_one(y, x.name == y.name))"
_PACKAGES = {
    "bootstraptokenv1": f"{_KUBEADM}/bootstraptoken/v1",
    "corev1": f"{_STAGING}/api/core/v1",
    "v1": f"{_STAGING}/api/core/v1",
    "componentbaseconfigv1alpha1": f"{_STAGING}/component-base/config/v1alpha1",
    "logsapi": f"{_STAGING}/component-base/logs/api/v1",
    "tracingapi": f"{_STAGING}/component-base/tracing/api/v1",
}
"""Import name -> the directory of the package."""
_LEAVES = {
    "string": "string",
    "[]byte": "string",
    "bool": "bool",
    "metav1.Duration": "duration",
    **dict.fromkeys(("int", "int32", "int64", "uint", "uint16", "uint32", "uint64"), "int"),
    "types.UID": "string",
}
_OPAQUE = ("BootstrapTokenString", "TimeOrMetaDuration", "VModuleConfiguration", "metav1.", "resource.", "float")
"""Types that decode in their own way: their values are not checked."""
_FIELD = re.compile(r'^\t(?:(\w+)\s+)?([\w.*\[\]]+)\s+`json:"([^",]*)(,[^"]*)?"[^`]*`', re.MULTILINE)


class Package:
    """The types of one Go package."""

    def __init__(self, path: Path) -> None:
        self.text = "\n".join(file.read_text() for file in sorted(path.glob("*types.go")))

    def struct(self, name: str) -> str | None:
        """Return the body of a struct, None if the type is not one."""
        match = re.search(rf"^type {name} struct \{{\n(.*?)^\}}", self.text, re.MULTILINE | re.DOTALL)
        return match[1] if match else None

    def underlying(self, name: str) -> str:
        """Return the underlying type of a named type."""
        match = re.search(rf"^type {name} ([\w\[\].*]+)$", self.text, re.MULTILINE)
        if match is None:
            raise ValueError(f"unknown type {name}")
        return match[1]


class Tree:
    """One source tree. `library` is the tree with the packages that it only imports."""

    def __init__(self, root: Path, library: Tree | None = None) -> None:
        self.root = root
        self.library = library
        self.packages: dict[str, Package] = {}

    def package(self, path: str) -> Package:
        """Return the package at a path of the tree or of its library."""
        if path not in self.packages:
            own = (self.root / path).is_dir() or self.library is None
            self.packages[path] = Package(self.root / path) if own else self.library.package(path)  # type: ignore[union-attr]
        return self.packages[path]

    def fields(self, path: str, name: str) -> dict[str, Any]:
        """Return the fields of a struct of a package, with those of all structs in it."""
        body = self.package(path).struct(name)
        if body is None:
            raise ValueError(f"{name} is not a struct in {path}")
        fields: dict[str, Any] = {}
        for _, kind, json_name, options in _FIELD.findall(body):
            if "inline" in options:
                fields |= {} if kind.endswith("TypeMeta") else self.type(path, kind)
            elif json_name != "-":
                fields[json_name] = self.type(path, kind)
        return fields

    def type(self, path: str, kind: str) -> Any:
        """Return a Go type in the form of the data file."""
        kind = kind.removeprefix("*")
        if kind in _LEAVES:
            return _LEAVES[kind]
        if any(kind.startswith(each) or kind.endswith(f".{each}") for each in _OPAQUE):
            return "any"
        if kind.startswith("[]"):
            return [self.type(path, kind[2:])]
        if kind.startswith("map["):
            return {"*": self.type(path, kind.partition("]")[2])}
        package, _, name = kind.rpartition(".")
        path = _PACKAGES[package] if package else path
        if self.package(path).struct(name) is not None:
            return self.fields(path, name)
        return self.type(path, self.package(path).underlying(name))


def merged(by_minor: dict[int, Any]) -> Any:
    """Return the type in all versions; fields that come or go have their versions in the name."""
    types = list(by_minor.values())
    if not all(isinstance(each, type(types[0])) for each in types):
        raise ValueError(f"a type changes between versions: {types}")
    if isinstance(types[0], list):
        return [merged({minor: each[0] for minor, each in by_minor.items()})]
    if not isinstance(types[0], dict):
        if len(set(types)) > 1:
            raise ValueError(f"a type changes between versions: {types}")
        return types[0]
    result = {}
    for name in sorted({name for each in types for name in each}):
        having = {minor: each[name] for minor, each in by_minor.items() if name in each}
        since = "" if min(having) == min(by_minor) else str(min(having))
        until = "" if max(having) == max(by_minor) else str(max(having))
        result[f"{name}@{since}-{until}" if since or until else name] = merged(having)
    return result


def limits_of(schema: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the limits of a schema and of those in it, by path: `a.b[].c`.

    `size` is the least and the most of characters, entries or fields, `range` of a number, each null if unbounded;
    `one` are the allowed values, `needs` the required fields, `unique` the field that tells the entries apart.
    """
    limits: dict[str, Any] = {}
    for name, least, most in (
        ("size", "minLength", "maxLength"),
        ("size", "minItems", "maxItems"),
        ("size", "minProperties", "maxProperties"),
        ("range", "minimum", "maximum"),
    ):
        if least in schema or most in schema:
            limits[name] = [schema.get(least), schema.get(most)]
    properties = schema.get("properties", {})
    needs = [name for name in schema.get("required", ()) if "default" not in properties[name]]
    unique = schema.get("x-kubernetes-list-map-keys", [])
    if any(rule["rule"] == _UNIQUE for rule in schema.get("x-kubernetes-validations", ())):
        unique = ["name"]
    limits |= {
        name: value for name, value in (("one", schema.get("enum")), ("needs", needs), ("unique", unique)) if value
    }
    if limits:
        yield path, limits
    for name, inner in properties.items():
        yield from limits_of(inner, f"{path}.{name}" if path else name)
    if "items" in schema:
        yield from limits_of(schema["items"], f"{path}[]")


def main(arguments: list[str]) -> int:
    """Write the data files."""
    output = _OUTPUT
    if "--output" in arguments:
        index = arguments.index("--output")
        output = Path(arguments[index + 1])
        del arguments[index : index + 2]
    trees = {name: Tree(Path(root)) for name, _, root in (argument.partition("=") for argument in arguments)}
    cluster_api = trees.pop("cluster-api", None)
    if not trees:
        print(__doc__, file=sys.stderr)
        return 2
    by_minor = {int(name.split(".")[1]): tree for name, tree in trees.items()}
    kubeadm = {
        version: {name: _in_all(by_minor, f"{_KUBEADM}/kubeadm/{version}", name) for name in _KINDS}
        for version in _VERSIONS
    }
    _write(output / "kubeadm_fields.json", kubeadm)
    components = {name: _in_all(by_minor, path, name) for name, path in _COMPONENTS.items()}
    _write(output / "component_fields.json", components)
    if cluster_api is not None:
        cluster_api.library = by_minor[max(by_minor)]
        specs = {
            version: cluster_api.fields(f"{_CLUSTER_API}/{version}", "KubeadmConfigSpec")
            for version in _CLUSTER_API_VERSIONS
        }
        _write(output / "cluster_api_fields.json", specs)
        crd = yaml.safe_load((cluster_api.root / _CRD).read_text())
        schemas = {each["name"]: each["schema"]["openAPIV3Schema"] for each in crd["spec"]["versions"]}
        limits = {
            version: dict(limits_of(schemas[version]["properties"]["spec"], "")) for version in _CLUSTER_API_VERSIONS
        }
        _write(output / "cluster_api_limits.json", limits)
    return 0


def _in_all(trees: dict[int, Tree], path: str, name: str) -> Any:
    return merged({minor: tree.fields(path, name) for minor, tree in trees.items()})


def _write(path: Path, content: Any) -> None:
    text = json.dumps(content, separators=(",", ":"))
    path.write_text(re.sub(r'("[A-Z]\w+":\{|"v1beta\d":\{)', r"\n\1", text) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
