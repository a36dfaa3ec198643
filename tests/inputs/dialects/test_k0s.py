"""ClusterConfig of k0s: the arguments, what k0s refuses and ignores, and differences by release."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.diagnostics import KascError
from compiler.inputs import Host
from compiler.inputs.dialects.k0s.cluster import host_of
from compiler.review.examine import Settings, examine
from tests.inputs.dialects import pairs, predicted_and_real, result
from tests.inputs.dialects.reading import Reading, at, examined, mutated, read

SAMPLE = Path("samples/dialects/k0s.yaml").read_text()
HEAD = "apiVersion: k0s.k0sproject.io/v1beta1\nkind: ClusterConfig\n"


def k0s(spec: str, release: str = "1.36.3+k0s.2", address: str = "10.0.0.5") -> Reading:
    """Read a ClusterConfig with a spec."""
    return read(f"{HEAD}spec:\n  {spec}\n", "k0s", release, address=address)


@pytest.mark.parametrize("pair", pairs("k3s-rke2-k0s", prefix="k0s-"), ids=lambda pair: pair["id"])
def test_recorded(pair: dict[str, object], tmp_path: Path) -> None:
    predicted, real = predicted_and_real(pair, tmp_path)
    assert predicted == real


@pytest.mark.parametrize("pair", pairs("k3s-rke2-k0s", prefix="k0s-"), ids=lambda pair: pair["id"])
def test_words(pair: dict[str, object]) -> None:
    """The order is the recorded one: k0s' own is random for all flags but the last ones."""
    reading = read(str(pair["config"]), "k0s", str(pair["kubernetesVersion"]), address="10.0.0.5")
    flags = [flag for flag in pair["flags"] if not flag.startswith("----")]  # type: ignore[attr-defined]
    assert reading.words == flags


def test_the_sample() -> None:
    examination = examine("samples/dialects/k0s.yaml", Settings(version="1.36"))
    assert [each for each in examination.report.diagnostics if each.severity != "note"] == []
    assert examination.report.read_as == "k0s"
    assert "--endpoint-reconciler-type=none" in result(examination).flags


def test_origins_and_positions() -> None:
    text = f"{HEAD}spec:\n  api:\n    port: 7443\n    extraArgs:\n      profiling: 'true'\n"
    reading = read(text, "k0s")
    port, profiling, issuer = map(reading.argument, ("secure-port", "profiling", "service-account-issuer"))
    assert (port.text, port.origin, port.path, port.location) == ("7443", "k0s", "spec.api.port", at(text, "7443"))
    assert (profiling.origin, profiling.path) == ("", "spec.api.extraArgs.profiling")
    assert (profiling.location, profiling.name_location) == (at(text, "true"), at(text, "profiling"))
    assert (issuer.origin, issuer.location) == ("k0s", at(text, "kind"))
    assert reading.server.settings["secure-port"] == "spec.api.port"
    assert reading.server.fixed_flags == {"etcd-servers", "etcd-cafile", "etcd-certfile", "etcd-keyfile"}


class TestAddress:
    def test_known_only_on_the_node(self) -> None:
        reading = k0s("api: {onlyBindToAddress: true}", address="")
        assert reading.argument("advertise-address").unknown == "$(HOST_IP)"
        assert reading.argument("bind-address").unknown == "$(HOST_IP)"

    def test_of_the_file(self) -> None:
        reading = k0s("api: {address: 10.0.0.9, onlyBindToAddress: true}")
        assert reading.values("advertise-address") == reading.values("bind-address") == ["10.0.0.9"]

    @pytest.mark.parametrize(
        ("spec", "release", "reconciles"),
        [
            ("api: {externalAddress: a.example}", "1.36.3", False),
            (
                "api: {externalAddress: a.example}\n  network: {controlPlaneLoadBalancing: {enabled: true}}",
                "1.36.3",
                True,
            ),
            (
                "api: {externalAddress: a.example}\n  network: {controlPlaneLoadBalancing: {enabled: true}}",
                "1.31.9",
                False,
            ),
            ("api: {}", "1.36.3", True),
        ],
    )
    def test_endpoints(self, spec: str, release: str, reconciles: bool) -> None:
        assert bool(k0s(spec, release).values("endpoint-reconciler-type")) is not reconciles

    def test_the_reconciler_of_the_user(self) -> None:
        text = "api: {externalAddress: a.example, extraArgs: {endpoint-reconciler-type: lease}}"
        assert k0s(text).values("endpoint-reconciler-type") == ["none"]
        assert k0s(text).messages("2") == ["k0s overrides --endpoint-reconciler-type: this value has no effect"]

    def test_host(self) -> None:
        assert [host_of(each) for each in ("a", "a:1", "[::1]:6443", "::1", "")] == ["a", "a", "::1", "::1", ""]


