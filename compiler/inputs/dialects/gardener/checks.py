"""What Gardener rejects in spec.kubernetes.kubeAPIServer of a Shoot.

Gardener: pkg/api/core/validation/shoot.go, ValidateKubeAPIServer; pkg/utils/validation.
"""

from __future__ import annotations

from collections.abc import Iterator

from compiler import rules
from compiler.diagnostics import Diagnostic, Location, diagnose
from compiler.inputs.dialects.gardener.fields import (
    CONFIGURABLE_PLUGINS,
    KUBECONFIG_PLUGINS,
    REQUIRED_APIS,
    REQUIRED_PLUGINS,
)
from compiler.inputs.source.node import Node, find, items_of, text_of
from compiler.text import shown, shown_bare
from compiler.upstream.catalog.facts import minor_of
from compiler.upstream.go.net import parse_url
from compiler.upstream.go.strconv import parse_duration

_LIMITS = {
    "requests.maxNonMutatingInflight": (0, 5000),
    "requests.maxMutatingInflight": (0, 2500),
    "logging.verbosity": (0, None),
    "logging.httpAccessVerbosity": (0, None),
    "defaultNotReadyTolerationSeconds": (0, None),
    "defaultUnreachableTolerationSeconds": (0, None),
    "watchCacheSizes.default": (0, None),
}
"""Field -> its smallest and largest value."""
_HOUR = 3600 * 10**9
_DURATIONS = {"eventTTL": (0, 24, "24h"), "serviceAccountConfig.maxTokenExpiration": (720, 2160, "2160h (90 days)")}
"""Field -> its smallest and largest number of hours; zero is always accepted."""
_REMOVED = {
    "enableAnonymousAuthentication": ("1.35", "configure anonymous requests in structuredAuthentication"),
    "watchCacheSizes.default": ("1.35", "remove it: the server sizes its caches itself"),
}
"""Field -> the Kubernetes version from which on Gardener rejects it, and what to do instead."""
_STRUCTURED = {
    "structuredAuthentication": "StructuredAuthenticationConfiguration",
    "structuredAuthorization": "StructuredAuthorizationConfiguration",
}
_TLS_VERSIONS = ("VersionTLS12", "VersionTLS13")
_PROVIDERS = ("aescbc", "aesgcm", "secretbox")
_ALWAYS_ENCRYPTED = "secrets"
_NOT_STORED = ("apiserveripinfo", "serviceipallocations", "servicenodeportallocations")


def check_server(
    server: Node, path: str, version: str | None, workers: bool, unusable: set[str], problems: list[Diagnostic]
) -> None:
    """Report what Gardener rejects; values at the paths in `unusable` are skipped."""
    problems += _Checks(server, path, version, workers, unusable).all()


