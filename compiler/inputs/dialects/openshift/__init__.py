"""KubeAPIServerConfig of OpenShift: the flags that its kube-apiserver sets from --openshift-config.

OpenShift: openshift-kube-apiserver/openshiftkubeapiserver/flags.go, ConfigToFlags; configdefault, defaults.
"""

from __future__ import annotations

import os

from compiler import rules
from compiler.diagnostics import KascError, Location, diagnose
from compiler.filesystem import Disk
from compiler.inputs import InlineFile, ServerInput
from compiler.inputs.arguments import Word
from compiler.inputs.dialects import Request
from compiler.inputs.dialects.fields import Reader, check_fields
from compiler.inputs.dialects.openshift.config import TITLE, Config
from compiler.inputs.dialects.openshift.fields import CIPHERS, CONFIG, KUBERNETES, NEWEST, UNUSED
from compiler.inputs.dialects.openshift.only import upstream_words
from compiler.inputs.dialects.releases import Release, release_of
from compiler.inputs.dialects.synthetic import node_at
from compiler.inputs.dialects.words import NODE_ADDRESS, given, set_by
from compiler.inputs.source.node import find, items_of, text_of
from compiler.text import shown
from compiler.upstream.catalog.facts import minor_of

_ARGUMENTS = "apiServerArguments"
_ADMISSION = "/tmp/kubeapiserver-admission-config.yaml"
MAX_LISTED = 100
"""Maximum number of files of a directory that become arguments."""
_POLICY = "openshift.local.audit/policy.yaml"
_KEYS = "/etc/kubernetes/static-pod-resources/configmaps/sa-token-signing-certs"
_AUDIT_NUMBERS = {
    "audit-log-maxbackup": "maximumRetainedFiles",
    "audit-log-maxsize": "maximumFileSizeMegabytes",
    "audit-log-maxage": "maximumFileRetentionDays",
}
_POD = {"advertise-address": NODE_ADDRESS, "v": "2", "permit-address-sharing": "true"}
"""Flags of the static Pod, which the command line has before those of the file."""


def read(request: Request) -> ServerInput:
    """Read the first KubeAPIServerConfig of a file."""
    configs = [root for root in request.roots if text_of(root.get("kind")) == "KubeAPIServerConfig"]
    if not configs:
        message = "the file has no KubeAPIServerConfig, so OpenShift starts no kube-apiserver"
        where = Location(request.source.name, 1, 1, 1, 2)
        hint = "pass a KubeAPIServerConfig of kubecontrolplane.config.openshift.io/v1"
        raise KascError(diagnose(rules.REFUSED_BY_DISTRIBUTION, message, hint, location=where))
    root = configs[0]
    for other in configs[1:2]:
        message, where = "only the first KubeAPIServerConfig of a file is read", other.key_location("kind")
        hint = "merge the files, as the operator does, and check the result"
        request.problems.append(diagnose(rules.IGNORED_BY_DISTRIBUTION, message, hint, location=where))
    release, version = _release(request, root.key_location("kind"))
    unusable = check_fields(root, CONFIG, "", request.problems, Reader(TITLE))
    config = Config(request, root, release, unusable)
    _report_unused(config)
    flags = _flags(config)
    files = _files(config, flags)
    words = [word for flag in sorted(flags) for word in flags[flag]]
    if "advertise-address" not in flags:
        words = [*_of_pod(config, flags), *words]
    words = upstream_words(words, request.version or version, config.start, request)
    return request.server(words, start=config.start, version=version, inline=files)


def _release(request: Request, start: Location) -> tuple[Release, str]:
    """Return the release, and its Kubernetes version: those of `--as`, or the newest for a Kubernetes version."""
    wanted = release_of(request.release)
    if not request.release:
        minor = minor_of(request.version) if request.version is not None else minor_of(KUBERNETES[-1][1])
        fitting = [release for release, version in KUBERNETES if minor_of(version) == minor]
        wanted = fitting[-1] if fitting else NEWEST
        request.assume_release(".".join(map(str, wanted[:2])), location=start)
    release = wanted or NEWEST
    versions = [version for since, version in KUBERNETES if since <= release]
    return release, versions[-1] if versions else KUBERNETES[0][1]