class TestRanges:
    DUAL = "dualStack: {enabled: true, IPv6podCIDR: 'fd00::/108', IPv6serviceCIDR: 'fd01::/108'}"

    @pytest.mark.parametrize(
        ("api", "network", "release", "ipv6_first"),
        [
            ("{address: 10.0.0.1}", "", "1.36.3", False),
            ("{address: 'fd00::1'}", "", "1.36.3", True),
            ("{address: 10.0.0.1, externalAddress: 'fd00::2'}", "", "1.36.3", True),
            ("{address: 10.0.0.1, externalAddress: 'fd00::2'}", "", "1.31.9", False),
            ("{address: 10.0.0.1, externalAddress: 'fd00::2'}", "", "1.31.10", True),
            ("{address: 10.0.0.1, externalAddress: 'fd00::2'}", "", "1.32.5+k0s.0", False),
            ("{address: 10.0.0.1, externalAddress: 'fd00::2'}", "", "1.32.5+k0s.1", True),
            ("{address: 10.0.0.1, externalAddress: '[fd00::2]:6443'}", "", "1.36.3", True),
            ("{address: 'fd00::1', externalAddress: a.example}", "", "1.36.3", False),
            ("{address: 10.0.0.1}", "primaryAddressFamily: IPv6, ", "1.36.3", True),
            ("{address: 10.0.0.1}", "primaryAddressFamily: IPv6, ", "1.33.6", False),
        ],
    )
    def test_dual_stack(self, api: str, network: str, release: str, ipv6_first: bool) -> None:
        reading = k0s(f"api: {api}\n  network: {{{network}{self.DUAL}}}", release)
        ranges = ["10.96.0.0/12", "fd01::/108"]
        assert reading.values("service-cluster-ip-range") == [",".join(ranges[::-1] if ipv6_first else ranges)]

    def test_single(self) -> None:
        assert k0s("network: {serviceCIDR: 10.1.2.3/16}").values("service-cluster-ip-range") == ["10.1.2.3/16"]


class TestExtraArguments:
    def test_empty_values_get_late_defaults(self) -> None:
        extra = "{anonymous-auth: '', secure-port: '', tls-cipher-suites: '', authorization-mode: ''}"
        reading = k0s(f"api: {{port: 7443, extraArgs: {extra}}}")
        assert reading.values("anonymous-auth") == ["false"]
        assert reading.values("secure-port") == ["6443"]
        assert reading.argument("tls-cipher-suites").text.count(",") == 5
        assert reading.values("authorization-mode") == [""]

    def test_null_is_an_empty_string(self) -> None:
        assert k0s("api: {extraArgs: {profiling: null}}").values("profiling") == [""]

    def test_raw_arguments(self) -> None:
        spec = "api: {extraArgs: {v: '3'}, rawArgs: [--v=4, --feature-gates=Foo=true]}"
        reading = k0s(spec)
        assert reading.values("v") == ["3", "4"]
        assert reading.words[-6:-4] == ["--v=4", "--feature-gates=Foo=true"]
        assert reading.messages("2") == []
        assert k0s(spec, "1.33.6").values("v") == ["3"]
        assert k0s(spec, "1.33.6").messages("2") == ["k0s 1.33.6 does not have the field rawArgs, and ignores it"]

    def test_etcd_flags_win(self) -> None:
        reading = k0s("api: {extraArgs: {etcd-cafile: /mine}}")
        assert reading.values("etcd-cafile") == ["/mine", "/var/lib/k0s/pki/etcd/ca.crt"]
        assert reading.messages("2") == ["k0s overrides --etcd-cafile: this value has no effect"]

    def test_keys_with_dashes(self) -> None:
        assert "PARSE-01 " in examined(f"{HEAD}spec: {{api: {{extraArgs: {{--v: '1'}}}}}}\n", "k0s").flags

    @pytest.mark.parametrize(
        ("timeout", "grace"), [("5s", "5s"), ("1m", "18s"), ("1s", "3s"), ("x", "18s"), ("-1s", "3s"), ("100ms", "3s")]
    )
    def test_grace_period(self, timeout: str, grace: str) -> None:
        spec = f"api: {{extraArgs: {{request-timeout: {timeout}}}}}"
        assert k0s(spec).values("shutdown-watch-termination-grace-period") == [grace]
        assert k0s(spec, "1.35.7").values("shutdown-watch-termination-grace-period") == []


