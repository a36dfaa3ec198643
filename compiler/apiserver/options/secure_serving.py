"""Options of the HTTPS listener.

Kubernetes: staging/src/k8s.io/apiserver/pkg/server/options/serving.go and serving_with_loopback.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler import rules
from compiler.apiserver.options.group import OptionGroup
from compiler.text import shown
from compiler.text.suggest import Suggestions
from compiler.upstream.go.net import join, join_host_port

if TYPE_CHECKING:
    from compiler.apiserver.resolved import ResolvedConfig

_HTTP2_CIPHERS = ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")
_CURVES = {23: "P-256", 24: "P-384", 25: "P-521", 29: "X25519", 4588: "X25519MLKEM768"}
_ANY = ("", "0.0.0.0", "::")
_DEFAULT_STREAMS = 100
"""HTTP/2 streams of one connection. Kubernetes: server/secure_serving.go, Serve."""
LOOPBACK_NAME = "apiserver-loopback-client"


def _cipher_hint(name: str, known: tuple[str, ...], suggestions: Suggestions) -> str:
    """What to write for an unknown cipher suite; OpenSSL's names are Go's without two words."""
    short = {suite.removeprefix("TLS_").replace("_WITH_", "_"): suite for suite in known}
    near = suggestions.closest(name, [*known, *short])
    return f"did you mean {short.get(near, near)}?" if near else f"write Go's name of it, such as {_HTTP2_CIPHERS[0]}"


class SecureServingOptions(OptionGroup):
    """Kubernetes: SecureServingOptionsWithLoopback."""

    name = "secure_serving"

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.self_signed = ""

    def complete(self) -> None:
        """Plan the self-signed certificate that the server makes where no pair is named.

        Kubernetes: serving.go, MaybeDefaultWithSelfSignedCerts.
        """
        flags = self.flags
        if flags.text("tls-cert-file") or flags.text("tls-private-key-file"):
            return
        folder = flags.text("cert-dir")
        self.self_signed = "in memory"
        if not folder:
            return
        certificate, key = (join(folder, f"apiserver.{ending}") for ending in ("crt", "key"))
        self.self_signed = "generated"
        host = self.run.host
        if host.local(folder, directory=True):
            from compiler.apiserver.config_files.keys import can_write_below, readable

            there = [readable(host, path) for path in (certificate, key)]
            if all(there):
                self.self_signed = "reused"
            elif any(there):
                lone, gone = (certificate, key) if there[0] else (key, certificate)
                message = f"--cert-dir holds {shown(lone)} without {shown(gone)}"
                self.refuse(
                    rules.INCOMPLETE_PAIR_IN_CERT_DIR,
                    message,
                    "remove the lone file, or name a pair with --tls-cert-file",
                    "cert-dir",
                )
            elif not can_write_below(host, folder):
                message = f"--cert-dir {shown(folder)} cannot be written, and no certificate is given"
                self.refuse(
                    rules.CERT_DIR_NOT_WRITABLE,
                    message,
                    "name a writable folder, or a pair with --tls-cert-file",
                    "cert-dir",
                )
        container = host.container
        blocked = container.write_problem(certificate) if container is not None and not container.find(folder) else ""
        if blocked:
            message = f"the container cannot write the generated certificate to {shown(folder)}: {blocked}"
            self.refuse(
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
                message = "--secure-port 0 would switch off HTTPS, which kube-apiserver cannot do without"
            self.refuse(rules.SECURE_PORT_OUT_OF_RANGE, message, "write a port such as 6443", "secure-port")

    def check_files_and_names(self) -> None:
        """What the listener's set-up refuses: pairs, cipher suites, curves and protocol versions.

        Kubernetes: serving.go, ApplyTo; component-base/cli/flag/ciphersuites_flag.go.
        """
        flags = self.flags
        given = [flag for flag in ("tls-cert-file", "tls-private-key-file") if flags.text(flag)]
        if len(given) == 1:
            missing = "tls-private-key-file" if given[0] == "tls-cert-file" else "tls-cert-file"
            self.refuse(
                rules.INCOMPLETE_SERVING_CERTIFICATE_FLAGS,
                f"--{given[0]} is set without --{missing}",
                f"set --{missing} as well",
                given[0],
            )
        elif given and self.self_signed in ("", "reused") and self.run.host.sees_files:
            from compiler.apiserver.config_files.keys import check_pair

            check_pair(
                self.named("tls-cert-file"), self.named("tls-private-key-file"), rules.INVALID_SERVING_CERTIFICATE
            )
        self._check_ciphers()
        self._check_curves()
        if not self.run.host.sees_files:
            return
        for index, pair in enumerate(flags.sni_pairs("tls-sni-cert-key")):
            from compiler.apiserver.config_files.keys import check_pair

            flag = "tls-sni-cert-key"
            check_pair(
                self.named(flag, pair.cert, index), self.named(flag, pair.key, index), rules.INVALID_SNI_CERTIFICATE
            )

    def _check_ciphers(self) -> None:
        flag, catalog = "tls-cipher-suites", self.run.catalog
        known = catalog.tls("preferredCiphers") + catalog.tls("insecureCiphers")
        wrong = False
        for index, name in enumerate(self.flags.texts(flag)):
            if name not in known:
                wrong = True
                hint = _cipher_hint(name, known, self.run.report.suggestions)
                self.refuse(
                    rules.UNKNOWN_CIPHER_SUITE, f"--{flag}: {shown(name)} is not a cipher suite", hint, flag, index
                )
        minimum = self.flags.text("tls-min-version")
        if minimum and minimum not in catalog.tls("versions"):
            meant = f"VersionTLS{''.join(letter for letter in minimum if letter.isdigit())}"
            if meant in catalog.tls("versions"):
                message = f"--tls-min-version {shown(minimum)} is not known"
                self.refuse(rules.UNKNOWN_TLS_VERSION, message, f"write {meant}", "tls-min-version")
            else:
                self.refuse_word(rules.UNKNOWN_TLS_VERSION, "tls-min-version", catalog.tls("versions"))
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
            self.refuse(
                rules.MISSING_HTTP2_CIPHER_SUITE,
                message,
                f"add {_HTTP2_CIPHERS[0]}, or set --disable-http2-serving",
                flag,
            )

    def _check_curves(self) -> None:
        flag = "tls-curve-preferences"
        seen = set()
        for index, curve in enumerate(self.flags.value(flag) or ()):
            names = ", ".join(f"{number} ({name})" for number, name in _CURVES.items())
            if curve in seen:
                self.refuse(
                    rules.INVALID_CURVE_PREFERENCE, f"--{flag}: curve {curve} is given twice", "keep one", flag, index
                )
            elif curve not in _CURVES:
                self.refuse(
                    rules.INVALID_CURVE_PREFERENCE,
                    f"--{flag}: {curve} is not a known curve",
                    f"write one of {names}",
                    flag,
                    index,
                )
            seen.add(curve)

    def apply_to(self, config: ResolvedConfig) -> None:
        """Kubernetes: SecureServingOptionsWithLoopback.ApplyTo, with the loopback client that it starts."""
        flags = self.flags
        self.check_files_and_names()
        bind, port = flags.text("bind-address") or "0.0.0.0", flags.number("secure-port")
        config.set("secureServing.bindAddress", bind, "bind-address")
        config.set("secureServing.bindPort", port, "secure-port")
        # Go listens to both families where the address is unspecified, whichever of the two it is.
        dual = bind in _ANY
        listener = {"network": "tcp", "address": join_host_port("::" if dual else bind, port), "dualStack": dual}
        config.set("secureServing.listener", listener, "bind-address", "secure-port")
        for path, flag in (
            ("permitPortSharing", "permit-port-sharing"),
            ("permitAddressSharing", "permit-address-sharing"),
        ):
            config.set(f"secureServing.{path}", flags.on(flag), flag)
        http2, streams = "disable-http2-serving", "http2-max-streams-per-connection"
        config.set("secureServing.http2", not flags.on(http2), http2)
        most = flags.number(streams) if flags.number(streams) > 0 else _DEFAULT_STREAMS
        config.set("secureServing.http2MaxStreamsPerConnection", None if flags.on(http2) else most, streams, http2)
        self._apply_tls(config)
        self._apply_loopback(config, bind, port)

    def _apply_tls(self, config: ResolvedConfig) -> None:
        flags, suites, curves = self.flags, "tls-cipher-suites", "tls-curve-preferences"
        config.set(
            "secureServing.certificate",
            self.certificate_plan(),
            *("tls-cert-file", "tls-private-key-file", "cert-dir"),
            *("bind-address", "advertise-address", "service-cluster-ip-range"),
        )
        config.set("secureServing.cipherSuites", list(flags.texts(suites)), suites)
        config.set("secureServing.curvePreferences", list(flags.value(curves) or ()), curves)
        config.set("secureServing.minTLSVersion", flags.text("tls-min-version") or "VersionTLS12", "tls-min-version")
        own = {"source": "loopback", "certFile": None, "keyFile": None, "names": [LOOPBACK_NAME]}
        pairs = [
            {"source": "files", "certFile": pair.cert, "keyFile": pair.key, "names": list(pair.names)}
            for pair in flags.sni_pairs("tls-sni-cert-key")
        ]
        # The loopback client's certificate comes first, so that none of the same name is taken for it.
        config.set("secureServing.sniCertKeys", [own, *pairs], "tls-sni-cert-key")

    def certificate_plan(self) -> dict[str, object]:
        """Where the serving certificate comes from, and what one that is made at the start will say.

        Kubernetes: serving.go, MaybeDefaultWithSelfSignedCerts; client-go/util/cert, GenerateSelfSignedCertKey.
        """
        flags = self.flags
        plan: dict[str, object] = {
            "certFile": flags.text("tls-cert-file") or None,
            "keyFile": flags.text("tls-private-key-file") or None,
            "selfSigned": bool(self.self_signed),
            "generate": None,
        }
        if self.self_signed not in ("generated", "in memory"):
            return plan
        bind, public = flags.text("bind-address"), self.run.generic.public_address
        addresses = [public, self.run.misc.service_ip]
        names = ["kubernetes.default.svc", "kubernetes.default", "kubernetes"]
        if bind in _ANY:
            names.append("localhost")
        else:
            addresses.append(bind)
        plan["generate"] = {
            "inMemory": self.self_signed == "in memory",
            "keyType": "RSA 2048",
            "validForDays": 365,
            "commonName": f"{public}@<unix time>" if public else None,
            "subjectAltNames": {"ips": [ip for ip in dict.fromkeys(addresses) if ip], "dns": names},
        }
        return plan

    def _apply_loopback(self, config: ResolvedConfig, bind: str, port: int) -> None:
        """Kubernetes: apiserver/pkg/server/config_selfclient.go, LoopbackHostPort and NewLoopbackClientConfig."""
        host = "::1" if bind in _ANY else bind
        where = ("bind-address", "secure-port")
        config.set("loopbackClient.host", f"https://{join_host_port(host, port)}", *where)
        # Without IPv6, Go listens to IPv4 alone, and the loopback address is looked for in that family.
        other = f"https://{join_host_port('127.0.0.1', port)}" if bind == "0.0.0.0" else None
        config.set("loopbackClient.hostWithoutIPv6", other, *where)
        config.set("loopbackClient.serverName", LOOPBACK_NAME)
        config.set("loopbackClient.certificateValidForDays", self.run.catalog.behaviour("loopbackCertificateDays"))
        config.set("loopbackClient.tokenSource", "random")
        config.set("loopbackClient.user", "system:apiserver")
        config.set("loopbackClient.groups", ["system:authenticated", "system:masters"])
        config.set("loopbackClient.qps", -1)

    def apply_loopback_tweak(self, config: ResolvedConfig) -> None:
        """The loopback client speaks protobuf and asks for no compression: both ends are one process.

        Kubernetes: pkg/controlplane/apiserver/config.go, BuildGenericConfig.
        """
        config.set("loopbackClient.contentType", "application/vnd.kubernetes.protobuf")
        config.set("loopbackClient.disableCompression", True)
