"""ClusterConfig of k0s: the arguments of the kube-apiserver of a controller, which k0s runs as a process.

k0s: pkg/component/controller/apiserver.go, buildSupervisor; cmd/controller/controller.go. The options of
`k0s controller` are not in the file: kasc assumes none.
"""

from __future__ import annotations

from functools import partial

from compiler import rules
from compiler.diagnostics import Diagnostic, KascError, diagnose
from compiler.inputs import ServerInput, UnreadableFileError
from compiler.inputs.arguments import Word
from compiler.inputs.dialects import Request
from compiler.inputs.dialects.backports import Release
from compiler.inputs.dialects.k0s.checks import check_cluster
from compiler.inputs.dialects.k0s.cluster import Cluster
from compiler.inputs.dialects.k0s.fields import field
from compiler.inputs.dialects.k0s.gates import GATES, feature_gates
from compiler.inputs.dialects.words import given
from compiler.inputs.importers.pod import version_of
from compiler.inputs.source import parse_as_server
from compiler.inputs.source.characters import place_in
from compiler.inputs.source.node import Node, Source, find, items_of, text_of
from compiler.upstream.go.strconv import InvalidValueError, format_duration, parse_duration

_PKI = "/var/lib/k0s/pki"
_FILES = {
    "client-ca-file": "ca.crt",
    "kubelet-certificate-authority": "ca.crt",
    "kubelet-client-certificate": "apiserver-kubelet-client.crt",
    "kubelet-client-key": "apiserver-kubelet-client.key",
    "proxy-client-cert-file": "front-proxy-client.crt",
    "proxy-client-key-file": "front-proxy-client.key",
    "requestheader-client-ca-file": "front-proxy-ca.crt",
    "service-account-key-file": "sa.pub",
    "service-account-signing-key-file": "sa.key",
    "tls-cert-file": "server.crt",
    "tls-private-key-file": "server.key",
}
_VALUES = {
    "api-audiences": "https://kubernetes.default.svc,system:konnectivity-server",
    "authorization-mode": "Node,RBAC",
    "egress-selector-config-file": "/var/lib/k0s/konnectivity.conf",
    "enable-admission-plugins": "NodeRestriction",
    "enable-bootstrap-token-auth": "true",
    "kubelet-preferred-address-types": "InternalIP,ExternalIP,Hostname",
    "profiling": "false",
    "requestheader-allowed-names": "front-proxy-client",
    "service-account-issuer": "https://kubernetes.default.svc",
    "service-account-jwks-uri": "https://kubernetes.default.svc/openid/v1/jwks",
    "tls-min-version": "VersionTLS12",
    "v": "1",
}
# Set if the user does not set them, or sets them to nothing.
_IF_EMPTY = {
    "allow-privileged": "true",
    "anonymous-auth": "false",
    "requestheader-extra-headers-prefix": "X-Remote-Extra-",
    "requestheader-group-headers": "X-Remote-Group",
    "requestheader-username-headers": "X-Remote-User",
    "secure-port": "6443",
    "tls-cipher-suites": (
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,"
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,"
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"
    ),
}
_ETCD_FILES = {
    "etcd-cafile": ("caFile", f"{_PKI}/etcd/ca.crt"),
    "etcd-certfile": ("clientCertFile", f"{_PKI}/apiserver-etcd-client.crt"),
    "etcd-keyfile": ("clientKeyFile", f"{_PKI}/apiserver-etcd-client.key"),
}
_EXTERNAL = "storage.etcd.externalCluster"
_MANAGED = "https://127.0.0.1:2379"
_KINE = "unix:/run/k0s/kine/kine.sock:2379"
_EXTRA, _RAW = "api.extraArgs", "api.rawArgs"
_RECONCILER = "endpoint-reconciler-type"
_GRACE = "shutdown-watch-termination-grace-period"
_SECOND = 1_000_000_000
_ADDRESS, _PORT, _SERVICES = "api.address", "api.port", "network.serviceCIDR"
_SETTINGS = {
    "advertise-address": _ADDRESS,
    "bind-address": "api.onlyBindToAddress",
    "etcd-servers": f"{_EXTERNAL}.endpoints",
    "secure-port": _PORT,
    "service-cluster-ip-range": _SERVICES,
}
# Changes -> the releases since which they apply.
_WITH_RAW = ("1.34.0",)
_WITHOUT_LOAD_BALANCING = ("1.32.0",)
_WITH_GRACE = ("1.36.0",)
_ANONYMOUS_IN_FILE = ("1.36.3+k0s.1",)