class TestFeatureGates:
    GATES = "featureGates: [{name: B, enabled: false}, {name: C, enabled: true, components: [kubelet]}]"

    def test_with_stray_commas(self) -> None:
        assert k0s(f"api: {{extraArgs: {{feature-gates: A=true}}}}\n  {self.GATES}").values("feature-gates") == [
            "A=true,B=false,"
        ]
        assert k0s(self.GATES).values("feature-gates") == ["B=false,"]
        assert k0s("api: {}").values("feature-gates") == [""]
        assert k0s("api: {extraArgs: {feature-gates: ''}}").values("feature-gates") == [","]
        assert k0s("api: {extraArgs: {feature-gates: A=true}}").values("feature-gates") == ["A=true,"]

    def test_without_stray_commas(self) -> None:
        release = "1.37.0+k0s.0"
        assert k0s(self.GATES, release).values("feature-gates") == ["B=false"]
        assert k0s("api: {}", release).values("feature-gates") == []
        assert k0s("api: {extraArgs: {feature-gates: A=true}}", release).values("feature-gates") == ["A=true"]

    def test_positions(self) -> None:
        text = f"{HEAD}spec:\n  api: {{extraArgs: {{feature-gates: A=true}}}}\n  {self.GATES}\n"
        gates = read(text, "k0s", "1.36.3").argument("feature-gates")
        assert gates.origin == ""
        assert gates.part(0, 1) == at(text, "A=true")._replace(end_column=at(text, "A=true").column + 1)
        assert gates.part(7, 8) == at(text, "B")

    def test_origin(self) -> None:
        assert k0s("api: {}").argument("feature-gates").origin == "k0s"


class TestAuthenticationFile:
    def flags(self, directory: Path, content: str | None, release: str = "1.36.3+k0s.1") -> list[str]:
        if content is not None:
            (directory / "authn.yaml").write_text(content)
        text = f"{HEAD}spec: {{api: {{extraArgs: {{authentication-config: /authn.yaml}}}}}}\n"
        (directory / "k0s.yaml").write_text(text)
        from compiler.inputs.dialects import Request, read_dialect
        from compiler.inputs.importers.pod import parse_manifests
        from compiler.inputs.source import Files
        from compiler.inputs.source.node import Source

        source = Source("k0s.yaml", text)
        host = Host("", str(directory))
        request = Request("k0s", release, None, source, parse_manifests(source, []), "k0s.yaml", host, Files(), [])
        return [each.text for each in read_dialect(request).arguments if each.flag == "anonymous-auth"]

    @pytest.mark.parametrize(
        ("content", "values"),
        [
            ("anonymous: {enabled: true}\n", []),
            ("anonymous: null\n", ["false"]),
            ("jwt: []\n", ["false"]),
            ("]\n", ["false"]),
            (None, ["false"]),
        ],
    )
    def test_anonymous(self, tmp_path: Path, content: str | None, values: list[str]) -> None:
        assert self.flags(tmp_path, content) == values

    def test_former_releases(self, tmp_path: Path) -> None:
        assert self.flags(tmp_path, "anonymous: {enabled: true}\n", "1.36.3+k0s.0") == ["false"]

    def test_unknown(self) -> None:
        spec = "api: {extraArgs: {authentication-config: /authn.yaml}}"
        assert k0s(spec).messages("4") == [
            "k0s sets --anonymous-auth=false only if /authn.yaml has no field anonymous; kasc assumes that"
        ]


