"""The host name, the issuers and the service network of a Shoot, which Gardener may assign."""

from __future__ import annotations

from compiler.inputs.arguments import Word
from compiler.inputs.dialects.gardener.shoot import SERVER, TITLE, Shoot
from compiler.inputs.dialects.joined import joined
from compiler.inputs.dialects.words import given, set_by
from compiler.inputs.source.node import Node, find, items_of, text_of
from compiler.upstream.go.net import parse_cidr

HOST_NAME = "$(EXTERNAL_HOSTNAME)"
SERVICES = "$(SERVICE_NETWORK)"
ISSUER = "$(MANAGED_ISSUER)"
_MANAGED = "authentication.gardener.cloud/issuer"


def external_host(shoot: Shoot) -> Word:
    """Return the host name of the internal domain, which the status has once Gardener assigned it.

    Gardener: pkg/gardenlet/operation/shoot/shoot.go, ComputeOutOfClusterAPIServerAddress(true).
    """
    addresses = {
        text_of(item.get("name")): item for item in items_of(find(shoot.root, "status", "advertisedAddresses"))
    }
    known = addresses.get("internal") or addresses.get("external")
    url = known.get("url") if known is not None else None
    if url is not None and text_of(url).startswith("https://"):
        host = text_of(url).removeprefix("https://").partition("/")[0]
        return set_by("external-hostname", host, url, TITLE, "status.advertisedAddresses")
    return set_by("external-hostname", HOST_NAME, shoot.start, TITLE, unknown=HOST_NAME)


def service_accounts(shoot: Shoot, host: Word) -> list[Word]:
    """Return the issuers, first that of new tokens, and the expiration of tokens.

    Gardener: apiserver.go, ComputeKubeAPIServerServiceAccountConfig.
    """
    flag, path = "service-account-issuer", "serviceAccountConfig"
    default = f"https://{host.text.partition('=')[2]}"
    own = set_by(flag, default, host.location or shoot.start, TITLE, host.path, host.unknown)
    issuer, accepted = shoot.server(f"{path}.issuer"), items_of(shoot.server(f"{path}.acceptedIssuers"))
    managed = shoot.annotation(_MANAGED) == "managed"
    words = [own] if issuer is None else [given(flag, issuer, f"{SERVER}.{path}.issuer")]
    if managed:
        words = [set_by(flag, ISSUER, shoot.start, TITLE, unknown=ISSUER)]
    is_default = words[0].text == own.text
    for index, item in enumerate(accepted):
        if not (is_default and text_of(item) == default):
            words.append(given(flag, item, f"{SERVER}.{path}.acceptedIssuers[{index}]"))
    if not is_default and all(text_of(item) != default for item in accepted):
        words.append(own)
    if managed:
        words.append(set_by("service-account-jwks-uri", f"{ISSUER}/jwks", shoot.start, TITLE, unknown=ISSUER))
    words += shoot.scalar("service-account-extend-token-expiration", f"{path}.extendTokenExpiration")
    words += shoot.duration("service-account-max-token-expiration", f"{path}.maxTokenExpiration")
    return words


def service_range(shoot: Shoot) -> Word:
    """Return the service networks of the spec and of the status, those of the first IP family first.

    Gardener: pkg/gardenlet/operation/shoot/shoot.go, ToNetworks.
    """
    flag, path = "service-cluster-ip-range", "spec.networking.services"
    nodes = [shoot.field(path), *items_of(find(shoot.root, "status", "networking", "services"))]
    ranges: dict[str, Node] = {}
    for node in nodes:
        network = parse_cidr(text_of(node)) if node is not None else None
        if node is not None and network is not None:
            ranges.setdefault(str(network), node)
    own = shoot.field(path)
    if own is not None and not any(node is own for node in ranges.values()):
        return given(flag, own, path, shoot.key(path))
    if not ranges:
        return set_by(flag, SERVICES, shoot.start, TITLE, unknown=SERVICES)
    families = [text_of(item) for item in items_of(shoot.field("spec.networking.ipFamilies"))] or ["IPv4"]
    first = families[0] == "IPv6"
    parts = [(text, node.location) for text, node in sorted(ranges.items(), key=lambda each: (":" in each[0]) != first)]
    return joined(flag, parts, shoot.key(path) if own is not None else parts[0][1], path)
