"""The user of a kubeconfig: how the server proves to a webhook who it is.

Kubernetes: client-go/tools/clientcmd/validation.go, validateAuthInfo; client_config.go,
getUserIdentificationPartialConfig; client-go/transport; client-go/plugin/pkg/client/auth/exec.
"""

from __future__ import annotations

import posixpath

from compiler.config_files.decoding import decode_base64
from compiler.config_files.field import Field
from compiler.config_files.reading import NamedFile, named_by_field, read_bytes
from compiler.flags.text import shown

_EXEC = "client.authentication.k8s.io/"
_EXEC_VERSIONS = (f"{_EXEC}v1", f"{_EXEC}v1beta1")
_MODE_NOT_NEEDED = (f"{_EXEC}v1beta1", f"{_EXEC}v1alpha1")
_PROVIDER = "oidc"
_MODES = ("Never", "IfAvailable", "Always")


class KubeconfigUser:
    """One user of a kubeconfig, and the rule that is broken where it cannot be used."""

    def __init__(self, named: NamedFile, user: Field, rule: str) -> None:
        self.named = named
        self.user = user
        self.rule = rule
        self.certificate = (user["client-certificate"], user["client-certificate-data"])
        self.key = (user["client-key"], user["client-key-data"])

    def check(self, secure: bool) -> None:
        """Report everything that is wrong; `secure` tells that the server is called over TLS."""
        user, rule = self.user, self.rule
        has_certificate = any(field.text for field in self.certificate)
        if has_certificate:
            self._check_certificate()
        basic = bool(user["username"].text or user["password"].text)
        if user["token"].text and basic:
            user["token"].refuse(rule, "a token and a password are given", "keep one way to authenticate")
        elif secure and user["tokenFile"].text and user["username"].text:
            user["tokenFile"].refuse(rule, "a token and a user name are given", "keep one way to authenticate")
        further = user["as-uid"].text or user["as-groups"].items() or user["as-user-extra"].entries()
        if further and not user["as"].text:
            user["as"].refuse(rule, "a uid, groups or extra are impersonated without a user", "set as")
        if user["exec"].given:
            self._check_exec(secure)
        elif secure and user["auth-provider"].given:
            self._check_provider(user["auth-provider"])
        if secure:
            self._check_token_file()
            self._check_pair()

    def _check_certificate(self) -> None:
        rule = self.rule
        for path, data in (self.certificate, self.key):
            if path.text and data.text:
                data.refuse(rule, f"{_name(path)} is given as a path and as data", "keep one of the two")
            elif path.text:
                read_bytes(named_in(self.named, path), rule)
        if not any(field.text or field.is_bad for field in self.key):
            self.user.refuse(rule, "the client certificate has no key", "set client-key")

    def _check_exec(self, secure: bool) -> None:
        run, rule = self.user["exec"], self.rule
        version, mode = run["apiVersion"], run["interactiveMode"]
        if self.user["auth-provider"].given:
            run.refuse(rule, "exec and auth-provider are given", "keep exec")
        for field in (run["command"], version):
            if not field.text:
                field.refuse(rule, f"exec has no {_name(field)}", f"set {_name(field)}")
        if secure and version.text and version.text not in _EXEC_VERSIONS:
            message = f"exec has the unknown apiVersion {shown(version.text)}"
            version.refuse(rule, message, f"write {_EXEC_VERSIONS[0]}")
        if mode.text and mode.text not in _MODES:
            mode.refuse(rule, f"exec has the unknown interactiveMode {shown(mode.text)}", f"write {', '.join(_MODES)}")
        elif not (mode.text or version.is_bad or version.text in _MODE_NOT_NEEDED):
            mode.refuse(rule, "exec does not say its interactiveMode", "write interactiveMode: Never")
        for variable in run["env"].items():
            if not variable["name"].text:
                variable["name"].refuse(rule, "a variable of exec has no name", "give it one, or remove it")

    def _check_provider(self, provider: Field) -> None:
        """Kubernetes: client-go/plugin/pkg/client/auth/oidc/oidc.go, newOIDCAuthProvider."""
        rule, config = self.rule, provider["config"]
        if provider["name"].text != _PROVIDER:
            name = shown(provider["name"].text)
            provider["name"].refuse(rule, f"the auth provider {name} is not built in", f"use exec, or {_PROVIDER}")
            return
        for name in ("idp-issuer-url", "client-id"):
            if not config[name].text:
                config[name].refuse(rule, f"the auth provider has no {name}", f"set {name}")
        path, data = config["idp-certificate-authority"], config["idp-certificate-authority-data"]
        if data.text and decode_base64(data.text) is None:
            data.refuse(rule, f"{data.path} is not base64", "encode it in standard base64 with padding")
            return
        # A relative path starts where the server was started.
        content = decode_base64(data.text) if data.text else None
        if not data.text and path.text.startswith("/"):
            content = read_bytes(named_in(self.named, path), rule)
        if content is not None:
            from compiler.config_files.keys import check_root_ca_of

            check_root_ca_of(content, named_in(self.named, data if data.text else path), rule)

    def _check_token_file(self) -> None:
        """Kubernetes: client-go/transport/token_source.go, fileTokenSource; a file of spaces passes."""
        field = self.user["tokenFile"]
        if not field.text or self.user["token"].text:
            return
        file = named_in(self.named, field)
        if read_bytes(file, self.rule) == b"":
            file.refuse(self.rule, f"{shown(file.path)} holds no token", "write the token into it")

    def _check_pair(self) -> None:
        """A pair of two files is read again and again, and not held together at the start."""
        if not any(field.text for field in self.certificate) or not (self.certificate[1].text or self.key[1].text):
            return
        if any(path.text and data.text for path, data in (self.certificate, self.key)):
            return
        first, second = (content_of(self.named, *fields, self.rule) for fields in (self.certificate, self.key))
        if first is not None and second is not None:
            from compiler.config_files.keys import check_pair_of

            files = [named_in(self.named, data if data.text else path) for path, data in (self.certificate, self.key)]
            check_pair_of(first, second, files[0], files[1], self.rule)


def named_in(kubeconfig: NamedFile, field: Field) -> NamedFile:
    """The file that a field names; relative paths start at the folder of the kubeconfig. Data stands for itself."""
    name = _name(field)
    path = name if name.endswith("-data") else posixpath.join(posixpath.dirname(kubeconfig.path), field.text)
    return named_by_field(kubeconfig.run, field, path)


def content_of(kubeconfig: NamedFile, path: Field, data: Field, rule: str) -> bytes | None:
    """What a pair of fields stands for; the data wins. None where there is nothing, or nothing known."""
    if data.text:
        return decode_base64(data.text)
    return read_bytes(named_in(kubeconfig, path), rule) if path.text else None


def _name(field: Field) -> str:
    return field.path.rpartition(".")[2]
