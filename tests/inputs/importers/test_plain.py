"""Argument lists, flag lines and environment files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.inputs.importers.reading import read


def test_an_argument_list_is_verbatim() -> None:
    got = read(
        "\n".join(["/usr/bin/kube-apiserver", "", "# --v=9", "--etcd-prefix", " 'a $B\\ ", "--v=2\r", "--profiling"]),
        "argv",
    )
    assert got.flags == [("etcd-prefix", " 'a $B\\ "), ("v", "2"), ("profiling", "true")]
    assert got.problems == []


@given(st.lists(st.text(st.characters(exclude_characters="\n\r", codec="utf-8"), min_size=1, max_size=9)))
def test_every_line_of_an_argument_list_is_one_argument(lines: list[str]) -> None:
    got = read("".join(f"--etcd-prefix=x{line}\n" for line in lines), "argv")
    assert got.flags == [("etcd-prefix", f"x{line}") for line in lines]
    assert [got.cut(argument.location) for argument in got.server.arguments] == [text for _, text in got.flags]


@pytest.mark.parametrize(
    "text",
    [
        "--v=2 --profiling",
        "kube-apiserver --v=2 --profiling",
        "exec /usr/bin/kube-apiserver --v=2 --profiling",
        "kube-apiserver \\\n  --v=2 \\\n  --profiling\n",
        "kube-apiserver \\\r\n  --v=2 \\\r\n  --profiling\r\n",
        "--v 2\n# a comment\n--profiling # another\n",
        "--v='2'\n\"--profiling\"",
        'KUBE_APISERVER_ARGS="--v=2 --profiling"',
        "KUBE_APISERVER_ARGS='--v=2\n--profiling'",
        "KUBE_APISERVER_ARGS=--v=2\\ --profiling",
        'export KUBE_APISERVER_ARGS="--v=2 \\\n  --profiling"',
        '# all\nKUBE_LOG="--v=2"\nETCD="http://a"\n\nKUBE_ARGS="--profiling"\n',
        'LEVEL=2\nKUBE_ARGS="--v=$LEVEL --profiling"',
        'LEVEL=2\nKUBE_ARGS="--v=${LEVEL} --profiling"',
        'LOG="--v=2"\nKUBE_ARGS="$LOG --profiling"',
        'LOG="--v=2"\nexec kube-apiserver $LOG --profiling',
        "kube-apiserver --v=2 --profiling >> /log 2>&1 &",
        "kube-apiserver --v=2 --profiling | tee /log --v=9",
    ],
)
def test_shell_words(text: str) -> None:
    for kind in ("flags", None):
        got = read(text, kind)
        assert got.server.read_as == "flags"
        assert got.flags == [("v", "2"), ("profiling", "true")]
        assert got.problems == []


def test_words_are_put_together_as_a_shell_does() -> None:
    text = r"""--etcd-prefix=a' 'b"c\"d\e"\ f --cert-dir='\' --external-hostname="" --logging-format=a\
b --oidc-client-id=a#b"""
    assert [text for _, text in read(text, "flags").flags] == ['a bc"d\\e f', "\\", "", "ab", "a#b"]


def test_a_backslash_with_a_space_behind_it_joins_no_lines() -> None:
    got = read("kube-apiserver --v=2 \\ \n  --profiling", "flags")
    assert got.rules == ["PARSE-02"]
    assert got.cut(got.problems[0].location) == "\\ "


@pytest.mark.parametrize("text", ["--etcd-prefix='a", '--v=2\n--etcd-prefix="a\\"', 'ARGS="--v=2'])
def test_a_quote_that_does_not_end(text: str) -> None:
    got = read(text, "flags")
    assert got.given is None
    assert got.rules == ["KASC-INPUT-002"]
    assert got.cut(got.problems[0].location) in ("'", '"')


