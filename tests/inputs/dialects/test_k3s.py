"""config.yaml of k3s: its files and how they are merged, the arguments, and what k3s refuses and ignores."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.diagnostics import KascError
from compiler.inputs import Host
from compiler.review.examine import Examined, Settings, examine
from tests.inputs.dialects import pairs, predicted_and_real, result
from tests.inputs.dialects.reading import Reading, at, examined, mutated, read

SAMPLE = Path("samples/dialects/k3s/config.yaml")
SERVER = "/var/lib/rancher/k3s/server"


def k3s(text: str, release: str = "1.36.3", address: str = "") -> Reading:
    return read(text, "k3s", release, address=address)


def ignored(text: str, release: str = "1.36.3") -> list[str]:
    return k3s(text, release).messages("2")


def refused(text: str, release: str = "1.36.3") -> list[str]:
    return k3s(text, release).messages()


def merged(directory: Path, **files: str) -> Examined:
    """Return the server of config.yaml and its drop-ins, each by its name with a dot for `_`."""
    main = directory / "config.yaml"
    main.write_text(files.pop("config", ""))
    for name, text in files.items():
        path = directory / "config.yaml.d" / name.replace("_", ".")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return examine(str(main), Settings(read_as="k3s", release="1.36.3"))


@pytest.mark.parametrize("pair", pairs("k3s-rke2-k0s", prefix="k3s-"), ids=lambda pair: pair["id"])
def test_recorded(pair: dict[str, object], tmp_path: Path) -> None:
    predicted, real = predicted_and_real(pair, tmp_path)
    if pair.get("cli"):  # arguments of the command line, which no file has
        assert {*predicted.flags} ^ {*real.flags} == {
            *("--secure-port=7444", "--secure-port=8444", "--audit-log-maxage=7", "--audit-log-maxage=9"),
        }
        return
    assert predicted == real


def test_the_words_are_sorted_and_their_origin_is_k3s() -> None:
    reading = k3s("")
    names = [each.flag for each in reading.server.arguments]
    assert names == sorted(names)
    assert len(names) == 34  # without --advertise-port, which upstream does not have
    assert {each.origin for each in reading.server.arguments} == {"k3s"}
    assert reading.problems == []


def test_the_sample() -> None:
    examination = examine(str(SAMPLE), Settings(version="1.36"))
    assert [each for each in examination.report.diagnostics if each.severity != "note"] == []
    assert examination.report.read_as == "k3s"
    flags = result(examination).flags
    assert "--audit-log-maxage=30" in flags
    assert not [flag for flag in flags if flag.startswith("--authorization-mode")]


class TestFiles:
    def test_a_key_replaces_and_a_plus_appends(self, tmp_path: Path) -> None:
        flags = result(
            merged(
                tmp_path,
                config="kube-apiserver-arg: [audit-log-maxage=7]\nservice-cidr: 10.44.0.0/16\n",
                **{"10-a_yaml": "kube-apiserver-arg+:\n- audit-log-maxbackup=3\n"},
                **{"20-b_YML": "kube-apiserver-arg+: audit-log-maxsize=50\nservice-cidr: 10.45.0.0/16\n"},
                **{"30-c_txt": "kube-apiserver-arg: [audit-log-maxage=99]\n"},
            )
        ).flags
        assert {"--audit-log-maxage=7", "--audit-log-maxbackup=3", "--audit-log-maxsize=50"} <= {*flags}
        assert "--service-cluster-ip-range=10.45.0.0/16" in flags

    def test_arguments_keep_their_place(self, tmp_path: Path) -> None:
        examination = merged(tmp_path, config="v: 2\n", a_yaml="kube-apiserver-arg+: [audit-log-maxage=x]\n")
        error = next(each for each in examination.report.diagnostics if each.severity == "error")
        assert error.location is not None
        assert error.location[1:] == (1, 40, 1, 41)
        assert error.location.file.endswith("config.yaml.d/a.yaml")
        assert error.path == "kube-apiserver-arg+[0]"

    def test_a_list_without_plus_replaces_the_arguments(self, tmp_path: Path) -> None:
        examination = merged(
            tmp_path,
            config="kube-apiserver-arg:\n- audit-log-maxage=7\n",
            **{"50-rancher_yaml": "kube-apiserver-arg: [audit-log-maxsize=3]\n"},
        )
        (warning,) = [each for each in examination.report.diagnostics if each.code == "KASC-DIST-002"]
        other = tmp_path / "config.yaml.d" / "50-rancher.yaml"
        assert warning.message == f"k3s ignores kube-apiserver-arg of this file: {other} replaces it"
        assert warning.hint == f"write kube-apiserver-arg+ in {other} to append to it"
        assert warning.location is not None
        assert warning.location[1:3] == (1, 1)

    def test_drop_ins_below_the_files_of_the_server(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        directory = tmp_path / "etc/rancher/k3s/config.yaml.d"
        directory.mkdir(parents=True)
        (directory / "a.yaml").write_text("kube-apiserver-arg+: [audit-log-maxage=3]\n")
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr("sys.stdin", type("Input", (), {"buffer": __import__("io").BytesIO(b"v: 3\n")}))
        settings = Settings(read_as="k3s", release="1.36.3", host=Host("", str(tmp_path)))
        assert "--audit-log-maxage=3" in result(examine("-", settings)).flags

    def test_a_link_out_of_the_root_is_not_read(self, tmp_path: Path) -> None:
        (tmp_path / "outside.yaml").write_text("kube-apiserver-arg: [audit-log-maxage=3]\n")
        inside = tmp_path / "inside"
        inside.mkdir()
        (inside / "config.yaml.d").mkdir()
        (inside / "config.yaml.d" / "a.yaml").symlink_to(tmp_path / "outside.yaml")
        examination = merged(inside, config="v: 2\n")
        assert [each.code for each in examination.report.diagnostics] == ["KASC-DOC-020"]

    def test_appending_to_null_and_numbers(self, tmp_path: Path) -> None:
        """As with k3s' parser: null is dropped, and a number is appended as text."""
        flags = result(
            merged(
                tmp_path,
                config="kube-apiserver-arg:\n",
                a_yaml="kube-apiserver-arg+: audit-log-maxage=3\n",
                b_yaml="kube-apiserver-arg+:\n",
            )
        ).flags
        assert "--audit-log-maxage=3" in flags

    def test_yaml_of_k3s(self) -> None:
        """YAML 1.1: `on` is true and a leading zero means octal. k3s reads the first document only."""
        reading = k3s("v: 010\nsecrets-encryption: on\n---\nv: 1\n")
        assert reading.values("v") == ["8"]
        assert "encryption-provider-config" in {each.flag for each in reading.server.arguments}

    def test_duplicate_keys(self) -> None:
        text = "kube-apiserver-arg: [audit-log-maxage=7]\nkube-apiserver-arg: [audit-log-maxsize=8]\n"
        reading = k3s(text)
        assert reading.values("audit-log-maxage") == []
        assert reading.messages("2") == [
            "duplicate key 'kube-apiserver-arg', first set on line 1; k3s only uses the last one"
        ]

    def test_a_key_with_plus_may_be_repeated(self) -> None:
        text = "kube-apiserver-arg+: [v=1]\nvmodule: a=1\nkube-apiserver-arg+: [v=2]\n'kube-apiserver-arg+': v=3\n"
        reading = k3s(text)
        assert (reading.values("v"), reading.values("vmodule")) == (["1", "2", "3"], ["a=1"])
        assert reading.argument("v").location == at(text, "v=3")._replace(column=26)
        assert reading.messages("2") == []

    @pytest.mark.parametrize("text", ["- a\n", "text\n"])
    def test_not_a_mapping(self, text: str) -> None:
        assert examined(text, "k3s") == ("reject", ("None ",))


