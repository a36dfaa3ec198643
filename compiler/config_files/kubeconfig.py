"""Kubeconfigs of webhooks, as far as the server looks into them before it serves.

Only the current context's cluster and user are looked at, and most of the user only where the server's address is
https. Kubernetes: apiserver/pkg/util/webhook/webhook.go, LoadKubeconfig and NewGenericWebhook;
client-go/tools/clientcmd.
"""

from __future__ import annotations

from compiler.config_files.field import Field
from compiler.config_files.kubeconfig_user import KubeconfigUser
from compiler.config_files.reading import FileRules, NamedFile, load_config
from compiler.flags.go_url import parse_url
from compiler.flags.text import shown

KINDS = ("Config",)
_LENIENT = "KUBECONFIG-01"


def load_kubeconfig(named: NamedFile, rule: str, usable: bool = True) -> None:
    """Report under one rule everything for which the server would refuse the kubeconfig.

    Where `usable` is off, it only has to be readable: nobody looks at its current context before a call.
    """
    # Kind and apiVersion may be missing; and it is read as YAML whatever it looks like.
    rules = FileRules(read=rule, empty=rule, decode=rule, lenient=_LENIENT, recognized=False)
    config = load_config(named, KINDS, rules)
    if config is None:
        return
    root = config.root
    _check_names(root["extensions"], rule, "extension")
    _check_names(root["preferences"]["extensions"], rule, "extension")
    for part, inner in (("clusters", "cluster"), ("users", "user"), ("contexts", "context")):
        _check_names(root[part], rule, inner)
        for entry in root[part].items():
            _check_names(entry[inner]["extensions"], rule, "extension")
    if usable:
        _Kubeconfig(named, root, rule).check()


def _check_names(entries: Field, rule: str, what: str) -> None:
    """Lists become maps by name. An extension that is null does not count."""
    seen = set()
    for entry in entries.items():
        name = entry["name"].text
        if name in seen:
            entry["name"].refuse(rule, f"the {what} {shown(name)} stands twice", "give each a name of its own")
        if what != "extension" or entry["extension"].given:
            seen.add(name)


class _Kubeconfig:
    """The part of one kubeconfig that its current context selects."""

    def __init__(self, named: NamedFile, root: Field, rule: str) -> None:
        self.named = named
        self.root = root
        self.rule = rule
        self.strictness = named.run.catalog.url_strictness

    def check(self) -> None:
        """Report everything that is wrong. What has no name is found under the empty name."""
        current = self.root["current-context"]
        context = self._entry("contexts", current.text)
        if current.text and context is None:
            self._refuse_missing(current, "contexts", f"the current context {shown(current.text)}")
            return
        chosen = context["context"] if context else None
        cluster = self._entry("clusters", chosen["cluster"].text if chosen else "")
        if cluster is None:
            self._refuse_cluster(current, chosen)
            return
        user = self._entry("users", chosen["user"].text if chosen else "")
        server = cluster["cluster"]["server"].text
        secure = self._is_secure(server)
        self._check_cluster(cluster["cluster"], secure)
        if user is not None:
            KubeconfigUser(self.named, user["user"], self.rule).check(secure)

    def _entry(self, part: str, name: str) -> Field | None:
        return next((entry for entry in self.root[part].items() if entry["name"].text == name), None)

    def _refuse_missing(self, field: Field, part: str, what: str) -> None:
        entries = self.root[part].items()
        if self.root[part].is_bad or any(entry.is_bad or entry["name"].is_bad for entry in entries):
            return
        names = ", ".join(shown(entry["name"].text) for entry in entries[:5])
        hint = f"name one of the {part}: {names}" if names else f"add it to the {part}"
        field.refuse(self.rule, f"{what} is not in the file", hint)

    def _refuse_cluster(self, current: Field, chosen: Field | None) -> None:
        if chosen is None:
            current.refuse(self.rule, "no context is chosen", "set current-context")
        elif chosen["cluster"].text:
            wanted = chosen["cluster"]
            self._refuse_missing(wanted, "clusters", f"the cluster {shown(wanted.text)}")
        else:
            chosen["cluster"].refuse(self.rule, "the context names no cluster", "set its cluster")

    def _is_secure(self, server: str) -> bool:
        """Whether the server is called over TLS. Kubernetes: client-go/rest/config.go, IsConfigTransportTLS."""
        parsed = parse_url(server, self.strictness)
        return parsed is not None and parsed.scheme == "https" and parsed.host != ""

    def _check_cluster(self, cluster: Field, secure: bool) -> None:
        """Kubernetes: client-go/tools/clientcmd/validation.go, validateClusterInfo; client-go/transport."""
        from compiler.config_files.kubeconfig_user import content_of, named_in

        server, rule = cluster["server"], self.rule
        if not server.text:
            server.refuse(rule, "the cluster has no server", "write https://HOST:PORT/PATH")
        elif not self._is_host(server.text):
            hint = "write https://HOST:PORT/PATH"
            server.refuse(rule, f"the server {shown(server.text)} is not a URL or a host", hint)
        proxy = cluster["proxy-url"]
        parsed = parse_url(proxy.text, self.strictness)
        if proxy.text and (parsed is None or parsed.scheme not in ("http", "https", "socks5")):
            hint = "write http, https or socks5://HOST:PORT"
            proxy.refuse(rule, f"the proxy {shown(proxy.text)} is not a URL of a known scheme", hint)
        path, data = cluster["certificate-authority"], cluster["certificate-authority-data"]
        if path.text and data.text:
            data.refuse(rule, "the CA bundle is given as a path and as data", "keep one of the two")
            return
        insecure = cluster["insecure-skip-tls-verify"]
        if insecure.on and (path.text or data.text) and secure:
            hint = "remove insecure-skip-tls-verify, or the CA bundle"
            insecure.refuse(rule, "a CA bundle is given, and then not used", hint)
        content = content_of(self.named, path, data, rule)
        if content is not None and secure:
            from compiler.config_files.keys import check_root_ca_of

            check_root_ca_of(content, named_in(self.named, path if path.text else data), rule)

    def _is_host(self, server: str) -> bool:
        """Kubernetes: client-go/rest/url_utils.go, DefaultServerURL."""
        parsed = parse_url(server, self.strictness)
        if parsed is None or not parsed.scheme or not parsed.host:
            parsed = parse_url(f"http://{server}", self.strictness)
            return parsed is not None and parsed.path in ("", "/")
        return True
