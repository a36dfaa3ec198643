"""The cluster and the user of a kubeconfig, validated as client-go does."""

from __future__ import annotations

import posixpath

from compiler.apiserver.config_files import named_by_field, read_bytes
from compiler.apiserver.context import NamedFile
from compiler.inputs.schema.field import Field
from compiler.rules import Rule
from compiler.text import shown
from compiler.upstream.go.encoding import decode_base64
from compiler.upstream.go.net import parse_url


def is_secure(server: str, strictness: int) -> bool:
    """Return whether the connection uses TLS. Kubernetes: client-go/rest/config.go, IsConfigTransportTLS."""
    parsed = parse_url(server, strictness)
    return parsed is not None and parsed.scheme == "https" and parsed.host != ""


def check_cluster(named: NamedFile, cluster: Field, rule: Rule, secure: bool) -> None:
    """Report all errors of a cluster; `secure`: whether the connection uses TLS.

    Kubernetes: client-go/tools/clientcmd/validation.go, validateClusterInfo; client-go/transport.
    """
    server, strictness = cluster["server"], named.context.catalog.url_strictness
    if not server.text:
        server.report(rule, "the cluster has no server", "write https://HOST:PORT/PATH")
    elif not _is_host(server.text, strictness):
        hint = "write https://HOST:PORT/PATH"
        server.report(rule, f"the server {shown(server.text)} is not a valid URL or host", hint)
    proxy = cluster["proxy-url"]
    parsed = parse_url(proxy.text, strictness)
    if proxy.text and (parsed is None or parsed.scheme not in ("http", "https", "socks5")):
        hint = "write http, https or socks5://HOST:PORT"
        proxy.report(rule, f"the proxy {shown(proxy.text)} is not a valid URL with a supported scheme", hint)
    path, data = cluster["certificate-authority"], cluster["certificate-authority-data"]
    if path.text and data.text:
        data.report(rule, "certificate-authority and certificate-authority-data are both set", "keep one of the two")
        return
    insecure = cluster["insecure-skip-tls-verify"]
    if insecure.on and (path.text or data.text) and secure:
        hint = "remove insecure-skip-tls-verify, or the CA bundle"
        insecure.report(rule, "a CA bundle is set together with insecure-skip-tls-verify", hint)
    content = content_of(named, path, data, rule)
    if content is not None and secure:
        from compiler.apiserver.config_files.keys import check_root_ca_of

        check_root_ca_of(content, named_in(named, path if path.text else data), rule)


def _is_host(server: str, strictness: int) -> bool:
    """Kubernetes: client-go/rest/url_utils.go, DefaultServerURL."""
    parsed = parse_url(server, strictness)
    if parsed is None or not parsed.scheme or not parsed.host:
        parsed = parse_url(f"http://{server}", strictness)
        return parsed is not None and parsed.path in ("", "/")
    return True


_EXEC = "client.authentication.k8s.io/"
_EXEC_VERSIONS = (f"{_EXEC}v1", f"{_EXEC}v1beta1")
_MODE_NOT_NEEDED = (f"{_EXEC}v1beta1", f"{_EXEC}v1alpha1")
_PROVIDER = "oidc"
_MODES = ("Never", "IfAvailable", "Always")