class TestArguments:
    def test_positions(self) -> None:
        text = 'kube-apiserver-arg:\n- "  --audit-log-maxage=7"\n- enable-admission-plugins+=PodSecurity\n- profiling\n'
        reading = k3s(text)
        age, plugins = reading.argument("audit-log-maxage"), reading.argument("enable-admission-plugins")
        assert (age.origin, age.path, age.location) == ("", "kube-apiserver-arg[0]", at(text, "7"))
        assert age.name_location == at(text, "--audit-log-maxage")
        assert plugins.location == at(text, "PodSecurity")
        assert plugins.name_location == at(text, "enable-admission-plugins")
        assert (reading.argument("profiling").text, reading.argument("profiling").location) == (
            "true",
            at(text, "profiling"),
        )

    @pytest.mark.parametrize(
        ("items", "values"),
        [
            ("[enable-admission-plugins=A]", ["A"]),
            ("[enable-admission-plugins=A, --enable-admission-plugins=B]", ["A", "B"]),
            ("[enable-admission-plugins+=A]", ["NodeRestriction", "A"]),
            ("[enable-admission-plugins-=A]", ["A", "NodeRestriction"]),
            ("[enable-admission-plugins=A, enable-admission-plugins-=B]", ["B", "A"]),
            ("[enable-admission-plugins=A, enable-admission-plugins+=B]", ["A", "B"]),
            ("enable-admission-plugins", ["true"]),
            ('"enable-admission-plugins=A,B=C"', ["A,B=C"]),
        ],
    )
    def test_merge(self, items: str, values: list[str]) -> None:
        assert k3s(f"kube-apiserver-arg: {items}\n").values("enable-admission-plugins") == values

    def test_advertise_port_is_left_out(self) -> None:
        """Only the fork of kube-apiserver in k3s has the flag."""
        reading = k3s("advertise-port: 1\nkube-apiserver-arg: [advertise-port=2, advertise-port+=3]\n")
        assert (reading.values("advertise-port"), reading.problems) == ([], [])
        assert refused("kube-apiserver-arg: [advertise-port=x]\n") == [
            'kube-apiserver does not start: advertise-port: "x" is not an integer'
        ]

    def test_a_mapping_is_one_argument(self) -> None:
        text = "kube-apiserver-arg:\n  audit-log-maxage: 7\n"
        reading = k3s(text)
        assert reading.messages("2") == ["k3s passes the mapping as a single argument that is not a flag"]
        assert "[{audit-log-maxage 7}]" in {each.flag for each in reading.server.arguments}
        assert examined(text, "k3s").outcome == "reject"

    def test_cipher_suites(self) -> None:
        six = k3s("").argument("tls-cipher-suites").text
        assert six.count(",") == 5
        own = "kube-apiserver-arg: [tls-cipher-suites=TLS_AES_128_GCM_SHA256]\n"
        assert k3s(own).values("tls-cipher-suites") == ["TLS_AES_128_GCM_SHA256"]
        dashes = own.replace("[", "[--")
        assert k3s(dashes, "1.33.0").values("tls-cipher-suites") == ["TLS_AES_128_GCM_SHA256"]
        # Until 1.31.7, 1.32.3 the look-up does not take the dashes off.
        assert k3s(dashes, "1.32.3").values("tls-cipher-suites") == ["TLS_AES_128_GCM_SHA256", six]

    @pytest.mark.parametrize(
        ("release", "mode", "anonymous"),
        [
            ("1.31.7", True, True),
            ("1.31.8", False, True),
            ("1.31.9", False, False),
            ("1.32.4", False, True),
            ("1.33.0", False, True),
            ("1.33.1", False, False),
            ("1.36.3", False, False),
        ],
    )
    def test_configuration_files_replace_flags(self, release: str, mode: bool, anonymous: bool) -> None:
        reading = k3s("kube-apiserver-arg: [authorization-config=/a, authentication-config=/b]\n", release)
        assert bool(reading.values("authorization-mode")) is mode
        assert bool(reading.values("anonymous-auth")) is anonymous

    @pytest.mark.parametrize(
        ("release", "panics"), [("1.31.7", False), ("1.31.8", True), ("1.36.3", True), ("1.32.3", False)]
    )
    def test_panic(self, release: str, panics: bool) -> None:
        text = "kube-apiserver-arg: [authorization-config]\n"
        reading = k3s(text, release)
        assert bool(reading.messages()) is panics
        if panics:
            (problem,) = [each for each in reading.problems if each.code == "KASC-DIST-001"]
            assert problem.message == "k3s does not start: it panics at authorization-config without a value"
            assert problem.location == at(text, "authorization-config")