class TestStorage:
    EXTERNAL = "storage: {etcd: {externalCluster: {endpoints: ['https://a', 'https://b'], etcdPrefix: p%s}}}"

    def test_kine(self) -> None:
        assert k0s("storage: {type: kine}").words[-1] == "--etcd-servers=unix:/run/k0s/kine/kine.sock:2379"
        assert k0s("storage: {type: kine}").values("etcd-cafile") == []

    def test_external(self) -> None:
        assert k0s(self.EXTERNAL % "").words[-2:] == ["--etcd-servers=https://a,https://b", "--etcd-prefix=p"]
        assert k0s(self.EXTERNAL % ", caFile: /ca").values("etcd-cafile") == []
        files = ", caFile: /ca, clientCertFile: /crt, clientKeyFile: /key"
        assert k0s(self.EXTERNAL % files).words[-5:] == [
            "--etcd-servers=https://a,https://b",
            "--etcd-cafile=/ca",
            "--etcd-certfile=/crt",
            "--etcd-keyfile=/key",
            "--etcd-prefix=p",
        ]


class TestRefused:
    @pytest.mark.parametrize(
        ("spec", "message"),
        [
            ("apii: {}", 'k0s refuses the unknown field "apii"'),
            ("konnectivity: {port: 1}", 'k0s refuses the unknown field "port"'),
            (
                "api: {extraArgs: {anonymous-auth: true}}",
                "anonymous-auth is a boolean, not a string: k0s cannot read the file",
            ),
            ("api: {extraArgs: [a]}", "extraArgs is a list, not a mapping: k0s cannot read the file"),
            ("api: {port: '1'}", "port is a string, not an integer: k0s cannot read the file"),
            ("api: {port: 70000}", "k0s does not start: 70000 is not a valid port"),
            ("api: {address: '::'}", 'k0s does not start: "::" is not a valid address'),
            ("api: {address: a.example}", 'k0s does not start: "a.example" is not a valid address'),
            ("api: {externalAddress: a/b}", 'k0s does not start: "a/b" is not a valid external address'),
            ("api: {sans: [a b]}", 'k0s does not start: "a b" is not a valid IP address or DNS name'),
            ("storage: {type: etcd3}", 'k0s does not start: "etcd3" is not a valid storage type'),
            (
                "storage: {etcd: {externalCluster: {endpoints: [], etcdPrefix: a}}}",
                "k0s does not start: endpoints of the external etcd cluster are missing or empty",
            ),
            (
                "storage: {etcd: {externalCluster: {endpoints: [a]}}}",
                "k0s does not start: etcdPrefix of the external etcd cluster is missing",
            ),
            (
                "storage: {etcd: {externalCluster: {endpoints: [a], etcdPrefix: b, caFile: c}}}",
                "k0s does not start: an external etcd cluster with caFile needs clientCertFile and clientKeyFile",
            ),
            ("network: {provider: cilium}", 'k0s does not start: "cilium" is not a valid network provider'),
            ("network: {serviceCIDR: 10.96.0.0}", 'k0s does not start: "10.96.0.0" is not a valid CIDR range'),
            (
                "network: {serviceCIDR: 10.96.0.0/32}",
                "k0s does not start: 10.96.0.0/32 has no address for the DNS service",
            ),
            ("network: {clusterDomain: a b}", 'k0s does not start: "a b" is not a valid cluster domain'),
            (
                "network: {serviceCIDR: 'fd01::/112'}",
                "k0s does not start: podCIDR and serviceCIDR are not of the same IP family",
            ),
            ("network: {primaryAddressFamily: ipv6}", 'k0s does not start: "ipv6" is not a valid address family'),
            (
                "network: {provider: calico, dualStack: {enabled: true, IPv6podCIDR: 'fd00::/108', "
                "IPv6serviceCIDR: 'fd01::/108'}}",
                "k0s does not start: dual-stack with calico needs the mode bird",
            ),
        ],
    )
    def test_values(self, spec: str, message: str) -> None:
        assert k0s(spec).messages() == [message]
        assert examined(f"{HEAD}spec:\n  {spec}\n", "k0s", "1.36.3").outcome == "reject"

    def test_checks_of_later_releases(self) -> None:
        assert k0s("network: {serviceCIDR: 'fd01::/112'}", "1.33.6").messages() == []
        dual = "network: {dualStack: {enabled: true, IPv6podCIDR: 'fd00::/64', IPv6serviceCIDR: 'fd01::/64'}}"
        assert k0s(dual, "1.34.9").messages() == []
        assert k0s(dual, "1.35.1").messages() == ["k0s does not start: fd01::/64 is larger than a /108"]
        assert k0s("api: {externalAddress: 'a:6443'}", "1.33.4").messages() != []
        assert k0s("api: {externalAddress: 'a:6443'}", "1.33.6").messages() == []
        assert k0s("metricsServer: {}", "1.35.7").messages() == [
            "k0s 1.35.7 does not have the field metricsServer, and refuses it"
        ]

    def test_duplicate_keys(self) -> None:
        assert examined(f"{HEAD}spec: {{api: {{port: 1, port: 2}}}}\n", "k0s").flags == ("None ",)