class _Checks:
    def __init__(self, server: Node, path: str, version: str | None, workers: bool, unusable: set[str]) -> None:
        self.server = server
        self.path = path
        self.minor = minor_of(version) if version is not None else None
        self.workers = workers
        self.unusable = unusable

    def all(self) -> Iterator[Diagnostic]:
        yield from self._removed()
        yield from self._numbers()
        yield from self._durations()
        yield from self._plugins()
        yield from self._apis()
        yield from self._structured()
        yield from self._watch_caches()
        yield from self._encryption()
        yield from self._issuers()
        yield from self._texts()

    def field(self, path: str) -> Node | None:
        node = find(self.server, *path.split("."))
        whole = f"{self.path}.{path}"
        broken = any(whole == each or whole.startswith((f"{each}.", f"{each}[")) for each in self.unusable)
        return node if node is not None and node.value is not None and not broken else None

    def problem(self, message: str, hint: str, path: str, where: Location) -> Diagnostic:
        whole = f"{self.path}.{path}"
        return diagnose(rules.REFUSED_BY_DISTRIBUTION, f"Gardener rejects {message}", hint, path=whole, location=where)

    def _removed(self) -> Iterator[Diagnostic]:
        for path, (since, hint) in _REMOVED.items():
            node = self.field(path)
            if node is not None and self.minor is not None and self.minor >= minor_of(since):
                yield self.problem(f"{path} for Kubernetes {since} and later", hint, path, node.location)

    def _numbers(self) -> Iterator[Diagnostic]:
        for path, (least, most) in _LIMITS.items():
            node = self.field(path)
            value = node.value if node is not None else None
            if node is None or not isinstance(value, int):
                continue
            if value < least or (most is not None and value > most):
                hint = f"write a number from {least} to {most}" if most is not None else f"write at least {least}"
                yield self.problem(f"{path.rpartition('.')[2]}: {shown_bare(node.text)}", hint, path, node.location)

    def _durations(self) -> Iterator[Diagnostic]:
        for path, (least, most, limit) in _DURATIONS.items():
            node = self.field(path)
            hours = parse_duration(text_of(node)) / _HOUR if node is not None else 0
            if node is not None and hours and not least <= hours <= most:
                span = f"{least}h to {limit}" if least else f"at most {limit}"
                message = f"{path.rpartition('.')[2]}: {shown_bare(text_of(node))}"
                yield self.problem(message, f"write {span}", path, node.location)

    def _plugins(self) -> Iterator[Diagnostic]:
        for index, plugin in enumerate(items_of(self.field("admissionPlugins"))):
            path = f"admissionPlugins[{index}]"
            node = plugin.get("name")
            name = text_of(node)
            if node is None or not name:
                yield self.problem("an admission plugin without a name", "add the name", path, plugin.location)
                continue
            off, config, kubeconfig = plugin.get("disabled"), plugin.get("config"), plugin.get("kubeconfigSecretName")
            if off is not None and off.value is True and name in REQUIRED_PLUGINS:
                hint = "remove it: clusters of Gardener need this plugin"
                yield self.problem(f"disabling the admission plugin {name}", hint, f"{path}.disabled", off.location)
            if config is not None and config.value and name not in CONFIGURABLE_PLUGINS:
                message = f"a configuration of {shown_bare(name)}, which reads none"
                yield self.problem(message, "remove it", f"{path}.config", config.location)
            if kubeconfig is not None and kubeconfig.value is not None and name not in KUBECONFIG_PLUGINS:
                message = f"a kubeconfig of {shown_bare(name)}, which reads none"
                yield self.problem(message, "remove it", f"{path}.kubeconfigSecretName", kubeconfig.location)

    def _apis(self) -> Iterator[Diagnostic]:
        node = self.field("runtimeConfig")
        values = node.value if node is not None and isinstance(node.value, dict) else {}
        required = REQUIRED_APIS[self.workers]
        for api, value in values.items():
            whole = api.rpartition("/")[0]
            needed = api in required or whole in required or any(each.startswith(f"{api}/") for each in required)
            if value.value is False and needed and node is not None:
                hint = "remove it: clusters of Gardener need this API"
                yield self.problem(f"disabling {shown_bare(api)}", hint, f"runtimeConfig.{api}", value.location)

    def _structured(self) -> Iterator[Diagnostic]:
        gates = self.field("featureGates")
        for path, gate in _STRUCTURED.items():
            node = self.field(path)
            if node is None:
                continue
            value = gates.get(gate) if gates is not None else None
            if value is not None and value.value is False:
                message = f"{path}, since the feature gate {gate} is disabled"
                yield self.problem(message, f"remove {path}, or enable the gate", path, node.location)
            if not text_of(node.get("configMapName")):
                hint = "write the name of a ConfigMap in the namespace of the Shoot"
                yield self.problem(f"{path} without configMapName", hint, path, node.location)
            elif path == "structuredAuthorization" and not items_of(node.get("kubeconfigs")):
                hint = "add the Secret with the kubeconfig of each authorizer"
                yield self.problem(f"{path} without kubeconfigs", hint, path, node.location)

    def _watch_caches(self) -> Iterator[Diagnostic]:
        for index, item in enumerate(items_of(self.field("watchCacheSizes.resources"))):
            path = f"watchCacheSizes.resources[{index}]"
            for key, bad in (("resource", ",. #"), ("apiGroup", ", #")):
                node = item.get(key)
                text = text_of(node)
                if key == "resource" and not text:
                    yield self.problem("a watch cache size without a resource", "add it", path, item.location)
                elif node is not None and (text != text.lower() or any(mark in text for mark in bad)):
                    hint = "write it in lowercase, without commas, spaces and '#'"
                    yield self.problem(f"{key}: {shown(text)}", hint, f"{path}.{key}", node.location)
            size = item.get("size")
            if size is not None and isinstance(size.value, int) and size.value < 0:
                yield self.problem(f"size: {size.value}", "write at least 0", f"{path}.size", size.location)

    def _encryption(self) -> Iterator[Diagnostic]:
        provider = self.field("encryptionConfig.provider.type")
        if provider is not None and text_of(provider) not in _PROVIDERS:
            path, hint = "encryptionConfig.provider.type", f"write {', '.join(_PROVIDERS[:-1])} or {_PROVIDERS[-1]}"
            yield self.problem(f"the encryption provider {shown(text_of(provider))}", hint, path, provider.location)
        known: set[str] = set()
        for index, item in enumerate(items_of(self.field("encryptionConfig.resources"))):
            text, path = text_of(item), f"encryptionConfig.resources[{index}]"
            reason = _not_encrypted(text) or ("duplicate" if text in known else "")
            known.add(text)
            if reason:
                yield self.problem(f"encrypting {shown(text)}: {reason}", "remove it", path, item.location)

    def _issuers(self) -> Iterator[Diagnostic]:
        path = "serviceAccountConfig"
        issuer = self.field(f"{path}.issuer")
        nodes = [(issuer, f"{path}.issuer")] if issuer is not None else []
        accepted = items_of(self.field(f"{path}.acceptedIssuers"))
        nodes += [(node, f"{path}.acceptedIssuers[{index}]") for index, node in enumerate(accepted)]
        known: set[str] = set()
        for node, place in nodes:
            text = text_of(node)
            url = parse_url(text)
            if url is None or url.scheme != "https" or not url.host or any(mark in text for mark in "?#@"):
                hint = "write a URL with the scheme https, without user, query and fragment"
                yield self.problem(f"the issuer {shown(text)}", hint, place, node.location)
            elif text in known:
                yield self.problem(f"the duplicate issuer {shown(text)}", "remove it", place, node.location)
            known.add(text)

    def _texts(self) -> Iterator[Diagnostic]:
        version = self.field("tlsMinVersion")
        if version is not None and text_of(version) not in _TLS_VERSIONS:
            hint = f"write {' or '.join(_TLS_VERSIONS)}"
            yield self.problem(f"tlsMinVersion: {shown(text_of(version))}", hint, "tlsMinVersion", version.location)
        known: set[str] = set()
        for index, item in enumerate(items_of(self.field("apiAudiences"))):
            text = text_of(item)
            if text in known or "," in text:
                reason = "the duplicate audience" if text in known else "a comma in the audience"
                yield self.problem(f"{reason} {shown(text)}", "remove it", f"apiAudiences[{index}]", item.location)
            known.add(text)


def _not_encrypted(resource: str) -> str:
    """Return why Gardener rejects a resource to encrypt, empty if it does not."""
    group = resource.partition(".")[2]
    if resource == _ALWAYS_ENCRYPTED:
        return "it is always encrypted"
    if resource != resource.lower():
        return "it is not in lowercase"
    if resource in _NOT_STORED:
        return "it has no REST API"
    if resource.endswith(".") or "*" in resource:
        return "wildcards and a trailing period are not supported"
    if group == "events.k8s.io":
        return 'events are stored as "events"'
    return "the group extensions was removed" if group == "extensions" else ""
