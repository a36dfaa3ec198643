"""EgressSelectorConfiguration: outbound connections of the server.

Kubernetes: apiserver/pkg/server/egressselector/config.go, ValidateEgressSelectorConfiguration; egress_selector.go,
NewEgressSelector.
"""

from __future__ import annotations

from compiler import rules
from compiler.apiserver.config_files import FileRules, load_config, named_by_field
from compiler.apiserver.context import NamedFile
from compiler.inputs.schema.field import Field
from compiler.text import shown
from compiler.upstream.go.net import parses_as_url

KINDS = ("EgressSelectorConfiguration",)
_NAMES = ("cluster", "controlplane", "etcd")
_PROTOCOLS = ("Direct", "HTTPConnect", "GRPC")


def load_egress_selector(named: NamedFile) -> dict[str, str] | None:
    """Return selection name -> proxy protocol, None if the content is unavailable; report errors."""
    strict = named.context.catalog.behaviour("egressSelectorRecognized")
    file_rules = FileRules(
        read=rules.INVALID_EGRESS_SELECTOR_CONFIG,
        empty=rules.INVALID_EGRESS_SELECTOR_CONFIG,
        decode=rules.INVALID_EGRESS_SELECTOR_CONFIG,
        recognized=bool(strict),
    )
    config = load_config(named, KINDS, file_rules)
    if config is None:
        return None
    protocols: dict[str, str] = {}
    for selection in config.root["egressSelections"].items():
        _check_connection(named, selection["connection"])
        name = selection["name"]
        # The conversion of every served version renames only this spelling.
        canonical = "controlplane" if name.text == "master" else name.text.lower()
        if canonical in protocols:
            name.report(
                rules.INVALID_EGRESS_SELECTION_NAME,
                f"duplicate egress selection {shown(name.text)}",
                "keep one of the two",
            )
        elif canonical not in _NAMES:
            hint = name.did_you_mean(_NAMES) or f"write {', '.join(_NAMES)}"
            name.report(
                rules.INVALID_EGRESS_SELECTION_NAME, f"{shown(name.text)} is not a valid egress selection name", hint
            )
        protocols[canonical] = selection["connection"]["proxyProtocol"].text
    return protocols


def _check_connection(named: NamedFile, connection: Field) -> None:
    protocol, transport = connection["proxyProtocol"], connection["transport"]
    if protocol.text == "Direct":
        if transport.is_set:
            transport.report(
                rules.DIRECT_CONNECTION_WITH_TRANSPORT,
                "proxyProtocol Direct does not allow a transport",
                "remove transport",
            )
    elif protocol.text == "HTTPConnect":
        _check_http_connect(named, transport)
    elif protocol.text == "GRPC":
        if not transport["uds"].is_set:
            transport.report(
                rules.GRPC_WITHOUT_UDS, "proxyProtocol GRPC requires a Unix socket", "set transport.uds.udsName"
            )
        else:
            _check_socket(transport["uds"])
    else:
        hint = protocol.did_you_mean(_PROTOCOLS) or f"write {', '.join(_PROTOCOLS)}"
        protocol.report(
            rules.UNKNOWN_EGRESS_PROXY_PROTOCOL, f"{shown(protocol.text)} is not a valid proxy protocol", hint
        )


def _check_http_connect(named: NamedFile, transport: Field) -> None:
    tcp, uds = transport["tcp"], transport["uds"]
    if tcp.is_set == uds.is_set:
        message = "tcp and uds are both set" if tcp.is_set else "proxyProtocol HTTPConnect requires tcp or uds"
        transport.report(rules.HTTP_CONNECT_WITHOUT_ONE_TRANSPORT, message, "set exactly one of tcp and uds")
    elif uds.is_set:
        _check_socket(uds)
    else:
        _check_tcp(named, tcp)


def _check_socket(uds: Field) -> None:
    if not uds["udsName"].text:
        uds["udsName"].report(rules.UDS_WITHOUT_NAME, "the Unix socket has no name", "set udsName to the socket's path")


def _check_tcp(named: NamedFile, tcp: Field) -> None:
    url, tls = tcp["url"], tcp["tlsConfig"]
    if url.text.startswith("http://"):
        if tls.is_set:
            tls.report(
                rules.TLS_CONFIG_WITH_HTTP_PROXY,
                "tlsConfig is set, but the URL uses http",
                "write an https URL, or remove tlsConfig",
            )
        else:
            message = "kube-apiserver panics on HTTPConnect over http: it reads the tlsConfig, which must not be set"
            url.report(rules.HTTP_CONNECT_WITHOUT_TLS, message, "write an https URL, or use a Unix socket")
    elif not url.text.startswith("https://"):
        url.report(
            rules.INVALID_EGRESS_PROXY_URL, f"{shown(url.text)} is not an http or https URL", "write https://HOST:PORT"
        )
    elif not tls.is_set:
        tcp.report(
            rules.INVALID_EGRESS_TLS_CONFIG,
            "an https URL requires tlsConfig",
            "set tlsConfig with clientCert and clientKey",
        )
    else:
        _check_tls(named, tls)
        if not parses_as_url(url.text, named.context.catalog.url_strictness):
            url.report(
                rules.INVALID_EGRESS_PROXY_URL, f"{shown(url.text)} is not a valid URL", "write https://HOST:PORT"
            )


def _check_tls(named: NamedFile, tls: Field) -> None:
    certificate, key, bundle = tls["clientCert"], tls["clientKey"], tls["caBundle"]
    for field, name in ((certificate, "clientCert"), (key, "clientKey")):
        if not field.text:
            field.report(
                rules.INVALID_EGRESS_TLS_CONFIG, f"tlsConfig has no {name}", f"set {name} to the path of a file"
            )
    if not named.context.host.sees_files:
        return
    from compiler.apiserver.config_files.keys import check_pair, check_root_ca

    context = named.context
    if certificate.text and key.text:
        check_pair(named_by_field(context, certificate), named_by_field(context, key), rules.INVALID_EGRESS_TLS_CONFIG)
    if bundle.text:
        check_root_ca(named_by_field(context, bundle), rules.INVALID_EGRESS_TLS_CONFIG)