def _report_unused(config: Config) -> None:
    """Report fields that have no effect: those of OpenShift 3, which flags replaced."""
    arguments = find(config.root, _ARGUMENTS)
    for path, flag in UNUSED.items():
        node = config.field(path)
        items = items_of(arguments.get(flag)) if arguments is not None else []
        if node is None or [text_of(item) for item in items] == [text_of(node)]:
            continue
        message = f"OpenShift ignores {path}"
        hint = f"set {_ARGUMENTS}.{flag} instead"
        problem = diagnose(rules.IGNORED_BY_DISTRIBUTION, message, hint, path=path, location=config.key(path))
        config.request.problems.append(problem)


def _flags(config: Config) -> dict[str, list[Word]]:
    """Return the words of each flag: those of apiServerArguments, and of the fields for any other flag."""
    flags = _arguments(config)

    def default(flag: str, words: list[Word]) -> None:
        flags.setdefault(flag, words)

    host, port = _bind_address(config)
    default("admission-control-config-file", [set_by("admission-control-config-file", _ADMISSION, config.start, TITLE)])
    for flag, words in _audit(config).items():
        default(flag, words)
    default("bind-address", [host])
    default("cors-allowed-origins", config.each("cors-allowed-origins", "corsAllowedOrigins"))
    default("secure-port", [port])
    if "service-account-key-file" not in flags:
        flags["service-account-key-file"] = _public_keys(config)
    default("service-cluster-ip-range", config.text("service-cluster-ip-range", "servicesSubnet", "10.0.0.0/24"))
    ciphers = next(names for span, names in CIPHERS if span.covers(config.release))
    default("tls-cipher-suites", config.each("tls-cipher-suites", "servingInfo.cipherSuites", ciphers))
    default("tls-min-version", config.text("tls-min-version", "servingInfo.minTLSVersion", "VersionTLS12"))
    default("tls-sni-cert-key", _named_certificates(config))
    return flags


def _arguments(config: Config) -> dict[str, list[Word]]:
    node = config.field(_ARGUMENTS)
    values = node.value if node is not None and isinstance(node.value, dict) else {}
    flags: dict[str, list[Word]] = {}
    for flag, items in values.items():
        path = f"{_ARGUMENTS}.{flag}"
        name_at = config.key(path) if node is None else node.key_location(flag)
        usable = path not in config.unusable
        words = [
            given(flag, item, f"{path}[{index}]", name_at)
            for index, item in enumerate(items_of(items) if usable else ())
            if f"{path}[{index}]" not in config.unusable
        ]
        if words:
            flags[flag] = words
    return flags


def _bind_address(config: Config) -> tuple[Word, Word]:
    """Return the address and the port of servingInfo.bindAddress. Go: net.SplitHostPort."""
    path = "servingInfo.bindAddress"
    node = config.field(path)
    if node is None:
        return set_by("bind-address", "0.0.0.0", config.start, TITLE), set_by(
            "secure-port", "6443", config.start, TITLE
        )
    host, colon, port = text_of(node).rpartition(":")
    bare = host.removeprefix("[").removesuffix("]") if host.startswith("[") and host.endswith("]") else host
    if not colon or (":" in bare and bare == host) or "[" in bare or "]" in bare or "]" in port:
        message = f"{shown(text_of(node))} is not a valid address with a port: OpenShift cannot start"
        hint = "write ADDRESS:PORT, for example 0.0.0.0:6443, with an IPv6 address in brackets"
        problem = diagnose(rules.REFUSED_BY_DISTRIBUTION, message, hint, path=path, location=node.location)
        config.request.problems.append(problem)
        bare, port = "0.0.0.0", "6443"
    at = config.key(path)
    return given("bind-address", bare, path, at, node.location), given("secure-port", port, path, at, node.location)


def _audit(config: Config) -> dict[str, list[Word]]:
    """Return the audit flags of auditConfig. OpenShift: configflags/audit.go, AuditFlags."""
    base = "auditConfig"
    enabled = config.field(f"{base}.enabled")
    if enabled is None or enabled.value is not True:
        return {}
    flags = {flag: config.text(flag, f"{base}.{key}", "0") for flag, key in _AUDIT_NUMBERS.items()}
    flags["audit-log-path"] = config.text("audit-log-path", f"{base}.auditFilePath", "-")
    inline = config.field(f"{base}.policyConfiguration")
    if config.field(f"{base}.policyFile") is not None or inline is not None:
        flags["audit-policy-file"] = config.text("audit-policy-file", f"{base}.policyFile", _POLICY)
    for flag, key in (("audit-log-format", "logFormat"), ("audit-webhook-mode", "webHookMode")):
        if config.field(f"{base}.{key}") is not None:
            flags[flag] = config.text(flag, f"{base}.{key}")
    flags["audit-webhook-config-file"] = config.text("audit-webhook-config-file", f"{base}.webHookKubeConfig")
    return flags


