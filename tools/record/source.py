"""Facts that are not in a binary, read from a Kubernetes source tree (`--source DIR`).

Each function names the file it reads. They read Go with regular expressions, which is enough for tables that upstream
keeps in one form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

_STAGING = "staging/src/k8s.io"
_GATE_LISTS = (
    "test/compatibility_lifecycle/reference/versioned_feature_list.yaml",
    "test/featuregates_linter/test_data/versioned_feature_list.yaml",
)
_OPTIONS = (
    f"{_STAGING}/apiserver/pkg/server/options",
    f"{_STAGING}/apiserver/pkg/admission",
    f"{_STAGING}/component-base",
    "pkg/kubeapiserver/options",
    "pkg/controlplane/apiserver/options",
    "cmd/kube-apiserver/app/options",
    "plugin/pkg/admission",
)
"""Directories in which flags of kube-apiserver are registered."""
_FLAG = re.compile(r"\bfs\.(\w*?)Var(?:P|PF|F)?\(\s*(?:&?[\w.]+|[\w.]+\([^\n\"]*\)),\s*\"([\w-]+)\"")
_TYPES = {
    "StringSlice": "stringSlice", "StringArray": "stringArray", "StringToString": "stringToString", "IP": "ip",
    "Int32Slice": "int32Slice", "String": "string", "Bool": "bool", "Int": "int", "Int32": "int32", "Int64": "int64",
    "Uint": "uint", "Uint16": "uint16", "Uint32": "uint32", "Uint64": "uint64", "Float32": "float32",
    "Float64": "float64", "Duration": "duration",
}  # fmt: skip
"""pflag's Var methods -> the names of the types that they register."""
_IMPORT = re.compile(r"^\s*(?:import\s+)?(?:(\w+)\s+)?\"(k8s\.io/[^\"]+)\"", re.MULTILINE)
_CLIENT_GATE = re.compile(r"^\t(\w+): \{\n((?:\t\t\{Version.*\n)+)", re.MULTILINE)
_CLIENT_STEP = re.compile(
    r'Version: version\.MustParse\("([\d.]+)"\), Default: (true|false), PreRelease: (\w+)(, LockToDefault: true)?'
)
_LIFECYCLE = re.compile(
    r"func \(in \*(\w+)\) APILifecycle(Introduced|Deprecated|Removed|Replacement)\(\)[^{]*\{\s*return ([^\n]*)"
)


