"""Group variables of Kubespray: the flags of its template and of kubeadm, templates of Ansible, and refusals."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler import resolve
from compiler.diagnostics import KascError
from compiler.inputs.dialects.kubespray.defaults import (
    assumed_release,
    default_version,
    defaults_for,
    known_variables,
    supported,
)
from compiler.review.examine import Settings
from tests.inputs.dialects import pairs, predicted_and_real, real_flags
from tests.inputs.dialects.reading import NAME, Reading, at, examined, mutated, read

SAMPLE = Path("samples/dialects/kubespray.yaml").read_text()
ADDRESS = "192.0.2.11"
POLICY = "audit-policy/apiserver-audit-policy.yaml"
SIX = "fd85:ee78:d8a6:8607::1000/116"


def of(text: str, release: str = "2.31.0", version: str | None = None, address: str = ADDRESS) -> Reading:
    return read(text, "kubespray", release, version, address)


@pytest.mark.parametrize("pair", pairs("kubespray"), ids=lambda pair: pair["id"])
def test_recorded(pair: dict[str, object], tmp_path: Path) -> None:
    predicted, real = predicted_and_real(pair, tmp_path)
    assert predicted == real


@pytest.mark.parametrize("pair", pairs("kubespray"), ids=lambda pair: pair["id"])
def test_recorded_order(pair: dict[str, object]) -> None:
    facts = pair["facts"]
    assert isinstance(facts, dict)
    text, version = str(pair["config"]), str(pair["kubernetesVersion"])
    reading = of(text, facts["kubespray"].removeprefix("v"), None if "kube_version" in text else version)
    assert reading.words == real_flags(pair)
    assert reading.messages("1", "2", "3") == []


def test_the_sample() -> None:
    assert of(SAMPLE).messages("1", "2", "3") == []
    assert examined(SAMPLE, None).outcome == "accept"


def test_positions_and_origins() -> None:
    text = "kube_api_anonymous_auth: false\nkube_apiserver_port: 7443\nkube_encrypt_secret_data: true\n"
    reading = of(text)
    anonymous, port = reading.argument("anonymous-auth"), reading.argument("secure-port")
    assert (anonymous.text, anonymous.origin, anonymous.path) == ("False", "", "kube_api_anonymous_auth")
    assert (anonymous.location, anonymous.name_location) == (at(text, "false"), at(text, "kube_api_anonymous_auth"))
    assert (port.text, port.origin, port.path, port.location) == (
        *("7443", "kubeadm", "kube_apiserver_port", at(text, "7443")),
    )
    encryption, profiling = reading.argument("encryption-provider-config"), reading.argument("profiling")
    assert (encryption.text, encryption.origin) == ("/etc/kubernetes/ssl/secrets_encryption.yaml", "Kubespray")
    assert encryption.location == at(text, "true")
    assert (profiling.text, profiling.origin) == ("False", "Kubespray")
    assert reading.argument("client-ca-file").origin == "kubeadm"
    assert reading.server.settings["profiling"] == "kube_profiling"
    assert (reading.argument("allow-privileged").origin, reading.argument("allow-privileged").path) == ("Kubespray", "")
    assert not any(each.path.startswith(("apiServer", "etcd.", "local", "cert")) for each in reading.server.arguments)


def test_hints_name_the_variable() -> None:
    report = resolve(NAME, Settings(read_as="kubespray"), texts={NAME: "kube_webhook_authorization: true\n"}).report
    flag = "authorization-webhook-config-file"
    (mode,) = [each for each in report.diagnostics if each.flag == flag]
    assert mode.hint.endswith(f"in Kubespray, kube_webhook_authorization decides --{flag}")


def test_the_users_arguments() -> None:
    text = "kube_kubeadm_apiserver_extra_args: {profiling: true, event-ttl: 2h, v: 4}\n"
    reading = of(text, version="1.35.4")
    assert reading.values("profiling") == ["False", "True"]
    assert reading.values("event-ttl") == ["2h", "1h0m0s"]  # the template writes event-ttl last
    four = reading.argument("v")
    assert (four.text, four.path) == ("4", "kube_kubeadm_apiserver_extra_args.v")
    assert four.location == at(text, "4")
    assert of(text, version="1.34.3").values("event-ttl") == ["1h0m0s", "2h"]  # sorted by value


def test_admission_plugins_replace_those_of_kubeadm() -> None:
    assert of("kube_apiserver_enable_admission_plugins: [PodSecurity]\n").values("enable-admission-plugins") == [
        "PodSecurity"
    ]
    assert of("{}").values("enable-admission-plugins") == ["NodeRestriction"]


@pytest.mark.parametrize(
    ("text", "flag", "expected"),
    [
        ("kube_config_dir: /k\nkubernetes_audit: true\n", "audit-policy-file", f"/k/{POLICY}"),
        ('kube_config_dir: /k\nkube_cert_dir: "{{kube_config_dir}}/tls"\n', "client-ca-file", "/k/tls/ca.crt"),
        ('a: 5\nkube_apiserver_port: "{{ b }}"\nb: "{{ a }}"\n', "secure-port", "5"),
        ("ipv4_stack: false\nipv6_stack: true\n", "service-cluster-ip-range", SIX),
        ("enable_dual_stack_networks: true\n", "service-cluster-ip-range", f"10.233.0.0/18,{SIX}"),
        ("dns_domain: example.test\n", "service-account-issuer", "https://kubernetes.default.svc.example.test"),
        ("cluster_name: a.test\n", "service-account-issuer", "https://kubernetes.default.svc.a.test"),
        ("kube_apiserver_address: 192.0.2.77\n", "advertise-address", "192.0.2.77"),
        ("ip: 192.0.2.78\n", "etcd-servers", "https://192.0.2.78:2379"),
        ("access_ip: 192.0.2.79\n", "etcd-servers", "https://192.0.2.79:2379"),
        ("etcd_access_addresses: https://a:1,https://b:1\n", "etcd-servers", "https://a:1,https://b:1"),
        ("etcd_deployment_type: kubeadm\n", "etcd-servers", "https://127.0.0.1:2379"),
        ("kube_feature_gates: [A=true, B=false]\n", "feature-gates", "A=true,B=false"),
        ("kubernetes_audit_webhook: true\n", "audit-webhook-batch-max-size", "100"),
        ("kubernetes_audit: yes\naudit_log_path: '-'\n", "audit-log-path", "-"),
        ("kube_apiserver_request_timeout: null\n", "request-timeout", ""),
        ("kube_apiserver_count: 3\n", "apiserver-count", "3"),
    ],
)
def test_values(text: str, flag: str, expected: str) -> None:
    reading = of(text)
    assert reading.values(flag) == [expected]
    assert reading.messages("1", "2") == []


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ('kube_api_anonymous_auth: "{{ undef() }}"\n', "anonymous-auth"),
        ("kube_apiserver_service_account_lookup: false\n", "service-account-lookup"),
        ("kube_oidc_auth: true\nkube_oidc_url: https://a.test\n", "oidc-issuer-url"),
        ("kube_apiserver_use_authorization_config_file: true\n", "authorization-mode"),
        ("kubernetes_audit_webhook: true\naudit_webhook_mode: blocking\n", "audit-webhook-batch-max-size"),
        ("kube_apiserver_use_authentication_config_file: true\n", "anonymous-auth"),
        ('kube_encrypt_secret_data: ""\n', "encryption-provider-config"),
    ],
)
def test_flags_that_are_not_set(text: str, flag: str) -> None:
    assert of(text).values(flag) == []


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ('kube_oidc_url: "{{ vault_url }}"\n', "oidc-issuer-url"),
        ('kube_oidc_url: "https://{{ host }}/"\n', "oidc-issuer-url"),
        ("kube_oidc_url: \"{{ lookup('env', 'URL') }}\"\n", "oidc-issuer-url"),
        ('kube_oidc_url: "{% if a %}b{% endif %}"\n', "oidc-issuer-url"),
        ('kube_oidc_url: "{{ kube_oidc_url }}"\n', "oidc-issuer-url"),
        ('kube_oidc_url: "https://{{ vault }}{{ kube_oidc_client_id }}"\n', "oidc-issuer-url"),
        ("kube_oidc_url: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6231\n", "oidc-issuer-url"),
    ],
)
def test_templates_are_unknown(text: str, flag: str) -> None:
    reading = of(f"kube_oidc_auth: true\nkube_oidc_client_id: c\n{text}")
    argument = reading.argument(flag)
    assert (argument.text, argument.unknown) == ("$(KUBE_OIDC_URL)", "$(KUBE_OIDC_URL)")
    assert "ANSIBLE_VAULT" not in str(reading.problems)
    assert reading.messages("1", "2") == []


ALL = """\
kube_version: 1.35.4
kube_apiserver_enable_admission_plugins: [PodSecurity, EventRateLimit, ResourceQuota, PodNodeSelector]
kube_apiserver_admission_event_rate_limits: {a: {type: Namespace, qps: 50, burst: 100, cache_size: 2000}}
kube_apiserver_admission_control_config_file: true
kube_pod_security_use_default: true
kubernetes_audit: true
kubernetes_audit_webhook: true
kube_oidc_auth: true
kube_oidc_url: https://a.test
kube_oidc_client_id: b
kube_encrypt_secret_data: true
kube_token_auth: true
kube_webhook_token_auth: true
kube_webhook_authorization: true
authorization_modes: [Node, RBAC, Webhook]
kube_apiserver_tracing: true
etcd_events_cluster_enabled: true
"""
OF_HOSTS = ("access_ip", "ip", "ip6", "kube_apiserver_address", "etcd_access_addresses", "tls_min_version")
DECIDED = {"kube_version", "kube_major_version", "inventory_hostname"}


@pytest.mark.parametrize("text", ["kube_version: 1.35.4\n", ALL], ids=["defaults", "all"])
@pytest.mark.parametrize("name", sorted({*defaults_for("1.35.4", "cp1"), *OF_HOSTS} - DECIDED))
def test_any_variable_may_be_a_template(name: str, text: str) -> None:
    """What depends on it is unknown, or the note names it; nothing is refused."""
    lines = [line for line in text.splitlines() if not line.startswith(f"{name}:")]
    changed = "\n".join([*lines, f'{name}: "{{{{ other }}}}"', ""])
    reading, before = of(changed), of("\n".join([*lines, ""]))
    for each in reading.server.arguments:
        assert each.unknown or not any(mark in each.text for mark in ("{{", "$("))
    names = {each.flag for each in reading.server.arguments if each.unknown}
    same = [word for word in reading.words if word[2:].partition("=")[0] not in names]
    assert set(same) <= {*before.words}
    assert examined(changed, "kubespray", "2.31.0").outcome == "accept"


def test_the_note_names_templates_that_turn_flags_on() -> None:
    text = "".join(f'{name}: "{{{{ x }}}}"\n' for name in ("kubernetes_audit", "kube_token_auth", "ipv4_stack"))
    assert (
        of(text)
        .messages("4")[0]
        .endswith("; kasc assumes the default of ipv4_stack, kube_token_auth, kubernetes_audit, which templates decide")
    )
    text += 'kube_oidc_auth: "{{ x }}"\nkube_kubeadm_apiserver_extra_args: "{{ x }}"\n'
    assert (
        of(text)
        .messages("4")[0]
        .endswith("of ipv4_stack, kube_kubeadm_apiserver_extra_args, kube_oidc_auth and 2 more, which templates decide")
    )
    assert of(text).values("service-cluster-ip-range") == ["10.233.0.0/18"]


def test_templates_in_paths_and_ports() -> None:
    reading = of('kube_config_dir: "{{ x }}"\nkubernetes_audit: true\nkube_apiserver_port: "{{ y }}"\n')
    policy = reading.argument("audit-policy-file")
    assert (policy.text, policy.unknown) == ("$(AUDIT_POLICY_FILE)", "$(AUDIT_POLICY_FILE)")
    assert reading.argument("client-ca-file").unknown == "$(KUBE_CERT_DIR)"
    assert (reading.argument("secure-port").text, reading.argument("secure-port").unknown) == (
        *("$(KUBE_APISERVER_PORT)", "$(KUBE_APISERVER_PORT)"),
    )


def test_unsafe_values_are_not_templates() -> None:
    reading = of("kube_oidc_auth: true\nkube_oidc_client_id: !unsafe '{{x}}'\nkube_oidc_url: https://a\n")
    assert reading.values("oidc-client-id") == ["{{x}}"]
    assert not any(each.code == "KASC-DOC-006" for each in reading.problems)


def test_structured_files() -> None:
    text = (
        "kube_version: 1.35.1\nkube_apiserver_use_authentication_config_file: true\n"
        "kube_apiserver_use_authorization_config_file: true\n"
        "kube_apiserver_authentication_config_jwt: [{issuer: {url: http://a, audiences: [b]}}]\n"
        "kube_apiserver_tracing: true\nkube_apiserver_tracing_sampling_rate_per_million: -1\n"
    )
    report = resolve(NAME, Settings(read_as="kubespray"), texts={NAME: text}).report
    errors = {each.location for each in report.diagnostics if each.severity == "error"}
    assert at(text, "http://a") in errors
    assert len(errors) > 1
    files = of(text).server.files
    assert set(files) == {
        "/etc/kubernetes/apiserver-authentication-config-v1.yaml",
        "/etc/kubernetes/apiserver-authorization-config-v1.yaml",
        "/etc/kubernetes/tracing/apiserver-tracing.yaml",
    }


def test_a_structured_file_with_a_template_is_not_checked() -> None:
    text = (
        "kube_apiserver_use_authentication_config_file: true\n"
        "kube_apiserver_authentication_config_jwt: \"{{ lookup('file', 'jwt.yml') }}\"\n"
    )
    reading = of(text)
    assert reading.server.files == {}
    assert reading.values("authentication-config") == ["/etc/kubernetes/apiserver-authentication-config-v1.yaml"]


def test_events_in_their_own_etcd() -> None:
    text = "etcd_events_cluster_enabled: true\n"
    assert of(text, address="").argument("etcd-servers-overrides").unknown
    assert of(text).values("etcd-servers-overrides") == [f"/events#https://{ADDRESS}:2383"]
    text += "etcd_events_access_addresses_semicolon: https://a:1;https://b:1\n"
    known = of(text, address="").argument("etcd-servers-overrides")
    assert (known.text, known.unknown) == ("/events#https://a:1;https://b:1", "")


def test_extra_arguments_in_another_variable() -> None:
    text = "args: {event-ttl: 2h, v: '{{ n }}'}\nn: 3\nkube_kubeadm_apiserver_extra_args: '{{ args }}'\n"
    reading = of(text)
    assert "2h" in reading.values("event-ttl")
    assert reading.values("v") == ["3"]


@pytest.mark.parametrize(
    ("variables", "path", "host"),
    [
        ("kubernetes_audit: true", f"/etc/kubernetes/{POLICY}", f"/etc/kubernetes/{POLICY}"),
        ("kubernetes_audit: true\naudit_policy_mountpath: /m\naudit_policy_file: /etc/p/p.yaml", "/m/a", "/etc/p/a"),
        ("kubernetes_audit: true\naudit_policy_hostpath: /h", "/h/a", "/h/a"),
        ("kubernetes_audit: true", "/var/log/audit/a", "/var/log/kubernetes/audit/a"),
        ("kubernetes_audit: true\naudit_log_path: /l/a", "/l/a", "/var/log/kubernetes/audit/a"),
        ("kubernetes_audit: true\naudit_log_mountpath: /l", "/l/a", "/var/log/kubernetes/audit/a"),
        ("apiserver_extra_volumes: [{name: a, hostPath: /a, mountPath: /b}]", "/b/c", "/a/c"),
    ],
)
def test_volumes(variables: str, path: str, host: str) -> None:
    system = of(f"{variables}\n").server.file_system
    assert system is not None
    assert system.host_path(path) == host


def test_the_admission_configuration() -> None:
    assert examined(SAMPLE.replace("type: Namespace", "type: Foo"), "kubespray").outcome == "reject"
    assert examined(SAMPLE.replace("enforce: baseline", "enforce: base"), "kubespray").outcome == "reject"


def test_event_rate_limits() -> None:
    changed = ALL.replace(", cache_size: 2000", "")
    assert examined(changed, "kubespray", "2.31.0").outcome == "accept"
    (file,) = [each for each in of(ALL).server.files.values() if each.flag == "admission-control-config-file"]
    limit = {"type": "Namespace", "qps": 50, "burst": 100, "cacheSize": 2000}
    assert file.content.plain()["plugins"][1]["configuration"]["limits"] == [limit]


def test_the_inventory_is_outside() -> None:
    assert of("{}").messages("4") == [
        "the inventory decides the hosts of the control plane and their names; kasc assumes one host, cp1"
    ]
    unknown = of("{}", address="")
    assert unknown.messages("4")[0].endswith("assumes one host, cp1, and its address is unknown")
    assert {each.flag for each in unknown.server.arguments if each.unknown} == {"advertise-address", "etcd-servers"}
    assert "/etc/ssl/etcd/ssl/node-cp1.pem" in unknown.server.generated
    codes = [each.code for each in unknown.problems]
    assert codes.count("KASC-INPUT-005") == 1
    assert (
        of("kubeadm_patches: [{target: kube-apiserver}]\n")
        .messages("4")[0]
        .endswith("; kubeadm_patches may change the Pod")
    )


def test_variables_of_a_host(tmp_path: Path) -> None:
    path = tmp_path / "host_vars" / "node-7.yml"
    path.parent.mkdir()
    path.write_text("ip: 192.0.2.9\nkube_apiserver_bind_address: 192.0.2.9\n")
    resolved = resolve(path, Settings(read_as="kubespray", release="2.31.0")).resolved
    assert resolved is not None
    (argument,) = resolved.context.flags.arguments["etcd-certfile"]
    assert argument.text == "/etc/ssl/etcd/ssl/node-node-7.pem"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kube_version: v1.35.4\n", '"v1.35.4" is not a version that Kubespray 2.31 installs'),
        ("kube_version: 1.35\n", '"1.35" is not a version that Kubespray 2.31 installs'),
        ("kube_version: 1.35.9\n", "Kubespray 2.31 does not install Kubernetes 1.35.9"),
        ("kube_version: 1.36.1\n", "Kubespray 2.31 does not install Kubernetes 1.36.1"),
        ("etcd_deployment_type: rkt\n", 'etcd_deployment_type "rkt" is not supported by Kubespray'),
        (
            "kube_service_addresses: 10.0\n",
            'kube_service_addresses "10.0" is not a network range: Kubespray rejects it',
        ),
        ("cloud_provider: aws\n", 'cloud_provider "aws" is not supported by Kubespray'),
        ("kube_apiserver_port: https\n", 'kube_apiserver_port "https" is not a number: kubeadm cannot read the file'),
        (
            "kube_kubeadm_apiserver_extra_args: [v=4]\n",
            "kube_kubeadm_apiserver_extra_args is not a mapping: Ansible cannot render kubeadm's configuration",
        ),
        (
            "kube_apiserver_bind_address: 'a\"b'\n",
            "the value of kube_apiserver_bind_address is not valid between double quotes: kubeadm cannot read the file",
        ),
        (
            "authorization_modes: Node,RBAC\n",
            "authorization_modes is a string: Kubespray joins its characters with commas, and the server refuses them",
        ),
        (
            "kube_apiserver_admission_control_config_file: true\n"
            "kube_apiserver_enable_admission_plugins: [ImagePolicyWebhook]\n",
            "Kubespray has no template for the configuration of ImagePolicyWebhook",
        ),
        ("a: 1\n---\nb: 1\n", "the file has more than one document: Ansible cannot read it"),
    ],
)
def test_refused(text: str, message: str) -> None:
    assert of(text).messages() == [message]
    assert examined(text, "kubespray", "2.31.0").outcome == "reject"


def test_webhook_authorization_without_the_mode() -> None:
    """Kubespray sets the file, and the server refuses it without the mode."""
    text = "kube_webhook_authorization: true\n"
    assert examined(text, "kubespray").outcome == "reject"
    assert examined(f"{text}authorization_modes: [Node, RBAC, Webhook]\n", "kubespray").outcome == "accept"


def test_not_a_mapping() -> None:
    with pytest.raises(KascError, match="not a mapping of variables"):
        of("- a\n")


def test_ignored_variables() -> None:
    text = "kube_apiserver_request_timeot: 5m\nkube_service_subnets: 10.0.0.0/8\napiserver_custom_flags: []\n"
    reading = of(text)
    assert reading.messages("2") == [
        'Kubespray ignores the unknown variable "kube_apiserver_request_timeot"',
        "Kubespray ignores kube_service_subnets: its roles set this variable",
        'Kubespray ignores the unknown variable "apiserver_custom_flags"',
    ]
    hints = [each.hint for each in reading.problems if each.code == "KASC-DIST-002"]
    assert hints[0] == "write kube_apiserver_request_timeout"
    assert hints[2] == "set the flag in kube_kubeadm_apiserver_extra_args"
    used = 'kube_oidc_host: a.test\nkube_oidc_url: "https://{{ kube_oidc_host }}"\n'
    assert of(used).messages("2") == []


def test_duplicate_variables() -> None:
    reading = of("kube_profiling: true\nkube_profiling: false\n")
    assert reading.values("profiling") == ["False"]
    assert len(reading.messages("2")) == 1


@pytest.mark.parametrize(
    ("release", "flags"),
    [
        ("2.28.1", {"apiserver-count": ["1"], "anonymous-auth": ["True"], "authentication-config": []}),
        ("2.31.0", {"apiserver-count": ["1"], "anonymous-auth": []}),
        ("46dbdd3994b3", {"apiserver-count": [], "anonymous-auth": []}),
    ],
)
def test_releases(release: str, flags: dict[str, list[str]]) -> None:
    reading = of("kube_apiserver_use_authentication_config_file: true\n", release)
    assert {flag: reading.values(flag) for flag in flags} == flags


@pytest.mark.parametrize(
    ("version", "release"), [("1.36.1", "2.32"), ("1.35.2", "2.31"), ("1.32.5", "2.30"), ("1.31.1", "2.29")]
)
def test_the_assumed_release_supports_the_version(version: str, release: str) -> None:
    reading = of(f"kube_version: {version}\n", "")
    assert reading.messages("3") == [f"the file does not name its Kubespray version; assuming Kubespray {release}"]
    assert reading.messages("1") == []
    assert reading.server.version == version


def test_data() -> None:
    assert default_version((2, 31, 0)) == "1.35.4"
    assert assumed_release(None) == (2, 31, 0)
    assert supported((2, 31, 1)) == (supported((2, 31, 0))[0], False)
    assert supported((2, 0, 0)) == (supported((2, 28, 0))[0], False)
    assert known_variables((2, 30, 0)) < known_variables((2, 31, 0))
    assert of("kube_version: 1.35.9\n", "2.31.1").messages() == []


@given(seed=st.integers(0, 10**9), release=st.sampled_from(("", "2.28.1", "2.0", "x")))
def test_changed_files_raise_nothing_else(seed: int, release: str) -> None:
    with contextlib.suppress(KascError):
        of(mutated(SAMPLE, seed), release)


@given(st.text(alphabet="{}% a_k\"'\\\n:-[]!", max_size=60))
def test_any_value_raises_nothing_else(text: str) -> None:
    with contextlib.suppress(KascError):
        of(f"kube_apiserver_bind_address: {text}\n")