def read(request: Request) -> ServerInput:
    """Return the kube-apiserver that `k0s controller` runs with a file."""
    root, path = _cluster_config(request)
    version = text_of(find(request.roots[0], "spec", "k0s", "version")) if path else ""
    release = Release(request.release or request.version or version)
    cluster = Cluster(request, root, path, release)
    check_cluster(cluster)
    words = _command(cluster)
    _report_release(cluster)
    request.problems.extend(cluster.problems)
    users = {word.text[2:].partition("=")[0] for word in words if not word.origin}
    fixed = {word.text[2:].partition("=")[0] for word in _etcd(cluster)}
    return request.server(
        words,
        name=text_of(field(root, "metadata", "name")),
        start=cluster.start,
        version=version_of(f":{request.release or version}"),
        fixed_flags=frozenset(fixed),
        settings={flag: f"{path}spec.{name}" for flag, name in _SETTINGS.items() if flag not in users},
    )


def _cluster_config(request: Request) -> tuple[Node | None, str]:
    """Return the ClusterConfig and the path of the mapping that has it. k0s reads the first document only.

    The file may be that of k0sctl, which has the ClusterConfig below spec.k0s.config.
    """
    if not request.roots:
        return None, ""
    root = request.roots[0]
    if text_of(root.get("apiVersion")).startswith("k0sctl."):
        hosts = find(root, "spec", "hosts")
        if hosts is not None and any(map(_has_options, items_of(hosts))):
            message = "the options with which k0sctl installs the controllers are not read"
            hint = "compare with the options of k0s controller on the hosts"
            request.decided_outside(message, hint, root.at(("spec",)).key_location("hosts"), "spec.hosts")
        return find(root, "spec", "k0s", "config"), "spec.k0s.config."
    own = [each for each in request.roots if text_of(each.get("kind")) == "ClusterConfig"]
    return (own[0] if own else root), ""


def _has_options(host: Node) -> bool:
    """Return whether k0sctl runs a controller with options on a host."""
    role = text_of(host.get("role"))
    return role == "single" or (role.startswith("controller") and bool(items_of(host.get("installFlags"))))


def _command(cluster: Cluster) -> list[Word]:
    """Return the command line. k0s writes the flags before the raw arguments in random order, here sorted."""
    words = _own_flags(cluster)
    for name, value, node, at, path in cluster.entries(_EXTRA):
        words[name] = given(name, node if value else value, path, at, node.location)
    gates = feature_gates(cluster, words.get(GATES))
    if gates is not None:
        words[GATES] = gates
    for flag, value in _IF_EMPTY.items():
        if not _value(words.get(flag)) and not (flag == "anonymous-auth" and _is_anonymous_in_file(cluster, words)):
            words[flag] = cluster.set_by(flag, value)
    if _reconciles_endpoints(cluster):
        _report_replaced(cluster, words.get(_RECONCILER))
        words[_RECONCILER] = cluster.set_by(_RECONCILER, "none", "api.externalAddress")
    if _GRACE not in words and cluster.release.has(_WITH_GRACE):
        words[_GRACE] = cluster.set_by(_GRACE, format_duration(_grace(words)))
    etcd = _etcd(cluster)
    for word in etcd[1:]:
        _report_replaced(cluster, words.get(word.text[2:].partition("=")[0]))
    return [*(words[name] for name in sorted(words)), *_raw(cluster), *etcd]


def _own_flags(cluster: Cluster) -> dict[str, Word]:
    """Return the flags that extraArgs override."""
    own = {flag: cluster.set_by(flag, value) for flag, value in _VALUES.items()}
    own |= {flag: cluster.set_by(flag, f"{_PKI}/{name}") for flag, name in _FILES.items()}
    own["advertise-address"] = cluster.address_word("advertise-address", _ADDRESS)
    own["secure-port"] = cluster.set_by("secure-port", str(cluster.number(_PORT, 6443)), _PORT)
    dual = "network.dualStack.IPv6serviceCIDR"
    flag = "service-cluster-ip-range"
    own[flag] = cluster.set_by(flag, cluster.service_ranges, _SERVICES, dual)
    if cluster.boolean("api.onlyBindToAddress"):
        own["bind-address"] = cluster.address_word("bind-address", "api.onlyBindToAddress")
    return own