class TestSettings:
    def test_ports(self) -> None:
        assert k3s("https-listen-port: 7443\n").values("secure-port") == ["7444"]
        assert k3s("apiserver-port: 0x10\n").values("secure-port") == ["16"]
        assert k3s("https-listen-port: 0\n").values("secure-port") == ["6444"]

    @pytest.mark.parametrize(
        ("text", "address", "value"),
        [
            ("", "10.0.0.1", []),
            ("node-ip: 10.0.0.5,10.0.0.6\n", "", ["10.0.0.5"]),
            ("node-ip: 10.0.0.5\nnode-external-ip: [x, 203.0.113.7]\n", "", ["203.0.113.7"]),
            ("node-ip: 10.0.0.5\nadvertise-address: 10.0.0.9\n", "", ["10.0.0.9"]),
            ("flannel-iface: eth1\n", "10.0.0.1", ["10.0.0.1"]),
            ("flannel-iface: eth1\n", "", ["$(HOST_IP)"]),
            ("vpn-auth-file: /vpn\nadvertise-address: 10.0.0.9\n", "10.0.0.1", ["$(HOST_IP)"]),
        ],
    )
    def test_advertise_address(self, text: str, address: str, value: list[str]) -> None:
        reading = k3s(text, address=address)
        assert reading.values("advertise-address") == value
        if value:
            assert bool(reading.argument("advertise-address").unknown) is (value == ["$(HOST_IP)"])

    @pytest.mark.parametrize(
        ("text", "address", "service", "bind"),
        [
            ("", "", "10.43.0.0/16", "127.0.0.1"),
            ("", "fd00::1", "fd00:43::/112", "::1"),
            ("node-ip: 10.0.0.1\n", "fd00::1", "10.43.0.0/16", "127.0.0.1"),
            ("service-cidr: ['10.1.2.3/16,fd01::1/112']\n", "", "10.1.0.0/16,fd01::/112", "127.0.0.1"),
            ("service-cidr: [fd01::/112, 10.1.0.0/16]\n", "", "fd01::/112,10.1.0.0/16", "::1"),
            ("apiserver-bind-address: 0.0.0.0\n", "", "10.43.0.0/16", "0.0.0.0"),
        ],
    )
    def test_ranges(self, text: str, address: str, service: str, bind: str) -> None:
        reading = k3s(text, address=address)
        assert reading.values("service-cluster-ip-range") == [service]
        assert reading.values("bind-address") == [bind]

    def test_origins(self) -> None:
        text = "service-cidr: 10.45.0.0/16\ncluster-domain: corp.example\n"
        reading = k3s(text)
        services, issuer = reading.argument("service-cluster-ip-range"), reading.argument("service-account-issuer")
        assert (services.origin, services.path) == ("k3s", "service-cidr")
        assert services.location == at(text, "10.45.0.0/16")
        assert issuer.location == at(text, "corp.example")
        assert reading.server.settings["service-cluster-ip-range"] == "service-cidr"
        own = k3s("kube-apiserver-arg: [service-cluster-ip-range=10.45.0.0/16]\n")
        assert "service-cluster-ip-range" not in own.server.settings

    def test_data_directory(self) -> None:
        key = k3s("data-dir: /data/k3s/\n").argument("service-account-key-file")
        assert (key.text, key.unknown, key.path) == ("/data/k3s/server/tls/service.key", "", "data-dir")
        assert k3s("d: /data\n").values("client-ca-file") == ["/data/server/tls/client-ca.crt"]
        for text in ("data-dir: $HOME/k3s\n", "data-dir: state\n", "rootless: true\n"):
            assert k3s(text).argument("client-ca-file").unknown == "${HOME}"

    def test_features(self) -> None:
        flags = {each.flag for each in k3s("egress-selector-mode: disabled\n").server.arguments}
        assert not flags & {"egress-selector-config-file", "enable-aggregator-routing"}
        types = k3s("flannel-external-ip: true\n").values("kubelet-preferred-address-types")
        assert types == ["ExternalIP,InternalIP,Hostname"]
        reading = k3s("v: 4\nvmodule: a=1\nsecrets-encryption: true\n")
        assert reading.values("v") + reading.values("vmodule") == ["4", "a=1"]
        assert reading.values("encryption-provider-config") == [f"{SERVER}/cred/encryption-config.json"]
        assert k3s("service-node-port-range: 20000+10\n").values("service-node-port-range") == ["20000-20010"]