class TestIgnored:
    def test_unknown_fields_of_some_sections(self) -> None:
        text = f"{HEAD}spec:\n  api: {{extraArg: {{}}}}\n  network: {{serviceCidr: 10.1.0.0/16, dns: 1}}\n"
        reading = read(text, "k0s", "1.36.3")
        found = [each for each in reading.problems if each.code == "KASC-DIST-002"]
        assert [(each.message, each.hint) for each in found] == [
            ('k0s ignores the unknown field "extraArg"', "write extraArgs"),
            ('k0s ignores the unknown field "dns"', "remove it"),
        ]
        assert found[0].location == at(text, "extraArg")

    def test_names_in_another_case(self) -> None:
        """Go's decoder accepts them."""
        reading = k0s("API: {Port: 7443, extraargs: {v: '3'}}")
        assert reading.problems == []
        assert reading.values("secure-port") + reading.values("v") == ["7443", "3"]

    def test_null_is_the_default(self) -> None:
        assert k0s("api: null\n  network: {serviceCIDR: null}").words == k0s("storage: null").words


def test_the_file_of_k0sctl() -> None:
    text = """\
apiVersion: k0sctl.k0sproject.io/v1beta1
kind: Cluster
spec:
  hosts:
  - role: controller
    installFlags: [--debug]
  k0s:
    version: v1.34.2+k0s.0
    config:
      spec:
        api: {port: 7443}
"""
    reading = read(text, "k0s")
    port = reading.argument("secure-port")
    assert (port.text, port.path, port.location) == ("7443", "spec.k0s.config.spec.api.port", at(text, "7443"))
    assert reading.server.version == "1.34.2"
    assert reading.messages("4") == ["the options with which k0sctl installs the controllers are not read"]
    assert examined(text, None).outcome == "accept"


def test_an_unknown_patch_is_assumed_to_be_the_newest() -> None:
    text = f"{HEAD}spec: {{api: {{externalAddress: 'a:1'}}}}\n"
    assert read(text, "k0s", "", "1.33").messages("3") == ["the patches of k0s 1.33 differ; assuming the newest"]
    assert read(text, "k0s", "", "1.36").messages("3") == []


def test_no_document() -> None:
    assert read("", "k0s", "1.36.3", address="10.0.0.5").words == k0s("api: {}").words


@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    with contextlib.suppress(KascError):
        read(text, "k0s")


@given(st.integers(0, 2**32))
def test_any_mutation(seed: int) -> None:
    with contextlib.suppress(KascError):
        read(mutated(SAMPLE, seed), "k0s", "1.32")
