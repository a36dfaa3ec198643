"""Kubeconfigs of webhooks, as far as the server looks into them before it serves.

Only the current context's cluster and user are looked at, and the user only where the server's address is https.
Kubernetes: apiserver/pkg/util/webhook/webhook.go, LoadKubeconfig; client-go/tools/clientcmd; client-go/transport.
"""

from __future__ import annotations

import posixpath

from compiler.config_files.decoding import decode_base64
from compiler.config_files.field import Field
from compiler.config_files.reading import FileRules, NamedFile, load_config, named_by_field, read_bytes
from compiler.flags.go_url import parse_url
from compiler.flags.text import shown

KINDS = ("Config",)
_EXEC_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
_SECRETS = ("token", "password", "client-key-data")


def load_kubeconfig(named: NamedFile, rule: str, usable: bool = True) -> None:
    """Report under one rule everything for which the server would refuse the kubeconfig.

    Where `usable` is off, it only has to be readable: nobody looks at its current context before a call.
    """
    # Kind and apiVersion may be missing; and it is read as YAML whatever it looks like.
    rules = FileRules(read=rule, empty=rule, decode=rule, recognized=False)
    config = load_config(named, KINDS, rules)
    if config is None:
        return
    root = config.root
    if config.inline:
        _refuse_secrets(root)
    for part, inner in (("clusters", "cluster"), ("users", "user"), ("contexts", "context")):
        _check_names(root[part], rule, inner)
    if usable:
        _Kubeconfig(named, root, rule).check()


def _refuse_secrets(root: Field) -> None:
    for entry in root["users"].items():
        for name in _SECRETS:
            secret = entry["user"][name]
            if secret.given:
                hint = "name a file that holds it: tokenFile or client-key"
                secret.refuse("SEC-01", f"the document carries the {name} itself", hint)


def _check_names(entries: Field, rule: str, what: str) -> None:
    seen = set()
    for entry in entries.items():
        name = entry["name"].text
        if name in seen:
            entry["name"].refuse(rule, f"the {what} {shown(name)} stands twice", "give each a name of its own")
        seen.add(name)