def _value(word: Word | None) -> str:
    return word.text.partition("=")[2] if word is not None else ""


def _is_anonymous_in_file(cluster: Cluster, words: dict[str, Word]) -> bool:
    """Return whether the authentication configuration decides on anonymous requests.

    k0s: pkg/component/controller/apiserver.go, authenticationConfigHasAnonymous.
    """
    word = words.get("authentication-config")
    path = _value(word)
    if word is None or not path or not cluster.release.has(_ANONYMOUS_IN_FILE):
        return False
    try:
        data = cluster.request.host.read(path)
    except UnreadableFileError:
        return False
    if data is None:
        message = f"k0s sets --anonymous-auth=false only if {path} has no field anonymous; kasc assumes that"
        where = word.location or cluster.start
        cluster.request.decided_outside(message, "pass --files-root or --file-map", where, word.path)
        return False
    problems: list[Diagnostic] = []
    try:
        root = parse_as_server(Source(path, data.decode(errors="replace")), problems, recognized=False)
    except KascError:
        return False
    return field(root, "anonymous") is not None


def _reconciles_endpoints(cluster: Cluster) -> bool:
    """Return whether k0s reconciles the endpoints of the server. k0s: cmd/controller/controller.go, start."""
    balances = cluster.boolean("network.controlPlaneLoadBalancing.enabled")
    return bool(cluster.text("api.externalAddress")) and not (balances and cluster.release.has(_WITHOUT_LOAD_BALANCING))


def _grace(words: dict[str, Word]) -> int:
    """Return the grace period of watches, from the timeout of requests."""
    try:
        timeout = parse_duration(_value(words.get("request-timeout")))
    except InvalidValueError:
        timeout = 60 * _SECOND
    return max(5 * _SECOND, min(max(timeout, 0) + 2 * _SECOND, 20 * _SECOND)) - 2 * _SECOND


def _raw(cluster: Cluster) -> list[Word]:
    """Return the raw arguments, which are passed as they are."""
    if not cluster.release.has(_WITH_RAW):
        return []
    return [Word(text, node.location, path, partial(place_in, node)) for text, node, path in cluster.strings(_RAW)]


def _etcd(cluster: Cluster) -> list[Word]:
    """Return the flags of etcd, the last ones. k0s: pkg/component/controller/apiserver.go, getEtcdArgs."""
    if cluster.text("storage.type") == "kine":
        return [cluster.set_by("etcd-servers", _KINE, "storage.type")]
    if cluster.node(_EXTERNAL) is None:
        words = [cluster.set_by("etcd-servers", _MANAGED, "storage.type")]
        return words + [cluster.set_by(flag, path) for flag, (_, path) in _ETCD_FILES.items()]
    name = f"{_EXTERNAL}.endpoints"
    servers = ",".join(text for text, _, _ in cluster.strings(name))
    words = [cluster.set_by("etcd-servers", servers or _MANAGED, name, _EXTERNAL)]
    names = {flag: f"{_EXTERNAL}.{name}" for flag, (name, _) in _ETCD_FILES.items()}
    if all(cluster.text(name) for name in names.values()):
        words += [cluster.set_by(flag, cluster.text(name), name) for flag, name in names.items()]
    name = f"{_EXTERNAL}.etcdPrefix"
    return [*words, cluster.set_by("etcd-prefix", cluster.text(name), name, _EXTERNAL)]


def _report_replaced(cluster: Cluster, word: Word | None) -> None:
    """Report a flag of the user that k0s overrides."""
    if word is not None and not word.origin:
        name = word.path.removeprefix(f"{cluster.path}spec.")
        node = next((node for _, _, node, _, path in cluster.entries(_EXTRA) if path == word.path), None)
        flag = word.text.partition("=")[0]
        cluster.ignore(name, f"k0s overrides {flag}: this value has no effect", "remove it", node)


def _report_release(cluster: Cluster) -> None:
    release = cluster.release
    if release.doubtful:
        message = f"the patches of k0s {release.text} differ; assuming the newest"
        hint = f"pass --as k0s@VERSION, for example {release.text}.1+k0s.0"
        cluster.problems.append(diagnose(rules.DISTRIBUTION_VERSION_ASSUMED, message, hint, location=cluster.start))