class TestStorage:
    EMBEDDED = "https://127.0.0.1:2379"

    @pytest.mark.parametrize(
        ("text", "servers", "cafile"),
        [
            ("", "unix://kine.sock", ""),
            ("kine-tls: true\n", "unixs://kine.sock", f"{SERVER}/tls/etcd/server-ca.crt"),
            ("cluster-init: true\n", EMBEDDED, f"{SERVER}/tls/etcd/server-ca.crt"),
            ("server: https://a\ntoken: x\n", EMBEDDED, f"{SERVER}/tls/etcd/server-ca.crt"),
            ("server: https://a\ntoken-file: /x\n", EMBEDDED, f"{SERVER}/tls/etcd/server-ca.crt"),
            ("server: https://a\n", "unix://kine.sock", ""),
            (
                "cluster-init: true\nservice-cidr: fd01::/112\n",
                "https://[::1]:2379",
                f"{SERVER}/tls/etcd/server-ca.crt",
            ),
            ("datastore-endpoint: https://a,https://b\ndatastore-cafile: /ca\n", "https://a,https://b", "/ca"),
            ("datastore-endpoint: mysql://a\ndatastore-cafile: /ca\ncluster-init: true\n", "unix://kine.sock", ""),
            ("datastore-endpoint: unix:///etcd.sock\n", "unix:///etcd.sock", ""),
        ],
    )
    def test_etcd(self, text: str, servers: str, cafile: str) -> None:
        reading = k3s(text)
        assert reading.values("etcd-servers") == [servers]
        assert reading.values("etcd-cafile") == ([cafile] if cafile else [])

    @pytest.mark.parametrize(("release", "refuses"), [("1.35.2", True), ("1.35.3", False), ("1.36.0", False)])
    def test_unix_endpoints(self, release: str, refuses: bool) -> None:
        assert bool(refused("datastore-endpoint: unix:///etcd.sock\n", release)) is refuses

    def test_a_token_of_the_environment(self) -> None:
        assert k3s("server: https://a\ntls-san: b\n").messages("4") == [
            "k3s joins the server only with a token from the environment (K3S_TOKEN), and runs a separate cluster "
            "without it"
        ]

    def test_data_of_etcd_wins(self, tmp_path: Path) -> None:
        """An etcd data directory on the server decides; files are looked up only below --files-root."""
        config = tmp_path / "etc/rancher/k3s/config.yaml"
        config.parent.mkdir(parents=True)
        config.write_text("datastore-endpoint: mysql://a\n")
        (tmp_path / f"{SERVER}/db/etcd/member/wal".lstrip("/")).mkdir(parents=True)
        settings = Settings(read_as="k3s", release="1.36.3", host=Host("", str(tmp_path)))
        examination = examine(str(config), settings)
        assert f"--etcd-servers={self.EMBEDDED}" in result(examination).flags
        assert "embedded etcd" in " ".join(each.message for each in examination.report.diagnostics)


