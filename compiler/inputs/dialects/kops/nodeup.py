"""What nodeup makes of kubeAPIServer on a node: paths, OIDC, the addresses of etcd.

kOps: nodeup/pkg/model/kube_apiserver.go, Build and buildPod.
"""

from __future__ import annotations

from compiler.inputs.arguments import Word
from compiler.inputs.dialects.kops.cluster import API_SERVER, Cluster, Place
from compiler.inputs.dialects.kops.facts import TITLE, all_server_fields, fact, for_kubernetes
from compiler.inputs.dialects.kops.flags import Given, Piece, list_words, string_of, words_of
from compiler.inputs.dialects.kops.model import AUTHN_CONFIG, Flags, default
from compiler.inputs.dialects.words import NODE_ADDRESS, set_by
from compiler.inputs.source.node import items_of

DIRECTORY = "/srv/kubernetes/kube-apiserver"
CA = "/srv/kubernetes/ca.crt"
_OVERRIDES = {"events": "/events", "leases": "coordination.k8s.io/leases"}
"""The etcd clusters of overrides, and how these overrides start."""
_OIDC = {
    "oidcClientID": "clientID",
    "oidcGroupsPrefix": "groupsPrefix",
    "oidcIssuerURL": "issuerURL",
    "oidcUsernameClaim": "usernameClaim",
    "oidcUsernamePrefix": "usernamePrefix",
}
"""Keys of kubeAPIServer in v1alpha2 -> fields of authentication.oidc in v1alpha3, of strings."""
OIDC_KEYS = (*_OIDC, "oidcGroupsClaim", "oidcRequiredClaim")
OIDC_FIELDS = {
    "oidc-client-id": "clientID",
    "oidc-groups-claim": "groupsClaims",
    "oidc-groups-prefix": "groupsPrefix",
    "oidc-issuer-url": "issuerURL",
    "oidc-required-claim": "requiredClaims",
    "oidc-username-claim": "usernameClaim",
    "oidc-username-prefix": "usernamePrefix",
}
"""The fields of authentication.oidc in v1alpha3, by flag."""


def finish(cluster: Cluster, role: str, given: dict[str, Given], flags: Flags, address: str) -> list[Word]:
    """Return the flags as nodeup passes them, sorted as whole strings. `flags` is modified.

    `address` is the address of the node, empty if it is unknown.
    """
    _advertise(cluster, flags, address)
    _oidc(cluster, given, flags)
    _files(cluster, given, flags)
    if role == API_SERVER:
        flags["etcdServers"] = [_with_name(word, cluster, "main") for word in flags.get("etcdServers", [])]
        flags["etcdServersOverrides"] = [_overrides(word, cluster) for word in flags.get("etcdServersOverrides", [])]
    words = [word for each in flags.values() for word in each]
    config = for_kubernetes("cloudConfig", cluster.release, cluster.kubernetes)
    if config is not None:
        words.append(set_by("cloud-config", config, cluster.start, TITLE))
    words.sort(key=lambda word: word.text.encode())
    return words + _more_issuers(given)


def _more_issuers(given: dict[str, Given]) -> list[Word]:
    """Return the additional issuers, in the order of the user: they follow all other flags."""
    more = given.get("additionalServiceAccountIssuers")
    if more is None:
        return []
    field = all_server_fields()["serviceAccountIssuer"]._replace(repeated=True)
    return list_words(more._replace(field=field), [(string_of(item), item) for item in items_of(more.node)])


def _advertise(cluster: Cluster, flags: Flags, address: str) -> None:
    """Set the address that only the node knows: from the metadata of Hetzner, or of the interfaces of metal."""
    on_metal = cluster.cloud == "metal" and cluster.is_ipv6_only and fact("advertisesIPv6OnMetal", cluster.release)
    if cluster.cloud == "hetzner" or on_metal:
        unknown = "" if address else NODE_ADDRESS
        place = cluster.place("cloudProvider")
        flags["advertiseAddress"] = [default(cluster, "advertiseAddress", address or NODE_ADDRESS, place, unknown)]


