"""The recorder's readers: help texts, logs, stored values, hashes of storage versions."""

from __future__ import annotations

import pytest

from tests.recordings import RECORDINGS, document, facts, names
from tests.versions import RECORDED_VERSIONS
from tools.record import help_text
from tools.record.apiserver import error_of
from tools.record.flags import FlagSets
from tools.record.observe import storage_versions, version_hash
from tools.record.stored import stored_form

HELP = """The Kubernetes API server validates and configures data.

Usage:
  kube-apiserver [flags]

Generic flags:

      --advertise-address ip                   The IP address on which to advertise.
      --cors-allowed-origins strings           List of allowed origins for CORS.
      --feature-gates colonSeparatedMultimapStringString   Comma-separated list of component:key=value pairs.
                                               Options are:
                                               kube:AllAlpha=true|false (ALPHA - default=false)
                                               kube:WatchList=true|false (BETA - default=true)
      --goaway-chance float                    To prevent HTTP/2 clients from getting stuck.
      --shutdown-delay-duration duration       Time to delay the termination.

Secure serving flags:

      --tls-cipher-suites strings              Comma-separated list of cipher suites for the server.
                                               Preferred values: TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384.
                                               Insecure values: TLS_RSA_WITH_RC4_128_SHA.
      --tls-min-version string                 Minimum TLS version. Possible values: VersionTLS12, VersionTLS13

API enablement flags:

      --runtime-config mapStringString         A set of key=value pairs.

Admission flags:

      --admission-control strings              Admission is divided into two phases. (DEPRECATED: Use others.)
      --enable-admission-plugins strings       admission plugins that should be enabled in addition to default enabled ones (NamespaceLifecycle, Priority). Comma-delimited list of admission plugins: AlwaysAdmit, NamespaceLifecycle, Priority. The order of plugins in this flag does not matter.

Misc flags:

      --apiserver-number int                   A number.

Global flags:

  -h, --help                                   help for kube-apiserver
  -v, --v Level                                number for the log level verbosity
      --version version[=true]                 --version, --version=raw prints version information
"""  # noqa: E501
LOG = r"""I1129 13:00:00.000000       1 flags.go:64] FLAG: --advertise-address="<nil>"
I1129 13:00:00.000000       1 flags.go:64] FLAG: --goaway-chance="0"
I1129 13:00:00.000000       1 flags.go:64] FLAG: --kubelet-port="10250"
I1129 13:00:00.000000       1 flags.go:64] FLAG: --some-text="a \"b\" \x00\a"
"""
SETS = help_text.flag_sets(HELP)


def test_flag_sets_of_a_help() -> None:
    assert list(SETS) == ["generic", "secure serving", "API enablement", "admission", "misc", "global"]
    assert [(flag.name, flag.shorthand, flag.type_name) for flag in SETS["global"]] == [
        ("help", "h", ""),
        ("v", "v", "Level"),
        ("version", "", "version"),
    ]
    assert [flag.name for flag in SETS["admission"] if flag.deprecated] == ["admission-control"]


def test_gates_plugins_and_tls_names_of_a_help() -> None:
    assert help_text.feature_gates(SETS) == {"AllAlpha": ("ALPHA", False), "WatchList": ("BETA", True)}
    assert help_text.admission_plugins(SETS) == (
        ["AlwaysAdmit", "NamespaceLifecycle", "Priority"],
        ["NamespaceLifecycle", "Priority"],
    )
    assert help_text.tls_names(SETS) == {
        "insecureCiphers": ["TLS_RSA_WITH_RC4_128_SHA"],
        "preferredCiphers": ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"],
        "versions": ["VersionTLS12", "VersionTLS13"],
    }


def test_defaults_of_a_log() -> None:
    assert help_text.logged_values(LOG) == {
        "advertise-address": "<nil>",
        "goaway-chance": "0",
        "kubelet-port": "10250",
        "some-text": 'a "b" \0\a',
    }


def test_defaults_of_a_help() -> None:
    text = """Secure serving flags:

      --cert-dir string   A directory (ignored with others). (default "/var/run/kubernetes")
      --secure-port int   The port. (default 6443)
      --tls-cert-file string   A file.
"""
    sets = help_text.flag_sets(text)
    shown = [help_text.shown_default(sets, name) for name in ("cert-dir", "secure-port", "tls-cert-file", "none")]
    assert shown == ["/var/run/kubernetes", "6443", "", ""]


