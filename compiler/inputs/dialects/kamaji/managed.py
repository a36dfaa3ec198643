"""The flags of kube-apiserver that Kamaji always sets. Kamaji: deployment.go, buildKubeAPIServerCommand."""

from __future__ import annotations

from compiler.diagnostics import Location
from compiler.inputs.arguments import Word
from compiler.inputs.dialects.fields import Reader, check_fields
from compiler.inputs.dialects.kamaji.fields import DATA_STORE
from compiler.inputs.dialects.kamaji.tenant import (
    ADVERTISED,
    CIDRS,
    NAMED_SCHEMA,
    OVERRIDES,
    SOCKET,
    TITLE,
    Tenant,
    kamaji_word,
)
from compiler.inputs.dialects.pki import CERTIFICATES
from compiler.inputs.dialects.words import NODE_ADDRESS
from compiler.inputs.source.node import Node, find, items_of, text_of

_PKI = "/etc/kubernetes/pki"
_DEFAULT_PLUGINS = (
    "CertificateApproval,CertificateSigning,CertificateSubjectRestriction,DefaultIngressClass,DefaultStorageClass,"
    "DefaultTolerationSeconds,LimitRanger,MutatingAdmissionWebhook,NamespaceLifecycle,PersistentVolumeClaimResize,"
    "Priority,ResourceQuota,RuntimeClass,ServiceAccount,StorageObjectInUseProtection,TaintNodesByCondition,"
    "ValidatingAdmissionWebhook"
)
_ETCD_FILES = {"etcd-cafile": "etcd/ca.crt", "etcd-certfile": "etcd/server.crt", "etcd-keyfile": "etcd/server.key"}
DEFAULTS = {
    "allow-privileged": "true",
    "enable-bootstrap-token-auth": "true",
    "requestheader-extra-headers-prefix": "X-Remote-Extra-",
    "requestheader-group-headers": "X-Remote-Group",
    "requestheader-username-headers": "X-Remote-User",
    "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
}
_ENDPOINTS = "$(DATA_STORE_ENDPOINTS)"
_SCHEMA = "$(DATA_STORE_SCHEMA)"
_OVERRIDES = "$(DATA_STORE_OVERRIDES)"
_KINE = ("MySQL", "PostgreSQL", "NATS")
SETTINGS = {
    "advertise-address": "spec.networkProfile.advertiseAddress",
    "enable-admission-plugins": "spec.kubernetes.admissionControllers",
    "kubelet-preferred-address-types": "spec.kubernetes.kubelet.preferredAddressTypes",
    "secure-port": "spec.networkProfile.port",
    "service-cluster-ip-range": "spec.networkProfile.serviceCidrs",
    "etcd-servers": "spec.dataStore",
    "etcd-servers-overrides": "spec.dataStoreOverrides",
    "etcd-prefix": "spec.dataStoreSchema",
}
"""Where the user decides a flag that Kamaji always sets."""


def managed_flags(tenant: Tenant, start: Location) -> dict[str, Word]:
    """Return the flags that Kamaji always sets, by name."""
    words = {flag: kamaji_word(flag, f"{_PKI}/{file}", start) for flag, file in CERTIFICATES.items()}
    words["requestheader-allowed-names"] = kamaji_word("requestheader-allowed-names", "front-proxy-client", start)
    words["advertise-address"] = _advertise_address(tenant, start)
    plugins = tenant.field("spec", "kubernetes", "admissionControllers")
    words["enable-admission-plugins"] = _list("enable-admission-plugins", plugins, _DEFAULT_PLUGINS, start)
    types = tenant.field("spec", "kubernetes", "kubelet", "preferredAddressTypes")
    default = "InternalIP,ExternalIP,Hostname"
    words["kubelet-preferred-address-types"] = _list("kubelet-preferred-address-types", types, default, start)
    port = tenant.field("spec", "networkProfile", "port")
    number = port.value if port is not None else 6443
    words["secure-port"] = kamaji_word("secure-port", str(number), port or start, "spec.networkProfile.port")
    words["service-cluster-ip-range"] = _service_range(tenant, start)
    words |= _data_store(tenant, start)
    return words


def _list(flag: str, node: Node | None, default: str, start: Location) -> Word:
    if node is None:
        return kamaji_word(flag, default, start)
    return kamaji_word(flag, ",".join(text_of(item) for item in items_of(node)), node, SETTINGS[flag])


def _advertise_address(tenant: Tenant, start: Location) -> Word:
    """Return the address that networkProfile.advertiseAddress, the status or `--host-address` state.

    Kamaji: TenantControlPlane.AssignedControlPlaneAddress.
    """
    flag, path = "advertise-address", SETTINGS["advertise-address"]
    own = tenant.field("spec", "networkProfile", "advertiseAddress") if ADVERTISED.covers(tenant.release) else None
    if own is not None and text_of(own):
        return kamaji_word(flag, text_of(own), own, path)
    endpoint = find(tenant.root, "status", "controlPlaneEndpoint")
    if endpoint is not None and ":" in text_of(endpoint):
        host = text_of(endpoint).rpartition(":")[0].removeprefix("[").removesuffix("]")
        return kamaji_word(flag, host, endpoint, "status.controlPlaneEndpoint")
    fixed = tenant.field("spec", "networkProfile", "address")
    if fixed is not None and text_of(fixed):
        return kamaji_word(flag, text_of(fixed), fixed, "spec.networkProfile.address")
    if tenant.request.host.address:
        return kamaji_word(flag, tenant.request.host.address, start)
    return kamaji_word(flag, NODE_ADDRESS, start, unknown=NODE_ADDRESS)