def _oidc(cluster: Cluster, given: dict[str, Given], flags: Flags) -> None:
    """kOps: configureOIDC; pkg/apis/kops/v1alpha2/conversion.go for the keys of v1alpha2."""
    if cluster.api == "v1alpha2":
        claims = given.get("oidcRequiredClaim")
        if claims is not None:
            pairs = [(string_of(item), item) for item in items_of(claims.node)]
            last = {text.partition("=")[0]: (text, item) for text, item in pairs}
            flags["oidcRequiredClaim"] = list_words(claims, sorted(last.values(), key=_text_first))
        return
    section = cluster.place("authentication", "oidc")
    if section is None:
        return
    fields = all_server_fields()
    quotes = fact("quotesValues", cluster.release)
    for key, name in _OIDC.items():
        each = _given(section, key, name)
        if each is not None:
            flags[key] = words_of(each, quotes)
    groups = _given(section, "oidcGroupsClaim", "groupsClaims")
    if groups is not None:
        joined = groups._replace(field=fields["oidcGroupsClaim"]._replace(type="list"))
        flags["oidcGroupsClaim"] = list_words(joined, [(string_of(item), item) for item in items_of(groups.node)])
    required = _given(section, "oidcRequiredClaim", "requiredClaims")
    if required is not None and isinstance(required.node.value, dict):
        entries: list[Piece] = [(f"{name}={string_of(node)}", node) for name, node in required.node.value.items()]
        flags["oidcRequiredClaim"] = list_words(required, sorted(entries, key=_text_first))


def _text_first(piece: Piece) -> bytes:
    return piece[0].encode()


def _given(section: Place, key: str, name: str) -> Given | None:
    """Return a field of authentication.oidc as the field of kubeAPIServer that it becomes."""
    place = section.item(name)
    if place is None:
        return None
    return Given(all_server_fields()[key], place.node, place.path, section.node.key_location(name))


def _files(cluster: Cluster, given: dict[str, Given], flags: Flags) -> None:
    """Set the paths of the files that nodeup writes."""
    for key, field in all_server_fields().items():
        if field.node_file:
            flags[key] = [default(cluster, key, f"{DIRECTORY}/{field.node_file}")]
    encryption = encrypts(cluster)
    if encryption is not None:
        path = f"{DIRECTORY}/encryptionconfig.yaml"
        flags["encryptionProviderConfig"] = [default(cluster, "encryptionProviderConfig", path, encryption)]
    key_file = default(cluster, "serviceAccountKeyFile", f"{DIRECTORY}/service-account.pub")
    flags["serviceAccountKeyFile"] = [*flags.get("serviceAccountKeyFile", []), key_file]
    if "serviceAccountSigningKeyFile" not in given:
        signing = f"{DIRECTORY}/service-account.key"
        flags["serviceAccountSigningKeyFile"] = [default(cluster, "serviceAccountSigningKeyFile", signing)]
    if not flags.get("clientCAFile"):
        flags["clientCAFile"] = [default(cluster, "clientCAFile", CA)]
    aws = uses_aws_webhook(cluster)
    if aws is not None:
        key = "authenticationTokenWebhookConfigFile"
        flags[key] = [default(cluster, key, AUTHN_CONFIG, aws)]


def encrypts(cluster: Cluster) -> Place | None:
    """Return the setting that enables encryption at rest, None if it is not enabled."""
    place = cluster.place("encryptionConfig")
    return place if place is not None and place.node.value is True else None


def uses_aws_webhook(cluster: Cluster) -> Place | None:
    """Return the setting of AWS' webhook for tokens, None if it is not used. With kopeio, nodeup returns before it."""
    if cluster.place("authentication", "kopeio") is not None:
        return None
    return cluster.place("authentication", "aws")


def _with_name(word: Word, cluster: Cluster, etcd: str) -> Word:
    """Return a word with the name of an etcd cluster instead of the loopback address."""
    text = word.text.replace("127.0.0.1", f"{etcd}.etcd.internal.{cluster.name}")
    return word if text == word.text else word._replace(text=text, trace=None)


def _overrides(word: Word, cluster: Cluster) -> Word:
    """Return the overrides with names instead of loopback addresses, each with that of its own etcd cluster."""
    flag, _, value = word.text.partition("=")
    parts = []
    for part in value.split(","):
        known = (each for each in fact("etcdClusters", cluster.release) if each in _OVERRIDES)
        etcd = next((each for each in known if part.startswith(_OVERRIDES[each])), "")
        parts.append(part.replace("127.0.0.1", f"{etcd}.etcd.internal.{cluster.name}") if etcd else part)
    text = f"{flag}={','.join(parts)}"
    return word if text == word.text else word._replace(text=text, trace=None)
