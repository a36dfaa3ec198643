"""No value of a document can become another flag or element: flags hold what the document does, or it is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from compiler.upstream.catalog import catalog
from compiler.upstream.catalog.facts import STRUCTURED, section_of
from compiler.upstream.flag_values import TYPES, InvalidValueError, SNIPair
from tests.inputs.importers.reading import Read, read

CATALOG = catalog("1.36")
# Letters that separate something in one flag type or another, and what surrounds flags.
TEXT = st.text(alphabet="ab1,;:#=\"'\\-_ \t\r\n\u0085\u3000[]{}$%/.", max_size=10) | st.sampled_from(
    ["--v=9", "a\n--v=9", "a,b", "a --v=9", "a=b", "a#b", "a;b", "a:b", '"', '"a,b"', "\r\n", "", " a", "true", "-"]
)
NOWHERE = {"metadata": {"name": "a"}, "apiVersion": "kasc/v1", "kind": "APIServer", "kubernetesVersion": "1.36"}


def lowered(flag: str, value: Any) -> Read:
    spec = CATALOG.flags[flag]
    document = {**NOWHERE, section_of(spec.group): {spec.key: value}}
    # JSON escapes all control characters, so that any text survives the way into the document.
    return read(json.dumps(document, ensure_ascii=False), "document")


def held(got: Read, flag: str) -> Any:
    """What the server holds after reading the flag; no other flag is given."""
    assert {argument.flag for argument in got.server.arguments} <= {flag}
    return TYPES[CATALOG.flags[flag].type].parse([argument.text for argument in got.server.arguments])


def check(flag: str, value: Any, expected: Any) -> None:
    """The flag holds exactly what is expected, or the document's value is refused in its place."""
    got = lowered(flag, value)
    if not got.problems:
        assert held(got, flag) == expected
        count = len(expected) if isinstance(expected, tuple | dict) and not isinstance(expected, SNIPair) else 1
        places = sum(len(argument.items) for argument in got.server.arguments)
        assert places in (0, count)
        return
    for found in got.problems:
        assert found.code.startswith(("KASC-DOC-", "KASC-SCHEMA-"))
        assert found.hint
        assert found.location is not None
        assert found.flag == flag or found.code != "KASC-DOC-011"
        assert found.path.startswith(section_of(CATALOG.flags[flag].group)) or found.code != "KASC-DOC-011"


def flags_of(kind: str, *without: str) -> list[str]:
    special = {"etcd-servers-overrides", "watch-cache-sizes", "emulated-version", "min-compatibility-version", *without}
    return [name for name, spec in CATALOG.flags.items() if spec.type == kind and name not in special | set(STRUCTURED)]


@settings(max_examples=150)
@given(st.sampled_from(flags_of("string")), TEXT)
def test_texts(flag: str, text: str) -> None:
    check(flag, text, text)


@settings(max_examples=150)
@given(st.sampled_from(flags_of("stringSlice")), st.lists(TEXT, max_size=4))
@example("etcd-servers", [""])
@example("etcd-servers", [])
def test_lists(flag: str, texts: list[str]) -> None:
    check(flag, texts, tuple(texts))


@settings(max_examples=100)
@given(st.sampled_from(flags_of("stringArray")), st.lists(TEXT, max_size=4))
def test_lists_of_one_element_each(flag: str, texts: list[str]) -> None:
    check(flag, texts, tuple(texts))


@given(st.sampled_from(["emulated-version", "min-compatibility-version"]), TEXT)
def test_a_text_for_a_list_is_one_element(flag: str, text: str) -> None:
    check(flag, text, (text,))


@given(st.lists(st.integers(-(2**31), 2**31 - 1), max_size=4))
def test_numbers(numbers: list[int]) -> None:
    check("tls-curve-preferences", numbers, tuple(numbers))


@settings(max_examples=150)
@given(st.dictionaries(TEXT, st.booleans(), max_size=3))
def test_gates(gates: dict[str, bool]) -> None:
    entries = tuple((name, "true" if value else "false") for name, value in gates.items())
    got = lowered("feature-gates", gates)
    if got.problems:
        check("feature-gates", gates, ())
        return
    # A component may stand before the name; nothing else may be split off.
    parts = [(f"{component}:{entry}" if component else entry) for component, entry in held(got, "feature-gates")]
    assert parts == [f"{name}={value}".removeprefix(":") for name, value in entries]


@settings(max_examples=150)
@given(st.dictionaries(TEXT, TEXT | st.booleans(), max_size=3))
def test_runtime_config(entries: dict[str, Any]) -> None:
    check("runtime-config", entries, {key: as_text(value) for key, value in entries.items()})


@settings(max_examples=150)
@given(st.dictionaries(TEXT, TEXT, max_size=3))
def test_required_claims(claims: dict[str, str]) -> None:
    check("oidc-required-claim", claims, claims)


@settings(max_examples=200)
@given(st.dictionaries(TEXT, st.lists(TEXT, min_size=1, max_size=3), max_size=3))
@example({'"a': ["b"]})
@example({"a": ['b"']})
@example({"a,b": ["c=d", "e"]})
def test_metric_labels(labels: dict[str, list[str]]) -> None:
    got = lowered("allow-metric-labels", labels)
    expected = {key: ",".join(values) for key, values in labels.items()}
    check("allow-metric-labels", labels, expected)
    if not got.problems:
        assert all("," not in value for values in labels.values() for value in values)


