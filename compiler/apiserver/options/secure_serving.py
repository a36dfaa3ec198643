"""Options of the HTTPS listener.

Kubernetes: staging/src/k8s.io/apiserver/pkg/server/options/serving.go and serving_with_loopback.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler import rules
from compiler.apiserver.options.group import OptionGroup
from compiler.apiserver.resolved_sections import (
    GeneratedCertificate,
    Listener,
    LoopbackClient,
    LoopbackTweak,
    SecureServing,
    ServingCertificate,
    SNICertKey,
    SubjectAltNames,
)
from compiler.text import Suggestions, shown
from compiler.upstream.go.net import join, join_host_port

if TYPE_CHECKING:
    from compiler.apiserver.context import NamedFile, ServerContext
    from compiler.apiserver.resolved import ResolvedConfig
    from compiler.rules import Rule

_HTTP2_CIPHERS = ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")
_CURVES = {23: "P-256", 24: "P-384", 25: "P-521", 29: "X25519", 4588: "X25519MLKEM768"}
_ANY = ("", "0.0.0.0", "::")
_DEFAULT_STREAMS = 100
"""HTTP/2 streams of one connection. Kubernetes: server/secure_serving.go, Serve."""
LOOPBACK_NAME = "apiserver-loopback-client"


def _cipher_hint(name: str, known: tuple[str, ...], suggestions: Suggestions) -> str:
    """Return the hint for an unknown cipher suite; OpenSSL's names are Go's without two words."""
    short = {suite.removeprefix("TLS_").replace("_WITH_", "_"): suite for suite in known}
    near = suggestions.closest(name, [*known, *short])
    return (
        f"did you mean {short.get(near, near)}?" if near else f"write Go's name of it, for example {_HTTP2_CIPHERS[0]}"
    )


class SecureServingOptions(OptionGroup):
    """Kubernetes: SecureServingOptionsWithLoopback."""

    name = "secure_serving"

    def __init__(self, context: ServerContext) -> None:
        super().__init__(context)
        self.self_signed = ""

    def complete(self) -> None:
        """Plan the self-signed certificate that the server generates if no pair is named.

        Kubernetes: serving.go, MaybeDefaultWithSelfSignedCerts.
        """
        flags = self.flags
        if flags.text("tls-cert-file") or flags.text("tls-private-key-file"):
            return
        directory = flags.text("cert-dir")
        self.self_signed = "in memory"
        if not directory:
            return
        certificate, key = (join(directory, f"apiserver.{ending}") for ending in ("crt", "key"))
        self.self_signed = "generated"
        host = self.context.host
        if host.local(directory, directory=True):
            from compiler.apiserver.config_files.keys import can_create_in, readable

            exist = [readable(host, path) for path in (certificate, key)]
            if all(exist):
                self.self_signed = "reused"
            elif any(exist):
                present, missing = (certificate, key) if exist[0] else (key, certificate)
                message = f"--cert-dir contains {shown(present)} without {shown(missing)}"
                self.report(
                    rules.INCOMPLETE_PAIR_IN_CERT_DIR,
                    message,
                    "remove that file, or name a pair with --tls-cert-file",
                    "cert-dir",
                )
            elif not can_create_in(host, directory):
                message = f"--cert-dir {shown(directory)} is not writable, and no certificate is set"
                self.report(
                    rules.CERT_DIR_NOT_WRITABLE,
                    message,
                    "name a writable directory, or a pair with --tls-cert-file",
                    "cert-dir",
                )
        container = host.container
        is_written = container is not None and not container.find(directory)
        blocked = container.write_problem(certificate) if container is not None and is_written else ""
        if blocked:
            message = f"the container cannot write the generated certificate to {shown(directory)}: {blocked}"
            self.report(
                rules.FILE_NOT_WRITABLE_IN_CONTAINER,
                message,
                "name a pair with --tls-cert-file, or mount an emptyDir there",
                "cert-dir",
            )
        flags.set("tls-cert-file", certificate)
        flags.set("tls-private-key-file", key)

    def validate(self) -> None:
        """Kubernetes: SecureServingOptions.Validate."""
        port = self.flags.number("secure-port")
        if not 1 <= port <= 65535:
            message = f"--secure-port {port} is outside 1 to 65535"
            if port == 0:
                message = "--secure-port 0 would disable HTTPS, which kube-apiserver requires"
            self.report(rules.SECURE_PORT_OUT_OF_RANGE, message, "write a port, for example 6443", "secure-port")

    def check_files_and_names(self) -> None:
        """Report what the listener refuses: key pairs, cipher suites, curves and protocol versions.

        Kubernetes: serving.go, ApplyTo; component-base/cli/flag/ciphersuites_flag.go.
        """
        flags = self.flags
        given = [flag for flag in ("tls-cert-file", "tls-private-key-file") if flags.text(flag)]
        if len(given) == 1:
            missing = "tls-private-key-file" if given[0] == "tls-cert-file" else "tls-cert-file"
            self.report(
                rules.INCOMPLETE_SERVING_CERTIFICATE_FLAGS,
                f"--{given[0]} is set without --{missing}",
                f"also set --{missing}",
                given[0],
            )
        elif given and self.self_signed in ("", "reused"):
            certificate, key = self.named("tls-cert-file"), self.named("tls-private-key-file")
            self._check_pair(certificate, key, rules.INVALID_SERVING_CERTIFICATE)
        self._check_ciphers()
        self._check_curves()
        flag = "tls-sni-cert-key"
        for index, pair in enumerate(flags.sni_pairs(flag)):
            certificate, key = self.named(flag, pair.cert, index), self.named(flag, pair.key, index)
            self._check_pair(certificate, key, rules.INVALID_SNI_CERTIFICATE)

    def _check_pair(self, certificate: NamedFile, key: NamedFile, rule: Rule) -> None:
        """Check a certificate and its key, if the server's files are available."""
        if self.context.host.sees_files:
            from compiler.apiserver.config_files.keys import check_pair

            check_pair(certificate, key, rule)

    def _check_ciphers(self) -> None:
        flag, catalog = "tls-cipher-suites", self.context.catalog
        known = catalog.tls("preferredCiphers") + catalog.tls("insecureCiphers")
        wrong = False
        for index, name in enumerate(self.flags.texts(flag)):
            if name not in known:
                wrong = True
                hint = _cipher_hint(name, known, self.context.report.suggestions)
                self.report(
                    rules.UNKNOWN_CIPHER_SUITE, f"--{flag}: {shown(name)} is not a cipher suite", hint, flag, index
                )
        minimum = self.flags.text("tls-min-version")
        if minimum and minimum not in catalog.tls("versions"):
            meant = f"VersionTLS{''.join(letter for letter in minimum if letter.isdigit())}"
            if meant in catalog.tls("versions"):
                message = f"--tls-min-version {shown(minimum)} is not known"
                self.report(rules.UNKNOWN_TLS_VERSION, message, f"write {meant}", "tls-min-version")
            else:
                self.report_unknown_word(rules.UNKNOWN_TLS_VERSION, "tls-min-version", catalog.tls("versions"))
            return
        suites = self.flags.texts(flag)
        if (
            suites
            and not wrong
            and not self.flags.on("disable-http2-serving")
            and minimum != "VersionTLS13"
            and not any(name in suites for name in _HTTP2_CIPHERS)
        ):
            message = f"--{flag} lacks the cipher suite that HTTP/2 requires below TLS 1.3"
            self.report(
                rules.MISSING_HTTP2_CIPHER_SUITE,
                message,
                f"add {_HTTP2_CIPHERS[0]}, or set --disable-http2-serving",
                flag,
            )

    def _check_curves(self) -> None:
        flag = "tls-curve-preferences"
        unique = set()
        for index, curve in enumerate(self.flags.value(flag) or ()):
            names = ", ".join(f"{number} ({name})" for number, name in _CURVES.items())
            if curve in unique:
                self.report(
                    rules.INVALID_CURVE_PREFERENCE, f"--{flag}: duplicate curve {curve}", "keep one", flag, index
                )
            elif curve not in _CURVES:
                self.report(
                    rules.INVALID_CURVE_PREFERENCE,
                    f"--{flag}: {curve} is not a known curve",
                    f"write one of {names}",
                    flag,
                    index,
                )
            unique.add(curve)

    def apply_to(self, config: ResolvedConfig, service_ip: str) -> None:
        """Kubernetes: SecureServingOptionsWithLoopback.ApplyTo, with the loopback client that it starts."""
        flags = self.flags
        self.check_files_and_names()
        bind, port = flags.text("bind-address") or "0.0.0.0", flags.number("secure-port")
        # Go listens on both families if the address is unspecified, whichever of the two it is.
        dual = bind in _ANY
        streams = flags.number("http2-max-streams-per-connection")
        http2 = not flags.on("disable-http2-serving")
        config.secure_serving = SecureServing(
            bind_address=bind,
            bind_port=port,
            listener=Listener(network="tcp", address=join_host_port("::" if dual else bind, port), dual_stack=dual),
            permit_port_sharing=flags.on("permit-port-sharing"),
            permit_address_sharing=flags.on("permit-address-sharing"),
            http2=http2,
            http2_max_streams_per_connection=(streams if streams > 0 else _DEFAULT_STREAMS) if http2 else None,
            certificate=self.certificate_plan(config.generic.public_address, service_ip),
            cipher_suites=flags.texts("tls-cipher-suites"),
            curve_preferences=tuple(flags.value("tls-curve-preferences") or ()),
            min_tls_version=flags.text("tls-min-version") or "VersionTLS12",
            sni_cert_keys=self._sni_cert_keys(),
        )
        config.loopback_client = self._loopback_client(bind, port)

    def _sni_cert_keys(self) -> tuple[SNICertKey, ...]:
        """The loopback client's certificate comes first, so that no other one of its name is served to it."""
        own = SNICertKey(source="loopback", cert_file=None, key_file=None, names=(LOOPBACK_NAME,))
        pairs = self.flags.sni_pairs("tls-sni-cert-key")
        return own, *(
            SNICertKey(source="files", cert_file=pair.cert, key_file=pair.key, names=tuple(pair.names))
            for pair in pairs
        )

    def certificate_plan(self, public: str | None, service_ip: str) -> ServingCertificate:
        """Where the serving certificate comes from, and the contents of one that is generated at startup.

        Kubernetes: serving.go, MaybeDefaultWithSelfSignedCerts; client-go/util/cert, GenerateSelfSignedCertKey.
        """
        return ServingCertificate(
            cert_file=self.flags.text("tls-cert-file") or None,
            key_file=self.flags.text("tls-private-key-file") or None,
            self_signed=bool(self.self_signed),
            generate=self._generated_certificate(public, service_ip)
            if self.self_signed in ("generated", "in memory")
            else None,
        )

    def _generated_certificate(self, public: str | None, service_ip: str) -> GeneratedCertificate:
        bind = self.flags.text("bind-address")
        addresses = [public, service_ip]
        names = ["kubernetes.default.svc", "kubernetes.default", "kubernetes"]
        if bind in _ANY:
            names.append("localhost")
        else:
            addresses.append(bind)
        return GeneratedCertificate(
            in_memory=self.self_signed == "in memory",
            key_type="RSA 2048",
            valid_for_days=365,
            common_name=f"{public}@<unix time>" if public else None,
            subject_alt_names=SubjectAltNames(
                ips=tuple(ip for ip in dict.fromkeys(addresses) if ip),
                dns=tuple(names),
            ),
        )

    def _loopback_client(self, bind: str, port: int) -> LoopbackClient:
        """Kubernetes: apiserver/pkg/server/config_selfclient.go, LoopbackHostPort and NewLoopbackClientConfig."""
        host = "::1" if bind in _ANY else bind
        return LoopbackClient(
            host=f"https://{join_host_port(host, port)}",
            # Without IPv6, Go listens on IPv4 only, and uses the loopback address of that family.
            host_without_ipv6=f"https://{join_host_port('127.0.0.1', port)}" if bind == "0.0.0.0" else None,
            server_name=LOOPBACK_NAME,
            certificate_valid_for_days=self.context.catalog.behaviour("loopbackCertificateDays"),
            token_source="random",
            user="system:apiserver",
            groups=("system:authenticated", "system:masters"),
            qps=-1,
        )

    def apply_loopback_tweak(self, config: ResolvedConfig) -> None:
        """The loopback client uses protobuf without compression: client and server are one process.

        Kubernetes: pkg/controlplane/apiserver/config.go, BuildGenericConfig.
        """
        config.loopback_tweak = LoopbackTweak(
            content_type="application/vnd.kubernetes.protobuf", disable_compression=True
        )
