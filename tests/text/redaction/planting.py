"""Inputs of every kind with a canary where a secret would be, and everything that kasc makes of them.

`python -m tests.text.redaction.planting N [SEED]` runs N of them; what is found is printed, with the seed.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from compiler.cli.main import main
from compiler.upstream.catalog import catalog
from compiler.upstream.catalog.facts import section_of
from tests.cli.running import ROOT

VERSION = "1.36"
MARK = "CaNaRy"
SCHEMAS = ROOT / f"schemas/v{VERSION}/files"
SECRET_NAMES = (
    *("token", "password", "secret", "clientSecret", "client-secret", "apiKey", "accessToken", "refresh-token"),
    *("id-token", "privateKey", "passphrase", "bearer_token", "DB_PASS", "tokenValue", "credentials"),
)
MISSPELLED = ("secrt", "passwrd", "tokn", "secert", "pasword")
FORMS = ("text", "json", "sarif", "github", "junit")
ARTIFACTS = "flags,storage,health,files,pod,resolved,report,monitoring"
SERVER = {
    "etcd-servers": "https://10.0.0.1:2379",
    "service-account-issuer": "https://kubernetes.default.svc",
    "service-account-key-file": "/etc/kubernetes/pki/sa.pub",
    "service-account-signing-key-file": "/etc/kubernetes/pki/sa.key",
    "service-cluster-ip-range": "10.96.0.0/16",
    "advertise-address": "192.0.2.1",
}
Path_ = tuple[str | int, ...]


class Planted(NamedTuple):
    """Files by name, the arguments that check and compile the first one, and what was done."""

    files: dict[str, str]
    arguments: list[str]
    what: str


class Planter:
    """Makes one input from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.canary = f"{MARK}{seed % 10**6}x7Q"

    def planted(self) -> Planted:
        if self.random.random() < 0.3:
            return self.flag()
        name = self.random.choice(sorted(SCHEMAS.glob("*.json"))).name.removesuffix(".schema.json")
        schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
        content = self.sample(schema)
        what = self.plant(content, schema)
        return self.carried(schema, content, f"{name}: {what}")

    #
    def sample(self, schema: dict[str, Any], depth: int = 0) -> Any:
        """A value that conforms to a schema, with most of its fields."""
        if "const" in schema or "enum" in schema:
            return schema.get("const") or self.random.choice(schema["enum"])
        if "oneOf" in schema:
            return {"env": "NAME"}
        kind = schema.get("type")
        if kind == "object":
            found = {
                key: self.sample(inner, depth + 1)
                for key, inner in schema.get("properties", {}).items()
                if depth < 2 or self.random.random() < 0.7
            }
            others = schema.get("additionalProperties")
            return found | ({"any": self.sample(others, depth + 1)} if isinstance(others, dict) else {})
        if kind == "array":
            return [self.sample(schema["items"], depth + 1)]
        if schema.get("x-kasc-type") == "duration":
            return "5s"
        if schema.get("writeOnly"):
            return ""
        return {"boolean": True, "integer": 1, "number": 1.5, "string": "some"}.get(str(kind), {"free": "some"})

    def plant(self, content: Any, schema: dict[str, Any]) -> str:
        """Put the canary where a secret is or may be."""
        private = [path for path, inner in fields(content, schema) if inner is not None and is_private(inner)]
        strings = [path for path, inner in fields(content, schema) if isinstance(at(content, path), str) and path]
        mappings = [path for path, _ in fields(content, schema) if isinstance(at(content, path), dict)]
        way = self.random.choice(("private", "private", "named", "misspelled", "url", "key"))
        if way == "private" and private:
            path = self.random.choice(private)
            put(content, path, self.random.choice((self.canary, base64.b64encode(self.canary.encode()).decode())))
            if self.random.random() < 0.25:
                self.mistype(content, path)
        elif way in ("url", "key") and strings:
            path = self.random.choice(strings)
            value = f"https://root:{self.canary}@a.example.com:443/x" if way == "url" else self.key()
            put(content, path, value)
        else:
            path = (*self.random.choice(mappings), self.random.choice(SECRET_NAMES))
            if way == "misspelled" and schema["properties"]["kind"]["const"].startswith(("Enc", "Conf")):
                path = (*path[:-1], self.random.choice(MISSPELLED))
            value: Any = self.canary
            put(content, path, self.random.choice((value, {"value": value}, [value])))
        return f"{way} at {'.'.join(map(str, path))}"

    def mistype(self, content: Any, path: Path_) -> None:
        """Give something around the canary, or the canary itself, a type that its field does not have."""
        place = path[: self.random.randint(1, len(path))]
        value = at(content, place)
        ways: list[Any] = [[value], {"some": value}]
        if isinstance(value, dict):
            ways += [[f"{key}={inner}" for key, inner in value.items()], [{key: value[key]} for key in value]]
            ways.append(", ".join(f"{key}={inner}" for key, inner in value.items()))
        if isinstance(value, list):
            ways += [", ".join(map(str, value)), {str(index): item for index, item in enumerate(value)}]
        put(content, place, self.random.choice(ways))

    def key(self) -> str:
        body = base64.b64encode(f"{self.canary * 3}".encode()).decode()
        pem = f"-----BEGIN RSA PRIVATE KEY-----\n{self.canary}\n{body}\n-----END RSA PRIVATE KEY-----\n"
        return self.random.choice(
            (pem, f"eyJhbGciOiJSUzI1NiJ9.eyJ{self.canary}.{self.canary}", f"Bearer {self.canary}1")
        )

    # Inputs

    def carried(self, schema: dict[str, Any], content: Any, what: str) -> Planted:
        """The content as an input, in a document, in a ConfigMap, or as a file of the server."""
        if "x-kasc-plugin" in schema and self.random.random() < 0.7:
            plugins = [{"name": schema["x-kasc-plugin"], "configuration": content}]
            content = {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AdmissionConfiguration", "plugins": plugins}
        flag = schema["x-kasc-flags"][0]
        how = self.random.choice(("alone", "configmap", "secret", "inline", "inline", "source", "server"))
        if how == "alone":
            return Planted({"a.yaml": self.text(content)}, [], f"{what}, alone")
        if how in ("configmap", "secret"):
            made = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}
            made["kind"], key = ("ConfigMap", "data") if how == "configmap" else ("Secret", "stringData")
            return Planted({"a.yaml": block(made, key, self.text(content))}, [], f"{what}, {how}")
        if how == "server":
            files = self.server({**SERVER, flag: "/etc/kubernetes/file.yaml"})
            return Planted(
                {**files, "root/etc/kubernetes/file.yaml": self.text(content)}, ["--files-root", "root"], what
            )
        spec = catalog(VERSION).flags[flag]
        value = {"content": content} if how == "inline" else {"source": "beside.yaml"}
        document = self.document()
        document.setdefault(section_of(spec.group), {})[spec.key] = value
        files = {} if how == "inline" else {"beside.yaml": self.text(content)}
        return Planted({**self.written(document), **files}, [], f"{what}, {how}")

    def flag(self) -> Planted:
        """An option whose value has a password or a key, or the environment of the Pod."""
        flags = [spec for spec in catalog(VERSION).flags.values() if spec.type not in ("bool", "version")]
        spec = self.random.choice(flags)
        url = f"https://root:{self.canary}@a.example.com:2379"
        value = self.random.choice((url, url, f"root:{self.canary}@a:1", self.key().replace("\n", "")))
        what = f"--{spec.name}={value}"
        if self.random.random() < 0.4:
            return Planted(self.server({**SERVER, spec.name: value}), [], what)
        document = self.document()
        if self.random.random() < 0.3:
            name = self.random.choice(SECRET_NAMES)
            document["deployment"] = {"env": [{"name": name, "value": self.canary}], "annotations": {"some": url}}
            return Planted(self.written(document), [], f"deployment.env {name}")
        group = document.setdefault(section_of(spec.group), {})
        if spec.name == "etcd-servers-overrides":
            group[spec.key] = [{"resource": "/events", "servers": [value]}]
        else:
            group[spec.key] = [value] if "Slice" in spec.type or "Array" in spec.type else value
        return Planted(self.written(document), [], what)

    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = {"apiVersion": "kasc/v1", "kind": "APIServer", "metadata": {"name": "planted"}}
        for flag, value in SERVER.items():
            spec = catalog(VERSION).flags[flag]
            listed = [value] if "Slice" in spec.type or "Array" in spec.type else value
            found.setdefault(section_of(spec.group), {})[spec.key] = listed
        return found

    def written(self, document: dict[str, Any]) -> dict[str, str]:
        if self.random.random() < 0.2:
            return {"a.toml": "".join(f"{key} = {toml(value)}\n" for key, value in document.items())}
        return {"a.yaml": self.text(document)}

    def server(self, flags: dict[str, str]) -> dict[str, str]:
        """Flags as a Pod, an argument list, a script or a unit."""
        words = [f"--{flag}={value}" for flag, value in flags.items()]
        container = {"name": "kube-apiserver", "image": "k", "command": ["kube-apiserver", *words]}
        container["env"] = [{"name": self.random.choice(SECRET_NAMES), "value": self.canary}]
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [container]}}
        quoted = " \\\n  ".join(f"'{word}'" for word in words)
        return self.random.choice(
            (
                {"a.yaml": self.text(pod)},
                {"a.txt": "\n".join(["kube-apiserver", *words, ""])},
                {"a.sh": f"#!/bin/sh\nexport ETCD_PASSWORD={self.canary}\nexec kube-apiserver {quoted}\n"},
                {"a.json": json.dumps(["kube-apiserver", *words])},
            )
        )

    def text(self, value: Any) -> str:
        """YAML in block or flow style, with anchors, or JSON on one line; sometimes spoilt at the end."""
        style = self.random.choice(("block", "block", "flow", "json", "anchor"))
        if style == "json":
            return json.dumps(value)
        text: str = yaml.safe_dump(value, sort_keys=False, default_flow_style=style == "flow", width=10**6)
        if style == "anchor" and text.count(self.canary) == 1 and f": {self.canary}\n" in text:
            text = f"x-y: &s {self.canary}\n{text.replace(self.canary, '*s')}"
        return text + self.random.choice(("", "", "", "extra: [\n", "\tx: 1\n", "storageBackend: etcd2\n"))


