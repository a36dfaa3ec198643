"""An example of a rule as a user would try it: its files written out, kasc run on it, its report read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from compiler.rules.texts import Example
from tests.apiserver.config_files.pairs import pair
from tests.apiserver.options.running import NEEDED
from tests.cli.running import SAMPLES, Ran

HEAD = "apiVersion: kasc/v1\nkind: APIServer\nextends: minimal.yaml\n"
BASE = {**NEEDED, "--authorization-mode": "RBAC"}
_WORDS = r"<(certificate|private key|public key|Ed25519 key)(?: of (\w+))?>\s*"


class Tried(NamedTuple):
    """The codes of the errors, the severity of every code, and the outcome of the input itself."""

    errors: set[str]
    severities: dict[str, str]
    outcome: str


def content(words: str) -> str:
    """A file's content, made where words in angle brackets only say what it is."""
    found = re.fullmatch(_WORDS, words)
    if found is None:
        return words
    kind, name = found.groups()
    if kind == "certificate":
        return pair(name).certificate
    return pair(name).key if kind == "private key" else _other_key(kind, name)


def _other_key(kind: str, name: str) -> str:
    from cryptography.hazmat.primitives import serialization as forms
    from cryptography.hazmat.primitives.asymmetric import ed25519

    if kind == "public key":
        key = forms.load_pem_private_key(pair(name).key.encode(), None).public_key()
        return key.public_bytes(forms.Encoding.PEM, forms.PublicFormat.SubjectPublicKeyInfo).decode()
    plain = forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.NoEncryption()
    return ed25519.Ed25519PrivateKey.generate().private_bytes(*plain).decode()


def write(example: Example, folder: Path) -> list[str]:
    """Write an example with its files; the words of the command line that name them."""
    (folder / "minimal.yaml").write_bytes((SAMPLES / "minimal.yaml").read_bytes())
    mappings: dict[str, str] = {}
    for name, words in example.files.items():
        on_server = name.startswith("/")
        path = folder / "server" / name[1:] if on_server else folder / name
        (path if name.endswith("/") else path.parent).mkdir(parents=True, exist_ok=True)
        if not name.endswith("/"):
            path.write_text(content(words))
        if on_server:
            prefix = name.rpartition("/")[0]
            mappings[f"{prefix}={folder}/server{prefix}"] = "--file-map"
    text, name = example.text, "example.yaml"
    if example.form == "part":
        text = HEAD + text
    elif example.form == "flags":
        given = {re.split("[= ]", line)[0] for line in text.splitlines()}
        base = [f"{flag}={value}" for flag, value in BASE.items() if flag not in given]
        text, name = "\n".join([*base, text]), "example.flags"
    (folder / name).write_text(text, encoding=example.encoding)
    return [str(folder / name), *(word for value, option in mappings.items() for word in (option, value))]


def try_out(example: Example, folder: Path, run: Callable[..., Ran], *options: Any) -> Tried:
    """Run kasc on an example and read its report."""
    words = [*example.command.split(), *write(example, folder), *options]
    if words[0] == "compile":
        words += ["--out", str(folder / "out")]
    ran = run(*words, "--output", "json")
    file, *others = json.loads(ran.out)["files"]
    severities = {found["code"]: found["severity"] for each in (file, *others) for found in each["diagnostics"]}
    errors = {code for code, severity in severities.items() if severity == "error"}
    return Tried(errors, severities, file["outcome"])