class TestRefused:
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ('cluster-init: "on"\n', 'cluster-init: "on" is not a boolean'),
            ("cluster-init:\n", "cluster-init is empty"),
            ("https-listen-port: 64x\n", 'https-listen-port: "64x" is not an integer'),
            ("etcd-s3-timeout: 5\n", 'etcd-s3-timeout: "5" is not a valid duration'),
            ("token: a\nt: b\n", "the key token is set by its long and its short name"),
            ("--token: a\n", 'the key "--token" begins with a dash'),
            ("node-ip: 10.0.0.1, fd00::1\n", 'node-ip: " fd00::1" is not a valid IP address'),
            ("service-cidr: 10.043.0.0/16\n", 'service-cidr: "10.043.0.0/16" is not a valid CIDR range'),
            ("service-cidr: 10.43.0.0/29\n", 'service-cidr: "10.43.0.0/29" has no tenth address for the DNS service'),
            ("cluster-cidr: x\n", 'cluster-cidr: "x" is not a valid CIDR range'),
            ("cluster-dns: x\n", 'cluster-dns: "x" is not a valid IP address'),
            ("service-node-port-range: x\n", 'service-node-port-range: "x" is not a valid port range'),
            ("egress-selector-mode: none\n", '"none" is not a valid egress-selector-mode'),
            ("secrets-encryption: true\nsecrets-encryption-provider: kms\n", '"kms" is not a valid '
                "secrets-encryption-provider"),
            ("disable-etcd: true\n", "disable-etcd needs server"),
            ("disable-apiserver: 'false'\ncluster-reset-restore-path: /a\n", "cluster-reset-restore-path needs "
                "cluster-reset"),
            ("datastore-endpoint: mysq://u:secretpassword@a\n", 'datastore-endpoint has the unknown scheme "mysq"'),
            ("etcd-snapshot-reconcile-interval: 0s\n", "etcd-snapshot-reconcile-interval is not greater than 0s"),
        ],
    )  # fmt: skip
    def test_values(self, text: str, message: str) -> None:
        assert refused(text) == [f"k3s does not start: {message}"]

    @pytest.mark.parametrize("key", ["disable-apiserver", "cluster-reset"])
    def test_no_kube_apiserver(self, key: str) -> None:
        text = f"cluster-init: true\n{key}: true\n"
        with pytest.raises(KascError, match=f"does not start kube-apiserver: {key} is true") as caught:
            k3s(text)
        location = caught.value.diagnostic.location
        assert location is not None
        assert location[1:3] == (2, len(key) + 3)
        assert examined(text, "k3s", "1.36.3").outcome == "reject"

    def test_every_problem_is_reported_once(self) -> None:
        assert len(refused("v: x\nhttps-listen-port: y\nnode-ip: z\nservice-cidr: a\n")) == 4