class _Kubeconfig:
    """The part of one kubeconfig that its current context selects."""

    def __init__(self, named: NamedFile, root: Field, rule: str) -> None:
        self.named = named
        self.root = root
        self.rule = rule

    def check(self) -> None:
        current = self.root["current-context"]
        context = self._entry("contexts", current.text)
        if current.text and context is None:
            hint = "name one of the contexts"
            current.refuse(self.rule, f"the current context {shown(current.text)} is not in the file", hint)
            return
        wanted = context["context"]["cluster"] if context else current
        cluster = self._entry("clusters", wanted.text) if context else None
        if cluster is None:
            if context is None:
                message, hint = "no context is chosen", "set current-context"
            elif wanted.text:
                message, hint = f"the cluster {shown(wanted.text)} is not in the file", "name one of the clusters"
            else:
                message, hint = "the context names no cluster", "set its cluster"
            wanted.refuse(self.rule, message, hint)
            return
        self._check_cluster(cluster["cluster"])
        user = self._entry("users", context["context"]["user"].text) if context else None
        if user is not None:
            self._check_user(user["user"], cluster["cluster"]["server"].text)

    def _entry(self, part: str, name: str) -> Field | None:
        found = [entry for entry in self.root[part].items() if entry["name"].text == name]
        return found[0] if found else None

    def _check_cluster(self, cluster: Field) -> None:
        server, rule = cluster["server"], self.rule
        if not server.text:
            server.refuse(rule, "the cluster has no server", "write https://HOST:PORT/PATH")
        elif not _is_host(server.text):
            hint = "write https://HOST:PORT/PATH"
            server.refuse(rule, f"the server {shown(server.text)} is not a URL or a host", hint)
        proxy = cluster["proxy-url"]
        parsed = parse_url(proxy.text)
        if proxy.text and (parsed is None or parsed.scheme not in ("http", "https", "socks5")):
            proxy.refuse(rule, f"the proxy {shown(proxy.text)} is not a URL", "write http, https or socks5://HOST:PORT")
        path, data = cluster["certificate-authority"], cluster["certificate-authority-data"]
        if path.text and data.text:
            data.refuse(rule, "the CA bundle is given as a path and as data", "keep one of the two")
        secure = server.text.lower().startswith("https:")
        if cluster["insecure-skip-tls-verify"].on and (path.text or data.text) and secure:
            hint = "remove insecure-skip-tls-verify, or the CA bundle"
            cluster["insecure-skip-tls-verify"].refuse(rule, "a CA bundle is given, and then not used", hint)
        content = self._content(path, data)
        if content is not None and secure:
            from compiler.config_files.keys import check_root_ca_of

            check_root_ca_of(content, self._name(path if path.text else data), rule)

    def _check_user(self, user: Field, server: str) -> None:
        rule = self.rule
        certificate = (user["client-certificate"], user["client-certificate-data"])
        key = (user["client-key"], user["client-key-data"])
        if any(field.text for field in certificate):
            for path, data in (certificate, key):
                if path.text and data.text:
                    data.refuse(rule, f"{path.path} is given as a path and as data", "keep one of the two")
            if not any(field.text for field in key):
                user.refuse(rule, "the client certificate has no key", "set client-key")
        methods = [user["token"].text != "", bool(user["username"].text or user["password"].text)]
        if all(methods):
            user.refuse(rule, "a token and a password are given", "keep one way to authenticate")
        impersonated = any(user[name].given for name in ("as-uid", "as-groups", "as-user-extra"))
        if impersonated and not user["as"].text:
            user.refuse(rule, "a uid, groups or extra are impersonated without a user", "set as")
        self._check_exec(user)
        for path in (certificate[0], key[0]) if any(field.text for field in certificate) else ():
            if path.text:
                read_bytes(self._name(path), rule)
        if server.lower().startswith("https:"):
            self._check_secure(user, certificate, key)

    def _check_exec(self, user: Field) -> None:
        run, rule = user["exec"], self.rule
        if not run.given:
            return
        if user["auth-provider"].given:
            run.refuse(rule, "exec and auth-provider are given", "keep exec")
        for name in ("command", "apiVersion"):
            if not run[name].text:
                run[name].refuse(rule, f"exec has no {name}", f"set {name}")
        version, mode = run["apiVersion"].text, run["interactiveMode"]
        if version and version not in _EXEC_VERSIONS:
            hint = f"write {_EXEC_VERSIONS[0]}"
            run["apiVersion"].refuse(rule, f"exec has the unknown apiVersion {shown(version)}", hint)
        # Only v1 has no default for it.
        if mode.text not in ("Never", "IfAvailable", "Always") and (mode.text or version == _EXEC_VERSIONS[0]):
            mode.refuse(rule, "exec does not say its interactiveMode", "write interactiveMode: Never")
        for variable in run["env"].items():
            if not variable["name"].text:
                variable["name"].refuse(rule, "a variable of exec has no name", "give it one, or remove it")

    def _check_secure(self, user: Field, certificate: tuple[Field, Field], key: tuple[Field, Field]) -> None:
        """What is only looked at where the server is called over TLS."""
        rule = self.rule
        if user["auth-provider"].given and not user["exec"].given:
            name = shown(user["auth-provider"]["name"].text)
            user["auth-provider"].refuse(rule, f"the auth provider {name} is not built in", "use exec")
        token_file = user["tokenFile"]
        if token_file.text and not user["token"].text:
            read_bytes(self._name(token_file), rule)
        # A pair of two files is read again and again, and not held together at the start.
        if certificate[1].text or key[1].text:
            first, second = self._content(*certificate), self._content(*key)
            if first is not None and second is not None:
                from compiler.config_files.keys import check_pair_of

                names = [self._name(data if data.text else path) for path, data in (certificate, key)]
                check_pair_of(first, second, names[0], names[1], rule)

    def _name(self, field: Field) -> NamedFile:
        """The file that a field names; relative paths start at the folder of the kubeconfig."""
        if field.path.endswith("-data"):
            return named_by_field(self.named.run, field, field.path)
        path = posixpath.join(posixpath.dirname(self.named.path), field.text)
        return named_by_field(self.named.run, field, path)

    def _content(self, path: Field, data: Field) -> bytes | None:
        """What a pair of fields stands for; the data wins. None where there is nothing, or nothing known."""
        if data.text:
            return decode_base64(data.text)
        return read_bytes(self._name(path), self.rule) if path.text else None


def _is_host(server: str) -> bool:
    """Kubernetes: client-go/rest/url_utils.go, DefaultServerURL."""
    parsed = parse_url(server)
    if parsed is None or not parsed.scheme or not parsed.host:
        parsed = parse_url(f"http://{server}")
        return parsed is not None and parsed.path in ("", "/")
    return True
