"""Measure how time grows with the number of entries of each list and map: options, structured files, and anything else
that an input can contain many of.

usage: python benchmarks/growth.py [--entries N] [--only WORD] [--short]

Each case is checked with N, 2N and 4N entries. The ratio of the times for 4N and N is about 4 if time is proportional
to the number of entries, and 16 if it is quadratic. Exits with 1 if a case is clearly not proportional.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from compiler.cli.reporters import json as json_report  # noqa: E402
from compiler.cli.reporters import text  # noqa: E402
from compiler.inputs import Host  # noqa: E402
from compiler.inputs.source import Files, file_key  # noqa: E402
from compiler.review.examine import Settings, examine  # noqa: E402
from compiler.upstream.catalog import catalog  # noqa: E402
from compiler.upstream.catalog.facts import nearest, section_of  # noqa: E402

FASTEST = 0.15
"""Seconds below which a ratio is meaningless."""
RATIO = 8.0
VERSION = nearest(None)
HEAD = f'apiVersion: kasc/v1\nkind: APIServer\nkubernetesVersion: "{VERSION}"\n'
LISTS = ("stringSlice", "stringArray", "int32Slice", "namedCertKey")
MAPS = ("stringToString", "noSplitMap", "configurationMap", "colonSeparatedMultimapStringString")
Make = Callable[[int], str]


class Case(NamedTuple):
    """An input with a given number of entries; with `flag`, a file of the server that the flag names."""

    name: str
    make: Make
    ending: str = ".yaml"
    read_as: str | None = None
    flag: str = ""


def options() -> Iterator[Case]:
    """Yield each list and map option, in a document and as a flag."""
    for spec in catalog(VERSION).flags.values():
        section = section_of(spec.group)
        if spec.type in LISTS or spec.name in ("etcd-servers-overrides", "watch-cache-sizes"):
            yield Case(f"{section}.{spec.key}", _document_list(section, spec.key, spec.name))
        elif spec.type in MAPS:
            yield Case(f"{section}.{spec.key}", _document_map(section, spec.key, spec.name))
        else:
            continue
        yield Case(f"--{spec.name}", _flag_once(spec.name, spec.type), ".flags", "argv")
        yield Case(f"--{spec.name}, repeated", _flag_repeated(spec.name, spec.type), ".flags", "argv")
        yield Case(f"--{spec.name}, empty entries", lambda n, flag=spec.name: f"--{flag}={',' * n}\n", ".flags", "argv")


def _document_list(section: str, key: str, flag: str) -> Make:
    items: dict[str, Callable[[int], Any]] = {
        "etcd-servers-overrides": lambda i: {"resource": f"g{i}/r{i}", "servers": [f"http://a{i}:1"]},
        "tls-sni-cert-key": lambda i: {"certFile": f"/c{i}", "keyFile": f"/k{i}", "names": [f"n{i}"]},
    }
    item = items.get(flag, lambda i: f"x{i}")
    if flag == "watch-cache-sizes":
        return _document_map(section, key, flag)
    return lambda n: (
        HEAD + json.dumps({section: {key: [item(i) for i in range(n)]}}, indent=1)[1:-1].replace("\n ", "\n")
    )


def _document_map(section: str, key: str, flag: str) -> Make:
    value = 1 if flag == "watch-cache-sizes" else True if flag == "feature-gates" else "x"
    return lambda n: f"{HEAD}{section}:\n  {key}:\n" + "".join(f"    x{i}: {json.dumps(value)}\n" for i in range(n))


def _entry(kind: str, index: int) -> str:
    if kind == "namedCertKey":
        return f"/c{index},/k{index}"
    return f"x{index}=y" if kind in MAPS else f"x{index}"


def _flag_once(flag: str, kind: str) -> Make:
    return lambda n: f"--{flag}={','.join(_entry(kind, i) for i in range(n))}\n"


def _flag_repeated(flag: str, kind: str) -> Make:
    return lambda n: "".join(f"--{flag}={_entry(kind, i)}\n" for i in range(n))


def structured() -> Iterator[Case]:
    """Yield each list and map of each kind of structured file, from its schema."""
    for path in sorted((ROOT / f"schemas/v{VERSION}/files").glob("*.json")):
        schema = json.loads(path.read_text(encoding="utf-8"))
        kind = schema["properties"]["kind"]["const"]
        group = schema["properties"]["apiVersion"]["enum"][-1]
        for steps in _lists(schema, ()):
            yield Case(
                f"{path.name.partition('.schema')[0]} {'.'.join(steps)}", _structured(schema, kind, group, steps)
            )
        yield Case(f"{kind} unknown fields", lambda n, k=kind, g=group: f"apiVersion: {g}\nkind: {k}\n" + _keys(n))


def _lists(schema: dict[str, Any], steps: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if schema.get("type") == "array":
        yield (*steps, "[]")
        yield from _lists(schema["items"], (*steps, "[]"))
    for key, inner in schema.get("properties", {}).items():
        yield from _lists(inner, (*steps, key))
    if isinstance(inner := schema.get("additionalProperties"), dict):
        yield (*steps, "{}")
        yield from _lists(inner, (*steps, "{}"))


def _structured(schema: dict[str, Any], kind: str, group: str, steps: tuple[str, ...]) -> Make:
    def built(schema: dict[str, Any], rest: tuple[str, ...], n: int) -> Any:
        step, *after = rest
        if step == "[]":
            return (
                [built(schema["items"], tuple(after), n)] if after else [_sample(schema["items"], i) for i in range(n)]
            )
        if step == "{}":
            inner = schema["additionalProperties"]
            return {"a": built(inner, tuple(after), n)} if after else {f"k{i}": _sample(inner, i) for i in range(n)}
        siblings = {key: value for key, value in _sample(schema, 0).items() if key != step}
        return siblings | {step: built(schema["properties"][step], tuple(after), n)}

    return lambda n: json.dumps(built(schema, steps, n) | {"apiVersion": group, "kind": kind}, indent=1)


def _sample(schema: dict[str, Any], index: int) -> Any:
    """Return a value that conforms to a schema; strings contain the index."""
    kind = schema.get("type")
    if kind == "object":
        return {key: _sample(inner, index) for key, inner in schema.get("properties", {}).items()
                if inner.get("type") not in ("array", "object")}  # fmt: skip
    if kind == "array":
        return []
    return {"boolean": True, "integer": 1, "number": 1}.get(str(kind), f"x{index}")


def _keys(n: int, indent: str = "", value: str = "x") -> str:
    return "".join(f"{indent}key{i}: {value}\n" for i in range(n))


def _pod(**container: Any) -> str:
    whole = {"name": "kube-apiserver", "image": f"kube-apiserver:v{VERSION}.0"} | container
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [whole]}}
    return json.dumps(pod, indent=1)


def others() -> Iterator[Case]:
    """Yield everything that is neither an option nor a list of a structured file."""
    yield Case("unknown keys", lambda n: HEAD + _keys(n))
    yield Case("unknown keys of a group", lambda n: f"{HEAD}etcd:\n{_keys(n, '  ')}")
    yield Case("duplicate keys", lambda n: HEAD + "kind: APIServer\n" * n)
    yield Case("unknown extraFlags", lambda n: f"{HEAD}extraFlags:\n{_keys(n, '  ')}")
    yield Case("labels", lambda n: f"{HEAD}metadata:\n  labels:\n{_keys(n, '    ')}")
    yield Case(
        "values of a wrong type", lambda n: f"{HEAD}extraFlags:\n" + "".join(f"  a{i}: {{}}\n" for i in range(n))
    )
    for name in ("env", "extraVolumes", "labels", "annotations"):
        yield Case(f"deployment.{name}", _deployment(name))
    yield Case("ignore comments", lambda n: HEAD + "# kasc: ignore KASC-GEN-010: why\n" * n)
    yield Case("unknown codes to ignore", lambda n: HEAD + "# kasc: ignore KASC-FOO-010: why\n" * n)
    yield Case("codes in one comment", lambda n: f"{HEAD}# kasc: ignore {', '.join(['KASC-GEN-010'] * n)}: why\n")
    yield Case(
        "ignore comments at keys",
        lambda n: HEAD + "".join(f"k{i}: 1 # kasc: ignore KASC-GEN-010: why\n" for i in range(n)),
    )
    yield Case("comments", lambda n: HEAD + "# a comment, kasc: b\n" * n)
    yield Case("number signs", lambda n: f"{HEAD}metadata: {{name: '{' #' * n}'}} # kasc: ignore KASC-GEN-010: why\n")
    yield Case("anchors", lambda n: HEAD + "".join(f"k{i}: &a{i} x\n" for i in range(n)))
    yield Case("aliases", lambda n: f"{HEAD}k: &a x\n" + "".join(f"k{i}: *a\n" for i in range(n)))
    yield Case("undefined aliases", lambda n: HEAD + "".join(f"k{i}: *a{i}\n" for i in range(n)))
    yield Case("merge keys", lambda n: f"{HEAD}k: &a {{x: 1}}\n" + "".join(f"k{i}: {{<<: *a}}\n" for i in range(n)))
    yield Case("tags", lambda n: HEAD + "".join(f"k{i}: !a x\n" for i in range(n)))
    yield Case("documents", lambda n: "---\na: 1\n" * n)
    yield Case("long numbers", lambda n: HEAD + "".join(f"k{i}: {'1' * 700}\n" for i in range(n)))
    yield Case("dates in TOML", lambda n: _toml() + "".join(f"k{i} = 2020-01-01\n" for i in range(n)), ".toml")
    yield Case("keys in TOML", lambda n: _toml() + "".join(f"k{i} = 1\n" for i in range(n)), ".toml")
    yield Case("tables in TOML", lambda n: _toml() + "".join(f"[t{i}]\na = 1\n" for i in range(n)), ".toml")
    yield Case("tables of an array in TOML", lambda n: _toml() + "[[t]]\na = 1\n" * n, ".toml")
    yield Case("elements in TOML", lambda n: f"{_toml()}[etcd]\netcdServers = [{'1, ' * n}]\n", ".toml")
    yield Case("arguments of a Pod", lambda n: _pod(command=["kube-apiserver", *(f"--x{i}=1" for i in range(n))]))
    yield Case("arguments that are not strings", lambda n: _pod(command=["kube-apiserver", *range(n)]))
    yield Case("variables of a Pod", lambda n: _pod(command=["kube-apiserver", "--v=$(V9)"], env=_variables(n)))
    yield Case("references in a Pod", lambda n: _pod(command=["kube-apiserver", f"--etcd-prefix={'$(A)' * n}"]))
    yield Case("unknown references in a Pod", lambda n: _pod(args=[f"--v=$(A{i})" for i in range(n)], envFrom=[1]))
    yield Case("volumes of a Pod", lambda n: _volumes(n))
    yield Case("words of a script", lambda n: _pod(command=["sh", "-c", "kube-apiserver " + "--x=1 " * n]))
    yield Case("commands of a script", lambda n: _pod(command=["sh", "-c", "echo a; " * n + "kube-apiserver --v=1"]))
    yield Case("references in a script", lambda n: _pod(command=["sh", "-c", f"A=b\nkube-apiserver {'$A$B ' * n}"]))
    yield Case("flags", lambda n: "".join(f"--x{i}=1\n" for i in range(n)), ".flags", "flags")
    yield Case("flags of wrong values", lambda n: "--etcd-count-metric-poll-period=x\n" * n, ".flags", "flags")
    yield Case("words that are not flags", lambda n: "kube-apiserver" + " word" * n, ".flags", "flags")
    yield Case("arguments", lambda n: "".join(f"--x{i}=1\n" for i in range(n)), ".flags", "argv")
    yield Case("assignments", lambda n: "".join(f"A{i}='--v=1'\n" for i in range(n)), ".env", "flags")
    yield Case("quotes", lambda n: "--etcd-prefix=" + "'a'\"b\"" * n, ".flags", "flags")
    yield Case("open references", lambda n: "--etcd-prefix=" + "${a" * n, ".flags", "flags")
    yield Case("braces", lambda n: f"--etcd-prefix={'{' * n}\n", ".flags", "argv")
    yield Case("ABAC lines", lambda n: "{}\n" * n, ".jsonl", flag="authorization-policy-file")
    yield Case("token lines", lambda n: "".join(f"t{i},u,i\n" for i in range(n)), ".csv", flag="token-auth-file")
    yield Case("short token lines", lambda n: "a\n" * n, ".csv", flag="token-auth-file")
    yield Case("keys of a bundle", lambda n: _PEM * n, ".pem", flag="service-account-key-file")
    yield Case(
        "certificates of a bundle",
        lambda n: _PEM.replace("PUBLIC KEY", "CERTIFICATE") * n,
        ".pem",
        flag="client-ca-file",
    )


_PEM = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"


def _toml() -> str:
    return f'apiVersion = "kasc/v1"\nkind = "APIServer"\nkubernetesVersion = "{VERSION}"\n'


def _deployment(name: str) -> Make:
    items: dict[str, Callable[[int], str]] = {
        "env": lambda i: f"  - {{name: n{i}, value: x}}\n",
        "extraVolumes": lambda i: f"  - {{name: n{i}, hostPath: /a{i}, mountPath: /a{i}}}\n",
    }
    item = items.get(name, lambda i: f"    n{i}: x\n")
    return lambda n: f"{HEAD}deployment:\n  {name}:\n" + "".join(map(item, range(n)))


def _variables(n: int) -> list[dict[str, str]]:
    return [{"name": f"V{i}", "value": f"$(V{i - 1})"} for i in range(n)]


def _volumes(n: int) -> str:
    mounts = [{"name": f"v{i}", "mountPath": f"/m{i}"} for i in range(n)]
    pod = json.loads(_pod(command=["kube-apiserver", "--client-ca-file=/x/ca.crt"], volumeMounts=mounts))
    pod["spec"]["volumes"] = [{"name": f"v{i}", "hostPath": {"path": f"/h{i}"}} for i in range(n)]
    return json.dumps(pod, indent=1)


def check(case: Case, content: str) -> None:
    """Check an input and render the report in two forms."""
    with tempfile.TemporaryDirectory() as directory:
        path = f"{directory}/input{case.ending}"
        settings = Settings(case.read_as)
        texts = {file_key(path): content}
        if case.flag:
            Path(path).write_text(content, encoding="utf-8")
            texts = {f"{directory}/a.flags": f"--{case.flag}=/input{case.ending}\n--authorization-mode=ABAC\n"}
            path, settings = f"{directory}/a.flags", Settings("argv", host=Host("", directory))
        report = examine(path, settings, Files(texts)).report
        text.render([report])
        json_report.render([report])


def seconds(case: Case, n: int) -> float:
    content = case.make(n)
    start = time.process_time()
    check(case, content)
    return time.process_time() - start


def grows(case: Case, n: int) -> bool:
    """Return whether the time of a case grows clearly faster than its entries, and print the times."""
    times = [seconds(case, factor * n) for factor in (1, 2, 4)]
    if times[2] > FASTEST and times[2] > RATIO * times[0]:
        times = [min(one, seconds(case, factor * n)) for one, factor in zip(times, (1, 2, 4), strict=True)]
    bad = times[2] > FASTEST and times[2] > RATIO * times[0]
    cells = " ".join(f"{1000 * one:9.1f}" for one in times)
    print(f"{case.name[:70]:70} {cells} {times[2] / times[0]:6.2f}{'  GROWS' if bad else ''}", flush=True)
    return bad


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=1000, help="entries of the smallest input")
    parser.add_argument("--only", default="", help="run only cases whose name contains this")
    parser.add_argument("--short", action="store_true", help="run every fifth case, with a quarter of the entries")
    options_ = parser.parse_args()
    cases = [case for case in (*others(), *options(), *structured()) if options_.only in case.name]
    entries = options_.entries // 4 if options_.short else options_.entries
    if options_.short:
        cases = cases[::5]
    check(cases[0], cases[0].make(1))
    print(f"{'milliseconds for':70} {entries:9} {2 * entries:9} {4 * entries:9}  ratio")
    bad = [case.name for case in cases if grows(case, entries)]
    print(f"{len(cases)} cases, {len(bad)} grow faster than their entries")
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