def test_variables_that_the_file_does_not_set_are_noted_once_each() -> None:
    got = read("ARGS=\"--cert-dir=$SNAP/a --etcd-prefix=${SNAP} --v=$LEVEL --external-hostname='$HOST' $MORE\"")
    assert got.flags == [
        ("cert-dir", "$SNAP/a"),
        ("etcd-prefix", "${SNAP}"),
        ("v", "$LEVEL"),
        ("external-hostname", "$HOST"),
    ]
    assert got.rules == ["KASC-INPUT-005"] * 4
    assert [got.cut(found.location) for found in got.problems] == ["$SNAP", "${SNAP}", "$LEVEL", "$MORE"]
    assert all(found.severity == "note" for found in got.problems)


@given(st.text(alphabet="ab-= \t\n'\"\\#$(){}`;&|<>A1", max_size=40))
def test_any_text_is_read_or_refused_in_its_place(text: str) -> None:
    got = read(text, "flags")
    assert got.given is not None or got.problems
    for found in got.problems:
        assert found.location is not None
        assert found.hint
    for argument in got.server.arguments if got.given else ():
        assert argument.location is not None
        assert argument.part(0, len(argument.text)) is not None


ENVIRONMENT_FILE = """###
# settings of the API server, as packages of the time of `KUBE_API_ARGS` laid them out

# where to listen
KUBE_API_ADDRESS="--bind-address=0.0.0.0 --insecure-bind-address=0.0.0.0"
#KUBE_API_ADDRESS="--insecure-bind-address=127.0.0.1"
KUBE_API_PORT="--insecure-port=8080 --secure-port=6443"
#KUBE_API_PORT="--port=9080"
KUBELET_PORT="--kubelet-port=10250"

#KUBE_ETCD_SERVERS="--etcd-servers=http://192.0.2.20:2379"
KUBE_ETCD_SERVERS="--etcd-servers=https://192.0.2.21:2379"
KUBE_SERVICE_ADDRESSES="--service-cluster-ip-range=10.96.0.0/16"
KUBE_ADMISSION_CONTROL="--admission-control=NamespaceLifecycle,LimitRanger,ServiceAccount"

# everything else; the blank at the end is part of the value
KUBE_API_ARGS="--etcd-cafile=/pki/ca.pem --enable-bootstrap-token-auth --kubelet-https=true --v=2 "
"""


def test_an_environment_file_of_a_distribution() -> None:
    got = read(ENVIRONMENT_FILE)
    assert got.server.read_as == "flags"
    assert got.flags[:4] == [
        ("bind-address", "0.0.0.0"),
        ("insecure-bind-address", "0.0.0.0"),
        ("insecure-port", "8080"),
        ("secure-port", "6443"),
    ]
    assert ("etcd-servers", "https://192.0.2.21:2379") in got.flags
    assert [value for _, value in got.written if value.startswith("-")] == ["--enable-bootstrap-token-auth"]
    assert len(got.flags) == 12


SNAP_ARGUMENTS = """--cert-dir=${SNAP_DATA}/certs
--service-cluster-ip-range=10.152.183.0/24
--secure-port=16443
--etcd-servers="unix://${SNAP_DATA}/var/kine.sock:12379"
--service-account-issuer='https://kubernetes.default.svc'
--event-ttl=5m

# the front proxy
--requestheader-client-ca-file=${SNAP_DATA}/certs/front-proxy-ca.crt
#~the front proxy
--profiling=false
"""


def test_arguments_with_quotes_and_variables() -> None:
    text = SNAP_ARGUMENTS
    as_flags, as_argv = read(text, "flags"), read(text, "argv")
    assert as_flags.server.read_as == "flags"
    assert [flag for flag, _ in as_flags.flags] == [flag for flag, _ in as_argv.flags]
    assert dict(as_flags.flags)["service-account-issuer"] == "https://kubernetes.default.svc"
    assert dict(as_argv.flags)["service-account-issuer"] == "'https://kubernetes.default.svc'"
    assert as_flags.rules == ["KASC-INPUT-005"]
    assert as_argv.rules == []