class SourceTree:
    """A checkout of kubernetes/kubernetes, or of a downstream copy of it. Raises FileNotFoundError if it is neither."""

    def __init__(self, root: Path) -> None:
        self.root = root
        if not (root / "pkg/kubeapiserver/options/plugins.go").exists():
            raise FileNotFoundError(f"{root} is not a Kubernetes source tree: no pkg/kubeapiserver/options/plugins.go")

    def gate_histories(self) -> dict[str, list[dict[str, Any]]]:
        """Return gate -> its steps (versioned_feature_list.yaml, and known_features.go of client-go)."""
        result: dict[str, list[dict[str, Any]]] = {}
        clients = self.root / _STAGING / "client-go/features/known_features.go"
        if clients.exists():
            for name, steps in _CLIENT_GATE.findall(_without_comments(clients.read_text())):
                result[name] = [_step(*step) for step in _CLIENT_STEP.findall(steps)]
        path = next((path for name in _GATE_LISTS if (path := self.root / name).exists()), None)
        for gate in yaml.safe_load(path.read_text()) if path else []:
            result[gate["name"]] = [
                _step(
                    str(step["version"]),
                    str(step["default"]).lower(),
                    step["preRelease"],
                    step["lockToDefault"],
                    str(step.get("minCompatibilityVersion") or ""),
                )
                for step in gate["versionedSpecs"]
            ]
        return result

    def gate_dependencies(self) -> dict[str, list[str]]:
        """Return gate -> the gates it depends on (pkg/features/kube_features.go)."""
        text = _without_comments(self._read("pkg/features/kube_features.go"))
        table = re.search(r"FeatureGateDependencies = map\[.*?\n\}\n", text, re.DOTALL)
        if table is None:
            return {}
        rows = re.findall(r"^\t(?:\w+\.)?(\w+):\s*\{([^}]*)\}", table.group(), re.MULTILINE)
        names = {name: re.findall(r"(?:\w+\.)?(\w+)\)?(?=\s*(?:,|$))", listed.strip()) for name, listed in rows}
        values = self._gate_constants
        return {
            values.get(name, name): sorted(values.get(each, each) for each in needed) for name, needed in names.items()
        }

    def admission_plugins(self) -> list[str]:
        """Return the plugins in the order of the chain (AllOrderedPlugins); the comments have their names."""
        text = self._read("pkg/kubeapiserver/options/plugins.go")
        table = re.search(r"AllOrderedPlugins = \[\]string\{(.*?)\n\}", text, re.DOTALL)
        return re.findall(r"PluginName,\s*// (\w+)", table.group(1)) if table else []

    def flags(self) -> list[tuple[str, str]]:
        """Return (flag, pflag type) in the order of the source; "" for a type that has its own Value."""
        return [
            (name, _TYPES.get(method, ""))
            for directory in _OPTIONS
            for path in self._go_files(directory)
            for method, name in _FLAG.findall(path.read_text(errors="replace"))
        ]

    def group_versions(self) -> dict[str, list[str]]:
        """Return group -> its registered versions by priority (pkg/apis/*/install)."""
        result: dict[str, list[str]] = {}
        for path in sorted((self.root / "pkg/apis").glob("*/install/install.go")):
            text = path.read_text()
            aliases = _imports(text)
            for listed in re.findall(r"SetVersionPriority\((.*?)\)\)", text, re.DOTALL):
                packages = [aliases[name] for name in re.findall(r"(\w+)\.SchemeGroupVersion", listed)]
                # Versions without a priority come last (apimachinery: Scheme.PrioritizedVersionsForGroup).
                packages += [
                    package
                    for name in re.findall(r"(\w+)\.AddToScheme", text)
                    if (package := aliases[name]) not in packages and re.search(r"/v\d\w*$", package)
                ]
                if packages:
                    result[self._group(packages[0])] = [package.rpartition("/")[2] for package in packages]
        return dict(sorted(result.items()))

    def default_apis(self) -> dict[str, bool]:
        """Return group version -> whether it is enabled by default (pkg/controlplane/instance.go)."""
        text = self._read("pkg/controlplane/instance.go")
        aliases = _imports(text)
        result = {}
        for enabled, listed in re.findall(
            r"GroupVersions(Enabled|Disabled)ByDefault = \[\]schema\.GroupVersion\{(.*?)\n\t\}",
            _without_comments(text),
            re.DOTALL,
        ):
            for alias in re.findall(r"(\w+)\.SchemeGroupVersion", listed):
                package = aliases[alias]
                name = "/".join(filter(None, (self._group(package), package.rpartition("/")[2])))
                result[name] = enabled == "Enabled"
        return dict(sorted(result.items()))

    def life_cycles(self) -> dict[str, dict[str, str]]:
        """Return "group/version Kind" -> introduced, deprecated, removed and replacement (api/*/*/*lifecycle.go)."""
        result: dict[str, dict[str, str]] = {}
        registered = self.group_versions()
        for path in sorted((self.root / _STAGING / "api").glob("*/*/*lifecycle.go")):
            version = path.parent.name
            group = self._group(f"k8s.io/api/{path.parent.parent.name}/{version}")
            if group not in registered:
                continue
            api = "/".join(filter(None, (group, version)))
            for kind, step, value in _LIFECYCLE.findall(path.read_text()):
                parts = re.findall(r'"([^"]*)"', value)
                text = f"{parts[0]}/{parts[1]}, Kind={parts[2]}" if parts else "1." + value.split(", ")[1]
                result.setdefault(f"{api} {kind}", {})[step.lower()] = text
        return {key: dict(sorted(value.items())) for key, value in sorted(result.items())}

    def storage(self) -> dict[str, dict[str, Any]]:
        """Return special prefixes, encoding overrides and watch cache sizes (default_storage_factory_builder.go)."""
        text = _without_comments(self._read("pkg/kubeapiserver/default_storage_factory_builder.go"))
        prefixes = re.search(r"SpecialDefaultResourcePrefixes = map\[.*?\n\}", text, re.DOTALL)
        sizes = re.search(r"func DefaultWatchCacheSizes.*?\n\}", text, re.DOTALL)
        entry = r'\{(?:Group: "([^"]*)", )?Resource: "(\w+)"\}:\s*("[^"]*"|\d+)'
        overrides = re.findall(r'\b(\w+)\.Resource\("(\w+)"\)\.WithVersion\("(\w+)"\)', text)
        aliases = _imports(text)
        groups = {name: self._group(aliases[name]) for name, _, _ in overrides if name in aliases}
        return {
            "defaultWatchCacheSizes": {
                _resource(group, name): int(value) for group, name, value in re.findall(entry, sizes.group())
            }
            if sizes
            else {},
            "encodingOverrides": {
                _resource(groups[name], resource): f"{groups[name]}/{version}"
                for name, resource, version in sorted(overrides, key=lambda row: _resource(groups[row[0]], row[1]))
            },
            "specialPrefixes": {
                _resource(group, name): value.strip('"')
                for group, name, value in sorted(
                    re.findall(entry, prefixes.group()) if prefixes else [], key=lambda row: _resource(row[0], row[1])
                )
            },
        }

    def metrics(self) -> dict[str, dict[str, Any]]:
        """Return metric -> type ("custom" for a collector's own) and labels (documentation-list.yaml)."""
        path = self.root / "test/instrumentation/documentation/documentation-list.yaml"
        result = {}
        for row in yaml.load(path.read_text(), getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            name = "_".join(filter(None, (row.get("namespace"), row.get("subsystem"), row["name"])))
            kind = "histogram" if row["type"].endswith("Histogram") else row["type"].lower()
            result[name] = {"name": name, "type": kind, "labels": sorted(row.get("labels", []))}
        return result

    @cached_property
    def _gate_constants(self) -> dict[str, str]:
        """Go constant of a gate -> its name; they differ for a few."""
        files = ["pkg/features", *(f"{_STAGING}/{name}" for name in ("apiserver/pkg/features", "component-base"))]
        return {
            constant: name
            for directory in files
            for path in self._go_files(directory)
            for constant, name in re.findall(
                r'^\s*(\w+)\s+(?:featuregate\.)?Feature\s*=\s*"(\w+)"', path.read_text(errors="replace"), re.MULTILINE
            )
        }

    def _group(self, package: str) -> str:
        """Return the API group of a Go package: the constant GroupName of its register.go, or of its parent's."""
        path = self.root / package.removeprefix("k8s.io/kubernetes/")
        if not package.startswith("k8s.io/kubernetes/"):
            path = self.root / "staging/src" / package
        for directory in (path, path.parent):
            if (directory / "register.go").exists():
                result = re.search(r'GroupName\s*=\s*"([^"]*)"', (directory / "register.go").read_text())
                if result:
                    return result.group(1)
        raise ValueError(f"{package}: no GroupName in register.go")

    def _go_files(self, directory: str) -> Iterator[Path]:
        paths = (self.root / directory).rglob("*.go")
        yield from sorted(path for path in paths if not path.name.endswith("_test.go"))

    def _read(self, name: str) -> str:
        return (self.root / name).read_text()


def _step(version: str, default: str, stage: str, locked: object, compatible: str = "") -> dict[str, Any]:
    """Return a step of a gate's history; the stage of a GA gate is ""."""
    step = {
        "default": default == "true",
        "locked": bool(locked),
        "stage": "" if stage in ("", "GA") else stage.upper(),
        "version": version,
    }
    return step | ({"minCompatibilityVersion": compatible} if compatible not in ("", "0.0") else {})


def _resource(group: str, name: str) -> str:
    return f"{name}.{group}" if group else name


def _imports(text: str) -> dict[str, str]:
    """Return alias -> package, for the packages of Kubernetes that a Go file imports."""
    return {alias or package.rpartition("/")[2]: package for alias, package in _IMPORT.findall(text)}


def _without_comments(text: str) -> str:
    return re.sub(r"(?m)(^|\s)//.*$", "", text)