class TestIgnored:
    def test_unknown_keys(self) -> None:
        text = "kube-apiserver-args: [a=b]\nservice_cidr: 10.1.0.0/16\nwholly-unknown: 1\n"
        reading = k3s(text)
        found = [each for each in reading.problems if each.code == "KASC-DIST-002"]
        assert [(each.message, each.hint) for each in found] == [
            ('k3s ignores the unknown key "kube-apiserver-args"', "write kube-apiserver-arg"),
            ('k3s ignores the unknown key "service_cidr"', "write service-cidr"),
            ('k3s ignores the unknown key "wholly-unknown"', "remove it"),
        ]
        assert found[0].location == at(text, "kube-apiserver-args")
        assert reading.values("service-cluster-ip-range") == ["10.43.0.0/16"]

    def test_keys_of_later_releases(self) -> None:
        assert ignored("apiserver-port: 6443\n", "1.31.3") == [
            "k3s 1.31.3 does not have the key apiserver-port, and ignores it"
        ]
        assert ignored("apiserver-port: 6443\n", "1.31.4") == []

    def test_the_file_of_an_agent(self) -> None:
        agent = "server: https://10.0.0.1:6443\ntoken: x\nnode-label: [a=b]\n"
        assert k3s(agent).messages("4") == [
            "the file has no setting of a server: if the node runs `k3s agent`, it runs no kube-apiserver"
        ]
        assert k3s(agent + "tls-san: a\n").messages("4") == []


def test_an_unknown_patch_is_assumed_to_be_the_newest() -> None:
    text = "kube-apiserver-arg: [authorization-config=/a]\n"
    assert read(text, "k3s", "", "1.32").messages("3") == ["the patches of k3s 1.32 differ; assuming the newest"]
    for version in ("1.32.3", "1.36", None):
        assert read(text, "k3s", "", version).messages("3") == []
    assert read("", "k3s", "", "1.32").messages("3") == []


def test_the_version_of_the_release() -> None:
    assert k3s("", "1.34.2+k3s1").server.version == "1.34.2"
    assert read("", "k3s", "", "1.34").server.version is None


def test_secrets_are_never_printed(tmp_path: Path) -> None:
    secret = "hunter2-is-a-secret"
    lines = [
        *(f"token: {secret}", f"token: {secret}", f"t: {secret}", f"agent-token: [{secret}]", f"tokn: {secret}"),
        *(f"datastore-endpoint: foo://root:{secret}@a/b", f"vpn-auth: name=tailscale,joinKey={secret}"),
        *(f"etcd-s3-secret-key: {secret}", "etcd-s3-access-key:", f"- {secret}", "etcd-s3-access-key:", f"  {secret}"),
    ]
    path = tmp_path / "config.yaml"
    path.write_text("\n".join([*lines, "v: x"]))
    from compiler.inputs.masking import Masked

    examination = examine(str(path), Settings(read_as="k3s"))
    assert len(examination.report.diagnostics) > 3
    assert secret not in repr(examination.report.diagnostics)
    assert secret not in Masked(str(path), path.read_text()).text()


def test_the_printed_command_line_of_k3s() -> None:
    """What k3s logs is read as an argument list, although upstream does not have one of its flags."""
    line = "--advertise-port=6443\n--api-audiences=https://kubernetes.default.svc.cluster.local,k3s\n"
    assert not any("advertise-port" in error for error in examined(line, "argv", version="1.36").flags)
    other = line.replace(",k3s", "")
    assert "PARSE-01 advertise-port" in examined(other, "argv", version="1.36").flags


@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    with contextlib.suppress(KascError):
        k3s(text)


@given(st.integers(0, 2**32))
def test_any_mutation(seed: int) -> None:
    with contextlib.suppress(KascError):
        read(mutated(SAMPLE.read_text(), seed), "k3s", "1.32")