def _public_keys(config: Config) -> list[Word]:
    """Return the files of the public keys; a directory counts as the regular files in it.

    OpenShift: configdefault, ResolveDirectoriesForSATokenVerification.
    """
    flag, path = "service-account-key-file", "serviceAccountPublicKeyFiles"
    words = config.each(flag, path, (_KEYS,))
    resolved = [_files_of(config, flag, word) for word in words]
    unknown = [word for each in resolved for word in each if word.unknown]
    if unknown:
        message = f"the files in {unknown[0].unknown} are the keys that OpenShift trusts; they are unknown here"
        hint = "pass --files-root with the files of the server"
        config.request.decided_outside(message, hint, unknown[0].location or config.start, path)
    return [word for each in resolved for word in each]


def _files_of(config: Config, flag: str, word: Word) -> list[Word]:
    name = word.text.partition("=")[2]
    host = config.request.host
    local = host.local(name, directory=True)
    if local is None:
        is_file = name.endswith((".pub", ".key", ".pem", ".crt"))
        return [word if is_file else word._replace(unknown=name, origin=TITLE)]
    if not host.disk.is_directory(local):
        return [word]
    try:
        names = sorted(each for each in host.disk.names(local) if _is_file_in(local, each, host.disk))
    except OSError:
        return [word]
    where = word.location or config.start
    paths = [f"{name.rstrip('/')}/{each}" for each in names[:MAX_LISTED]]
    return [given(flag, path, word.path, where, where) for path in paths]


def _is_file_in(directory: str, name: str, disk: Disk) -> bool:
    """Return whether a name in a directory is a regular file, not a link."""
    path = os.path.join(directory, name)
    return disk.is_file(path) and disk.real(path) == os.path.join(disk.real(directory), name)


def _named_certificates(config: Config) -> list[Word]:
    flag, path = "tls-sni-cert-key", "servingInfo.namedCertificates"
    words = []
    for index, item in enumerate(items_of(config.field(path))):
        names = [text_of(name) for name in items_of(item.get("names"))]
        value = f"{text_of(item.get('certFile'))},{text_of(item.get('keyFile'))}"
        value += f":{','.join(names)}" if names else ""
        words.append(given(flag, value, f"{path}[{index}]", config.key(path), item.location))
    return words


def _of_pod(config: Config, flags: dict[str, list[Word]]) -> list[Word]:
    """Return the flags of the static Pod that the operator writes, unless the file replaces them."""
    address = config.request.host.address
    values = {**_POD, "advertise-address": address or NODE_ADDRESS}
    return [
        set_by(flag, value, config.start, TITLE, unknown=NODE_ADDRESS if value == NODE_ADDRESS else "")
        for flag, value in values.items()
        if flag not in flags
    ]


def _files(config: Config, flags: dict[str, list[Word]]) -> dict[str, InlineFile]:
    """Return the files that OpenShift writes from its configuration."""
    files = {}
    admission = flags["admission-control-config-file"][0]
    if admission.origin:
        content = node_at(_admission(config), config.root.source, config.start)
        files[_ADMISSION] = InlineFile("admission-control-config-file", _ADMISSION, content, False)
    field = "auditConfig.policyConfiguration"
    policy = config.field(field)
    names = flags.get("audit-policy-file", [])
    if policy is not None and names and not names[0].path.startswith(_ARGUMENTS):
        path = names[0].text.partition("=")[2]
        files[path] = InlineFile("audit-policy-file", path, policy, False, prefix=field)
    return files


def _admission(config: Config) -> dict[str, object]:
    """Return the AdmissionConfiguration, without the plugins that only OpenShift has."""
    node = config.field("admission.pluginConfig")
    values = node.value if node is not None and isinstance(node.value, dict) else {}
    plugins: list[dict[str, object]] = []
    for name in sorted(values):
        item = values[name]
        configuration, location = item.get("configuration"), item.get("location")
        if "/" in name or not isinstance(item.value, dict):
            continue
        entry: dict[str, object] = {"name": name}
        if text_of(location):
            entry["path"] = location
        if configuration is not None and configuration.value is not None:
            entry["configuration"] = configuration
        plugins.append(entry)
    return {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AdmissionConfiguration", "plugins": plugins}