def test_flags_are_completed_from_source_and_an_earlier_version() -> None:
    built = FlagSets(
        [
            ("cors-allowed-origins", "stringSlice"),
            ("shutdown-delay-duration", "duration"),
            ("goaway-chance", "float64"),
        ],
        facts("1.36")["flagSets"],
    )
    defaults = {flag.name: "" for flags in SETS.values() for flag in flags}
    sets = built.build(SETS, defaults | {"kubelet-port": "10250"}, frozenset({"advertise-address"}))
    generic, misc = (next(each["flags"] for each in sets if each["name"] == name) for name in ("generic", "misc"))
    assert [(flag["name"], flag["type"]) for flag in generic] == [
        ("cors-allowed-origins", "stringSlice"),
        ("goaway-chance", "float64"),
        ("shutdown-delay-duration", "duration"),
        ("feature-gates", "colonSeparatedMultimapStringString"),
    ]
    assert misc[0] == {"default": "10250", "deprecated": True, "hidden": True, "name": "kubelet-port", "type": "uint"}
    # Nothing tells the type of a new `int`, nor its place.
    assert built.notes == [
        "--apiserver-number: type int or int64",
        "--apiserver-number: its place in 'misc' is unknown",
    ]


def test_a_recorded_help() -> None:
    """With the facts of the version before, a help tells the sets, types and marks that were recorded."""
    sets = help_text.flag_sets((RECORDINGS / "help/v1.36.txt").read_text())
    recorded = {each["name"]: each["flags"] for each in facts("1.36")["flagSets"]}
    assert list(sets) == list(recorded)
    defaults = {flag["name"]: flag["default"] for flags in recorded.values() for flag in flags}
    built = FlagSets([], facts("1.35")["flagSets"])
    for each in built.build(sets, defaults):
        shown = {flag.name for flag in sets[each["name"]]}
        flags = recorded[each["name"]]
        wanted = {flag["name"]: flag for flag in flags if flag["name"] in shown or flag.get("hidden")}
        assert {flag["name"]: flag for flag in each["flags"]} == wanted
    known, enabled = help_text.admission_plugins(sets)
    plugins = facts("1.36")["admissionPlugins"]
    assert known == sorted(plugins["ordered"])
    assert enabled == [name for name in plugins["ordered"] if name not in plugins["defaultOff"]]
    assert help_text.tls_names(sets) == {name: sorted(names) for name, names in facts("1.36")["tls"].items()}
    gates = {name: (gate["stage"], gate["default"]) for name, gate in facts("1.36")["featureGates"].items()}
    shown_gates = {name: state for name, state in gates.items() if state[0] in ("ALPHA", "BETA")}
    assert help_text.feature_gates(sets) == shown_gates


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (b"k8s\0\n\x0f\n\x02v1\x12\tConfigMap\x12\x00\x1a\x00", "protobuf v1 ConfigMap"),
        (b'{"kind":"Widget","apiVersion":"example.com/v1","metadata":{}}', "json example.com/v1 Widget"),
        (b"apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n", "yaml v1 Secret"),
        (b"k8s:enc:aescbc:v1:key1:\x00\x01\xff", "k8s:enc:aescbc:v1:key1:"),
        (b"k8s:enc:kms:v2:some:\x00", "k8s:enc:kms:v2:some:"),
        (b"3", "other"),
        (b"", "other"),
        (b"k8s\0\xff\xff", "protobuf  "),
    ],
)
def test_stored_forms(value: bytes, form: str) -> None:
    assert stored_form(value) == form


@pytest.mark.parametrize("version", RECORDED_VERSIONS)
def test_storage_versions_of_recorded_discovery(version: str) -> None:
    """The hashes of a recorded server stand for the versions that its runs recorded."""
    recorded = [name for name in names("live") if name.startswith(f"v{version}-s-")]
    for name in recorded:
        live = document("live", f"{name}.json")
        resources = {
            path: [{"name": each, "kind": kind, "storageVersionHash": given} for each, kind, given in rows]
            for path, rows in live["discovery"].items()
        }
        found = storage_versions(resources)
        known = facts(version)["resources"]
        hashed = {each["name"] for rows in resources.values() for each in rows if each["storageVersionHash"]}
        assert {each.partition(".")[0] for each in found} == hashed
        assert "events.events.k8s.io" not in found
        if "default" in name:
            assert found == {
                each: known[each]["storageVersionByDefault"]
                for each in known
                if "storageVersionByDefault" in known[each]
            }


def test_hash_of_a_storage_version() -> None:
    assert version_hash("", "v1", "ConfigMap") == "qFsyl6wFWjQ="


@pytest.mark.parametrize(
    ("output", "error"),
    [
        ("I1 a\nError: unknown flag: --x\n", "Error: unknown flag: --x"),
        ('W1129 a\nE1129 13:00:00.0 1 run.go:72] "command failed" err="[x \\"y\\", z]"\n', '[x "y", z]'),
        ("panic: a\n\ngoroutine 1\n", "panic: a"),
        ("some text\n", "some text"),
        ("", ""),
    ],
)  # fmt: skip
def test_the_error_of_a_server(output: str, error: str) -> None:
    assert error_of(output) == error