def is_private(schema: dict[str, Any]) -> bool:
    return bool(schema.get("writeOnly"))


def fields(
    value: Any, schema: dict[str, Any] | None, path: Path_ = ()
) -> Iterator[tuple[Path_, dict[str, Any] | None]]:
    """Every place in a value, with its schema."""
    yield path, schema
    if isinstance(value, dict):
        for key, inner in value.items():
            known = (schema or {}).get("properties", {}).get(key)
            others = (schema or {}).get("additionalProperties")
            yield from fields(inner, known or (others if isinstance(others, dict) else None), (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from fields(item, (schema or {}).get("items"), (*path, index))


def at(value: Any, path: Path_) -> Any:
    for part in path:
        value = value[part]
    return value


def put(value: Any, path: Path_, new: Any) -> None:
    at(value, path[:-1])[path[-1]] = new


def toml(value: Any) -> str:
    """A value in TOML, on one line."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{json.dumps(key)} = {toml(inner)}' for key, inner in value.items())}}}"
    return f"[{', '.join(map(toml, value))}]" if isinstance(value, list) else json.dumps(value)


def block(made: dict[str, Any], key: str, text: str) -> str:
    lines = "".join(f"    {line}\n" for line in text.splitlines())
    return f"{yaml.safe_dump(made, sort_keys=False)}{key}:\n  config.yaml: |2\n{lines}"


def everything(planted: Planted, folder: Path, *, forms: tuple[str, ...] = FORMS) -> Iterator[tuple[str, str]]:
    """Name and content of all that is printed and written, by commands that read the input."""
    for name, text in planted.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    first = next(iter(planted.files))
    common = [first, "--kubernetes-version", VERSION, *planted.arguments]
    for form in forms:
        yield f"check {form}", run("check", *common, "--output", form)
    yield "check --diff", run("check", "--diff", *common)
    compiles = ["compile", *common, "-o", "out", "--cache", "cache", "--emit", ARTIFACTS]
    yield "compile", run(*compiles)
    yield "explain", run("explain", *common)
    for top in ("out", "cache"):
        for path in sorted((folder / top).rglob("*")) if (folder / top).exists() else ():
            if path.is_file():
                yield str(path.relative_to(folder)), path.read_text(errors="replace")
                path.write_text(path.read_text(errors="replace").replace("kind", "kin", 1))
    yield "compile --check", run(*compiles, "--check")


def run(*arguments: str) -> str:
    """What a command prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out), contextlib.suppress(SystemExit):
        main(list(arguments))
    return out.getvalue()


def leaks(seed: int, folder: Path, *, forms: tuple[str, ...] = FORMS) -> list[str]:
    """Where the canary of a seed comes out: itself, or in base64."""
    planter = Planter(seed)
    planted = planter.planted()
    secrets = (MARK, base64.b64encode(MARK.encode()).decode()[:7])
    before = Path.cwd()
    os.chdir(folder)
    try:
        found = []
        for name, text in everything(planted, folder, forms=forms):
            if "Traceback" in text:
                found.append(f"{planted.what}: {name}: Traceback")
            where = next((text.find(secret) for secret in secrets if secret in text), None)
            if where is not None:
                found.append(f"{planted.what}: {name}: {text[max(0, where - 150) : where + 60]!r}")
        return found
    finally:
        os.chdir(before)


def _main(arguments: list[str]) -> int:
    number, start = int(arguments[0]), int(arguments[1]) if len(arguments) > 1 else 0
    bad = 0
    for seed in range(start, start + number):
        with tempfile.TemporaryDirectory() as folder:
            found = leaks(seed, Path(folder))
        bad += bool(found)
        for each in found[:3]:
            print(seed, each)
    print(f"{number} inputs, {bad} with a leak")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