@settings(max_examples=150)
@given(st.dictionaries(TEXT, st.integers(-5, 500), max_size=3))
def test_watch_cache_sizes(sizes: dict[str, int]) -> None:
    check("watch-cache-sizes", sizes, tuple(f"{name}#{size}" for name, size in sizes.items()))


@settings(max_examples=150)
@given(st.lists(st.tuples(TEXT, st.lists(TEXT, min_size=1, max_size=3)), max_size=3))
def test_overrides(overrides: list[tuple[str, list[str]]]) -> None:
    value = [{"resource": resource, "servers": servers} for resource, servers in overrides]
    expected = tuple(f"{resource}#{';'.join(servers)}" for resource, servers in overrides)
    check("etcd-servers-overrides", value, expected)
    if not lowered("etcd-servers-overrides", value).problems:
        assert not any(";" in server for _, servers in overrides for server in servers)


@settings(max_examples=200)
@given(st.lists(st.tuples(TEXT, TEXT, st.lists(TEXT, max_size=3)), max_size=3))
@example([("a", "b", [""])])
def test_certificate_pairs(pairs: list[tuple[str, str, list[str]]]) -> None:
    value = [{"certFile": cert, "keyFile": key, "names": names} for cert, key, names in pairs]
    check("tls-sni-cert-key", value, tuple(SNIPair(cert, key, tuple(names)) for cert, key, names in pairs))


@settings(max_examples=100)
@given(st.sampled_from([name for name in STRUCTURED if name in CATALOG.flags]), TEXT)
def test_paths_of_structured_files(flag: str, path: str) -> None:
    check(flag, path, path)
    check(flag, {"path": path, "content": {}}, path)


def as_text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)


SCALARS = [spec.name for spec in CATALOG.flags.values() if spec.type not in ("string", "stringSlice", "stringArray")]


@settings(max_examples=200)
@given(
    st.sampled_from(SCALARS),
    TEXT | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.sampled_from([400.0, 1e16, 0.02, -0.0]),
)
def test_other_scalars_are_the_flags_text(flag: str, value: Any) -> None:
    kind = CATALOG.flags[flag].type
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return
    got = lowered(flag, value)
    if got.problems or got.server.refused_flags:
        return
    (argument,) = got.server.arguments
    text = as_text(value)
    if isinstance(value, float):
        text = str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    assert (argument.flag, argument.text) == (flag, text)
    if isinstance(value, int | float) and kind in ("int", "int64", "float64", "float32"):
        try:
            assert TYPES[kind].parse([text]) == value
        except InvalidValueError:
            assert abs(value) > 2**31 or not float(value).is_integer()


@pytest.mark.parametrize(
    ("flag", "value", "path", "written"),
    [
        ("etcd-servers", ["a", "b\r\nc"], "etcd.etcdServers[1]", '"b\\r\\nc"'),
        ("feature-gates", {"A": True, "B=true,C": False}, "generic.featureGates.B=true,C", '"B=true,C"'),
        ("feature-gates", {" A": True}, "generic.featureGates. A", '" A"'),
        ("runtime-config", {"api/all": "true,v1=false"}, "apiEnablement.runtimeConfig.api/all", '"true,v1=false"'),
        ("oidc-required-claim", {"a=b": "c"}, "authentication.oidcRequiredClaim.a=b", '"a=b"'),
        ("oidc-required-claim", {"a": " c"}, "authentication.oidcRequiredClaim.a", '" c"'),
        ("allow-metric-labels", {"m,l": ["a", "b,c"]}, "metrics.allowMetricLabels.m,l[1]", '"b,c"'),
        ("tls-sni-cert-key", [{"certFile": "a:b", "keyFile": "c"}], "secureServing.tlsSNICertKey[0].certFile", '"a:b"'),
        (
            "tls-sni-cert-key",
            [{"certFile": "a", "keyFile": "b", "names": ["c", "d,e"]}],
            "secureServing.tlsSNICertKey[0].names[1]",
            '"d,e"',
        ),
        (
            "etcd-servers-overrides",
            [{"resource": "/events", "servers": ["a", "b;c"]}],
            "etcd.etcdServersOverrides[0].servers[1]",
            '"b;c"',
        ),
    ],
)
def test_what_no_flag_can_carry_is_said_in_its_place(flag: str, value: Any, path: str, written: str) -> None:
    got = lowered(flag, value)
    (found,) = got.problems
    assert (found.code, found.path, found.flag) == ("KASC-DOC-011", path, flag)
    assert got.cut(found.location) == written


def test_what_is_left_of_a_list_is_kept() -> None:
    got = lowered("oidc-required-claim", {"a=b": "c", "d": "e"})
    assert got.flags == [("oidc-required-claim", "d=e")]
    got = lowered("oidc-required-claim", {"a=b": "c"})
    assert got.flags == []
    assert got.server.refused_flags == {"oidc-required-claim"}