def _service_range(tenant: Tenant, start: Location) -> Word:
    flag = "service-cluster-ip-range"
    several = tenant.field("spec", "networkProfile", "serviceCidrs") if CIDRS.covers(tenant.release) else None
    ranges = sorted({text_of(item) for item in items_of(several)})
    if several is not None and ranges:
        return kamaji_word(flag, ",".join(ranges), several, "spec.networkProfile.serviceCidrs")
    single = tenant.field("spec", "networkProfile", "serviceCidr")
    if single is not None:
        return kamaji_word(flag, text_of(single), single, "spec.networkProfile.serviceCidr")
    return kamaji_word(flag, "10.96.0.0/16", start)


def _data_store(tenant: Tenant, start: Location) -> dict[str, Word]:
    """Return the etcd flags, which the DataStore decides: a separate object, that may be in the same file."""
    words: dict[str, Word] = {}
    store, driver = _store_of(tenant)
    at = tenant.field("spec", "dataStore")
    outside = []
    if driver in _KINE:
        address = "unix:///uds/kine" if SOCKET.covers(tenant.release) else "http://127.0.0.1:2379"
        words["etcd-servers"] = kamaji_word("etcd-servers", address, store or at or start, "spec.dataStore")
    else:
        endpoints = _endpoints(store) if store is not None else []
        value = ",".join(endpoints) or _ENDPOINTS
        unknown = "" if endpoints else _ENDPOINTS
        outside += [_ENDPOINTS] if unknown else []
        words["etcd-servers"] = kamaji_word("etcd-servers", value, at or start, "spec.dataStore", unknown)
        words["etcd-compaction-interval"] = kamaji_word("etcd-compaction-interval", "0", start)
        words["etcd-prefix"] = _schema(tenant, start)
        outside += [_SCHEMA] if words["etcd-prefix"].unknown else []
        words |= {flag: kamaji_word(flag, f"{_PKI}/{file}", start) for flag, file in _ETCD_FILES.items()}
    overrides = tenant.field("spec", "dataStoreOverrides")
    if overrides is not None and items_of(overrides) and OVERRIDES.covers(tenant.release):
        words["etcd-servers-overrides"] = _overrides(tenant, overrides)
        outside += [_OVERRIDES] if words["etcd-servers-overrides"].unknown else []
    if outside:
        _report_outside(tenant, driver, at.location if at is not None else start)
    return words


def _store_of(tenant: Tenant) -> tuple[Node | None, str]:
    """Return the DataStore of a tenant, if the file has it, and its driver."""
    name = text_of(tenant.field("spec", "dataStore")) or text_of(
        find(tenant.root, "status", "storage", "dataStoreName")
    )
    store = _store_named(tenant, name)
    driver = text_of(find(store, "spec", "driver")) if store is not None else ""
    return store, driver or text_of(find(tenant.root, "status", "storage", "driver"))


def _store_named(tenant: Tenant, name: str) -> Node | None:
    for root in tenant.request.roots:
        if text_of(root.get("kind")) == "DataStore" and name and text_of(find(root, "metadata", "name")) == name:
            if root.memoized("kamaji") is None:
                root.memoize("kamaji", True)
                check_fields(root, DATA_STORE, "", tenant.request.problems, Reader(TITLE))
            return root
    return None


def _endpoints(store: Node) -> list[str]:
    return [f"https://{text_of(each)}" for each in items_of(find(store, "spec", "endpoints")) if text_of(each)]


def _schema(tenant: Tenant, start: Location) -> Word:
    """Return the prefix of the keys in etcd. Kamaji: resources/datastore/datastore_storage_config.go."""
    for keys in (("status", "storage", "setup", "schema"), ("spec", "dataStoreSchema")):
        node = find(tenant.root, *keys)
        if node is not None and text_of(node):
            return kamaji_word("etcd-prefix", f"/{text_of(node)}", node, ".".join(keys))
    metadata = find(tenant.root, "metadata") or tenant.root
    name, uid = metadata.get("name"), metadata.get("uid")
    if NAMED_SCHEMA.covers(tenant.release) and name is not None and text_of(name):
        space = text_of(metadata.get("namespace")) or "default"
        return kamaji_word("etcd-prefix", f"/{space}_{text_of(name)}".replace("-", "_"), name, "metadata.name")
    if uid is not None and text_of(uid) and not NAMED_SCHEMA.covers(tenant.release):
        return kamaji_word("etcd-prefix", f"/{text_of(uid)}", uid, "metadata.uid")
    return kamaji_word("etcd-prefix", f"/{_SCHEMA}", start, unknown=_SCHEMA)


def _overrides(tenant: Tenant, overrides: Node) -> Word:
    flag, parts, unknown = "etcd-servers-overrides", [], ""
    for item in items_of(overrides):
        store = _store_named(tenant, text_of(item.get("dataStore")))
        endpoints = _endpoints(store) if store is not None else []
        unknown = unknown if endpoints else _OVERRIDES
        parts.append(f"{text_of(item.get('resource'))}#{';'.join(endpoints) or _OVERRIDES}")
    return kamaji_word(flag, ",".join(parts), overrides, SETTINGS[flag], unknown)


def _report_outside(tenant: Tenant, driver: str, where: Location) -> None:
    assumed = "" if driver else "; kasc assumes that its driver is etcd"
    message = f"the DataStore and the UID of the TenantControlPlane decide the etcd flags{assumed}"
    hint = "add the DataStore to the file, and set spec.dataStoreSchema, to have them checked"
    tenant.request.decided_outside(message, hint, where, "spec.dataStore")