class KubeconfigUser:
    """One user of a kubeconfig, and the rule for its errors."""

    def __init__(self, named: NamedFile, user: Field, rule: Rule) -> None:
        self.named = named
        self.user = user
        self.rule = rule
        self.certificate = (user["client-certificate"], user["client-certificate-data"])
        self.key = (user["client-key"], user["client-key-data"])

    def check(self, secure: bool) -> None:
        """Report all errors; `secure`: whether the connection uses TLS."""
        user, rule = self.user, self.rule
        has_certificate = any(field.text for field in self.certificate)
        if has_certificate:
            self._check_certificate()
        basic = bool(user["username"].text or user["password"].text)
        if user["token"].text and basic:
            user["token"].report(rule, "a token and a password are both set", "keep one way to authenticate")
        elif secure and user["tokenFile"].text and user["username"].text:
            user["tokenFile"].report(rule, "a token file and a user name are both set", "keep one way to authenticate")
        impersonated = user["as-uid"].text or user["as-groups"].items() or user["as-user-extra"].entries()
        if impersonated and not user["as"].text:
            user["as"].report(rule, "impersonating a uid, groups or extra requires a user", "set as")
        if user["exec"].is_set:
            self._check_exec(secure)
        elif secure and user["auth-provider"].is_set:
            self._check_provider(user["auth-provider"])
        if secure:
            self._check_token_file()
            self._check_pair()

    def _check_certificate(self) -> None:
        rule = self.rule
        for path, data in (self.certificate, self.key):
            if path.text and data.text:
                data.report(rule, f"{_name(path)} and {_name(data)} are both set", "keep one of the two")
            elif path.text:
                read_bytes(named_in(self.named, path), rule)
        if not any(field.text or field.is_bad for field in self.key):
            self.user.report(rule, "the client certificate has no key", "set client-key")

    def _check_exec(self, secure: bool) -> None:
        run, rule = self.user["exec"], self.rule
        version, mode = run["apiVersion"], run["interactiveMode"]
        if self.user["auth-provider"].is_set:
            run.report(rule, "exec and auth-provider are both set", "keep exec")
        for field in (run["command"], version):
            if not field.text:
                field.report(rule, f"exec has no {_name(field)}", f"set {_name(field)}")
        if secure and version.text and version.text not in _EXEC_VERSIONS:
            message = f"unsupported apiVersion {shown(version.text)} of exec"
            version.report(rule, message, f"write {_EXEC_VERSIONS[0]}")
        if mode.text and mode.text not in _MODES:
            mode.report(rule, f"invalid interactiveMode {shown(mode.text)} of exec", f"write {', '.join(_MODES)}")
        elif not (mode.text or version.is_bad or version.text in _MODE_NOT_NEEDED):
            mode.report(rule, "exec has no interactiveMode", "write interactiveMode: Never")
        for variable in run["env"].items():
            if not variable["name"].text:
                variable["name"].report(
                    rule, "an environment variable of exec has no name", "set its name, or remove it"
                )

    def _check_provider(self, provider: Field) -> None:
        """Kubernetes: client-go/plugin/pkg/client/auth/oidc/oidc.go, newOIDCAuthProvider."""
        rule, config = self.rule, provider["config"]
        if provider["name"].text != _PROVIDER:
            name = shown(provider["name"].text)
            provider["name"].report(rule, f"the auth provider {name} is not supported", f"use exec, or {_PROVIDER}")
            return
        for name in ("idp-issuer-url", "client-id"):
            if not config[name].text:
                config[name].report(rule, f"the auth provider has no {name}", f"set {name}")
        path, data = config["idp-certificate-authority"], config["idp-certificate-authority-data"]
        if data.text and decode_base64(data.text) is None:
            data.report(rule, f"{data.path} is not valid base64", "encode it in standard base64 with padding")
            return
        # A relative path is relative to the working directory of the server.
        content = decode_base64(data.text) if data.text else None
        if not data.text and path.text.startswith("/"):
            content = read_bytes(named_in(self.named, path), rule)
        if content is not None:
            from compiler.apiserver.config_files.keys import check_root_ca_of

            check_root_ca_of(content, named_in(self.named, data if data.text else path), rule)

    def _check_token_file(self) -> None:
        """Kubernetes: client-go/transport/token_source.go, fileTokenSource; a file of white space is accepted."""
        field = self.user["tokenFile"]
        if not field.text or self.user["token"].text:
            return
        file = named_in(self.named, field)
        if read_bytes(file, self.rule) == b"":
            file.report(self.rule, f"{shown(file.path)} is empty", "write the token to it")

    def _check_pair(self) -> None:
        """Check certificate and key, unless both are files: those are reloaded, and not compared at startup."""
        if not any(field.text for field in self.certificate) or not (self.certificate[1].text or self.key[1].text):
            return
        if any(path.text and data.text for path, data in (self.certificate, self.key)):
            return
        first, second = (content_of(self.named, *fields, self.rule) for fields in (self.certificate, self.key))
        if first is not None and second is not None:
            from compiler.apiserver.config_files.keys import check_pair_of

            files = [named_in(self.named, data if data.text else path) for path, data in (self.certificate, self.key)]
            check_pair_of(first, second, files[0], files[1], self.rule)


def named_in(kubeconfig: NamedFile, field: Field) -> NamedFile:
    """Return the file of a field, relative to the directory of the kubeconfig; data is named after its field."""
    name = _name(field)
    path = name if name.endswith("-data") else posixpath.join(posixpath.dirname(kubeconfig.path), field.text)
    return named_by_field(kubeconfig.context, field, path)


def content_of(kubeconfig: NamedFile, path: Field, data: Field, rule: Rule) -> bytes | None:
    """Return the content of a pair of fields, of which the data wins; None if there is none or it is unknown."""
    if data.text:
        return decode_base64(data.text)
    return read_bytes(named_in(kubeconfig, path), rule) if path.text else None


def _name(field: Field) -> str:
    return field.path.rpartition(".")[2]
