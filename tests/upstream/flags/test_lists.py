"""Boundary cases of lists and maps. All results were confirmed with pflag and component-base."""

from __future__ import annotations

import pytest

from compiler.upstream.flag_values import TYPES, InvalidValueError, SNIPair

GATES = "colonSeparatedMultimapStringString"
MODULES = "pattern=N,..."

ACCEPTED: list[tuple[str, list[str], object]] = [
    ("stringSlice", [""], ()),
    ("stringSlice", ["a,b"], ("a", "b")),
    ("stringSlice", ["a", "b,c"], ("a", "b", "c")),
    ("stringSlice", ["", "a"], ("a",)),
    ("stringSlice", [" a , b"], (" a ", " b")),
    ("stringSlice", ["a,,b"], ("a", "", "b")),
    ("stringSlice", [","], ("", "")),
    ("stringSlice", ['"a,b",c'], ("a,b", "c")),
    ("stringSlice", ['""'], ("",)),
    ("stringSlice", ['"a""b"'], ('a"b',)),
    ("stringSlice", ['"a\nb",c'], ("a\nb", "c")),
    ("stringSlice", ['"a\r\nb"'], ("a\nb",)),
    ("stringSlice", ["\n\r\na\nb"], ("a",)),
    ("stringSlice", ["a\r"], ("a",)),
    ("stringSlice", ['"a"\r'], ("a",)),
    ("stringSlice", ["a\rb"], ("a\rb",)),
    ("stringArray", ["a,b"], ("a,b",)),
    ("stringArray", [""], ("",)),
    ("stringArray", ["a", '"b'], ("a", '"b')),
    ("int32Slice", ["1,0x10"], (1, 16)),
    ("int32Slice", ["1", "2147483647,-2147483648"], (1, 2147483647, -2147483648)),
    ("stringToString", ["a=b"], {"a": "b"}),
    ("stringToString", ["a=b,c"], {"a": "b,c"}),
    ("stringToString", ['"a=b,c"'], {"a": "b,c"}),
    ("stringToString", ['""a=b'], {"a": "b"}),
    ("stringToString", ["="], {"": ""}),
    ("stringToString", ["a=b\nc"], {"a": "b\nc"}),
    ("stringToString", ["a=b,c=d"], {"a": "b", "c": "d"}),
    ("stringToString", ['"a=b,c",d=e=f'], {"a": "b,c", "d": "e=f"}),
    ("stringToString", ["a=1", "a=2", "b=3"], {"a": "2", "b": "3"}),
    ("stringToString", ['"""a=b","""a=b"'], {'"a': "b"}),
    ("noSplitMap", [" a = b,c=d "], {"a": "b,c=d"}),
    ("noSplitMap", ["="], {"": ""}),
    ("noSplitMap", ["a=1", "b=2", "a=3"], {"a": "3", "b": "2"}),
    ("noSplitMap", ["\x1fa=b"], {"\x1fa": "b"}),
    ("configurationMap", [""], {}),
    ("configurationMap", [" api/all = false ,, v1 "], {"api/all": "false", "v1": ""}),
    ("configurationMap", ["a=b=c", "a"], {"a": ""}),
    ("configurationMap", [" "], {"": ""}),
    (GATES, [""], ()),
    (GATES, ["A=true,,B=false,"], (("", "A=true"), ("", "B=false"))),
    (GATES, ["kube:A=true", " :B=x "], (("kube", "A=true"), ("", "B=x"))),
    (GATES, [" kube : A = true "], (("kube", "A = true"),)),
    (GATES, ["a:b:c"], (("a", "b:c"),)),
    (GATES, [" ,kube:"], (("", ""), ("kube", ""))),
    ("namedCertKey", ["a,b"], (SNIPair("a", "b", ()),)),
    ("namedCertKey", [" a , b : c , d ", ","], (SNIPair("a", "b", ("c", "d")), SNIPair("", "", ()))),
    ("namedCertKey", ["a,b:c:d"], (SNIPair("a", "b", ("c:d",)),)),
    ("namedCertKey", ["a,b:,"], (SNIPair("a", "b", ("", "")),)),
    (MODULES, [""], ()),
    (MODULES, ["a=1,,b=2", "a=3"], (("a", 1), ("b", 2), ("a", 3))),
    (MODULES, [" *=2147483647"], ((" *", 2147483647),)),
]

REFUSED: list[tuple[str, list[str]]] = [
    *[("stringSlice", [text]) for text in ('"a', 'a"b', '"a"b', '"a" ,b', 'a, "b"', '"""', "\n", "\r", "\r\n", 'a,"')],
    *[("int32Slice", [text]) for text in ("", "1,", "1, 2", "2147483648", "a")],
    *[("stringToString", [text]) for text in ("", "a", "\n", "a=b,c=d,e", '"a=b"=c', 'a="b",c=d')],
    *[("noSplitMap", [text]) for text in ("", "a")],
    *[("namedCertKey", [text]) for text in ("", "a", "a,b,c", "a,b:", "a,b: ", ":a", "C:/x,y", "a:b,c")],
    *[(MODULES, [text]) for text in ("a", "=1", "a=", "a=1=2", "a=-1", "a= 1", "a=2147483648", "a=0x1")],
    ("stringSlice", ["a", '"']),
]


@pytest.mark.parametrize(("kind", "texts", "value"), ACCEPTED)
def test_accepted(kind: str, texts: list[str], value: object) -> None:
    assert TYPES[kind].parse(texts) == value


@pytest.mark.parametrize(("kind", "texts"), REFUSED)
def test_refused(kind: str, texts: list[str]) -> None:
    with pytest.raises(InvalidValueError) as raised:
        TYPES[kind].parse(texts)
    assert raised.value.rule.family == "PARSE"
    assert raised.value.hint


@pytest.mark.parametrize(
    ("kind", "text", "elements"),
    [
        ("stringSlice", "", []),
        ("stringSlice", "a,bc,", ["a", "bc", ""]),
        ("stringSlice", '"a,b","c""d",e', ['"a,b"', '"c""d"', "e"]),
        ("stringSlice", "\n\na,b\nc", ["a", "b"]),
        ("stringArray", "a,b", ["a,b"]),
        ("int32Slice", "1,0x10", ["1", "0x10"]),
        (GATES, "A=true,, kube:B=x ,", ["A=true", "kube:B=x"]),
        ("configurationMap", ",a=b, c", ["a=b", "c"]),
        ("noSplitMap", "a=b,c", ["a=b,c"]),
        ("stringToString", "a=b,c", ["a=b,c"]),
        ("stringToString", '"a=b,c",d=e', ['"a=b,c"', "d=e"]),
        ("namedCertKey", "a,b:c,d", ["a,b:c,d"]),
        (MODULES, "a=1,,b=2", ["a=1", "b=2"]),
        ("string", "10.0.0.0/16,fd00::/108", ["10.0.0.0/16", "fd00::/108"]),
    ],
)
def test_element_ranges(kind: str, text: str, elements: list[str]) -> None:
    assert [text[start:end] for start, end in TYPES[kind].elements(text)] == elements
