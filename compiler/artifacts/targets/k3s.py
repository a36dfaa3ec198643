"""The targets `k3s` and `rke2`: config.yaml.

k3s: pkg/cli/cmds/server.go; pkg/daemons/control/server.go. RKE2: pkg/cli/cmds/server.go; pkg/rke2.
"""

from __future__ import annotations

from typing import Any

from compiler.artifacts.targets.flags import ADVERTISE, Difference, Extras
from compiler.artifacts.targets.form import Form, Reason
from compiler.artifacts.targets.volumes import extra_volumes

_ISSUER = "https://kubernetes.default.svc."
_SERVER_FILES = {
    "client-ca-file": "server/tls/client-ca.crt",
    "kubelet-client-certificate": "server/tls/client-kube-apiserver.crt",
    "requestheader-client-ca-file": "server/tls/request-header-ca.crt",
    "service-account-signing-key-file": "server/tls/service.current.key",
    "tls-cert-file": "server/tls/serving-kube-apiserver.crt",
}
"""Files that k3s creates in its data directory."""
_EGRESS = "server/etc/egress-selector-config.yaml"
_ENCRYPTION = "server/cred/encryption-config.json"
_ETCD = {
    "etcd-cafile": "server/tls/etcd/server-ca.crt",
    "etcd-certfile": "server/tls/etcd/client.crt",
    "etcd-keyfile": "server/tls/etcd/client.key",
}
_DATASTORE = {
    "etcd-cafile": "datastore-cafile",
    "etcd-certfile": "datastore-certfile",
    "etcd-keyfile": "datastore-keyfile",
}
_NODE_RESTRICTION = "NodeRestriction"
_PLUGINS = "enable-admission-plugins"


class K3s(Form):
    """The keys of k3s from which flags follow; all other flags are in kube-apiserver-arg."""

    data_directory = "/var/lib/rancher/k3s"
    place = "/etc/rancher/k3s/config.yaml"
    port = 6444

    def write(self, extras: Extras) -> str:
        """Return the file."""
        keys = self.keys()
        arguments = [f"{flag}={value}" for flag, value in self.arguments(extras)]
        if arguments:
            keys["kube-apiserver-arg"] = arguments
        comment = self.place
        if any("kine.sock" in each for each in self.wanted.texts("etcd-servers")):
            comment += (
                "\nThe flags do not say which datastore is behind kine: set datastore-endpoint if it is not SQLite."
            )
        return self.commented(comment, keys or {"kube-apiserver-arg": []})

    def arguments(self, extras: Extras) -> list[tuple[str, str]]:
        """Return the flags that no key sets."""
        return list(extras.texts())

    def keys(self) -> dict[str, Any]:
        """Return the keys of the flags that follow from other settings."""
        wanted, keys = self.wanted, self.datastore()
        if self.directory != self.data_directory:
            keys["data-dir"] = self.directory
        for flag, key in {"service-cluster-ip-range": "service-cidr", ADVERTISE: ADVERTISE}.items():
            if wanted.text(flag):
                keys[key] = wanted.text(flag)
        if ports := wanted.text("service-node-port-range"):
            keys["service-node-port-range"] = ports
        issuers = wanted.texts("service-account-issuer")
        if len(issuers) == 1 and issuers[0].startswith(_ISSUER) and issuers[0] != f"{_ISSUER}cluster.local":
            keys["cluster-domain"] = issuers[0].removeprefix(_ISSUER)
        if wanted.text("egress-selector-config-file") != f"{self.directory}/{_EGRESS}":
            keys["egress-selector-mode"] = "disabled"
        keys |= self.own_keys()
        if level := wanted.flags.number("v"):
            keys["v"] = level
        return keys

    def own_keys(self) -> dict[str, Any]:
        """Return the keys that RKE2 does not have."""
        keys: dict[str, Any] = {}
        port = self.wanted.flags.number("secure-port")
        # The supervisor listens on https-listen-port, and kube-apiserver on the next port.
        if port != self.port and 1 < port < 65536:
            keys["https-listen-port"] = port - 1
        if self.wanted.text("encryption-provider-config") == f"{self.directory}/{_ENCRYPTION}":
            keys["secrets-encryption"] = True
        return keys

    def datastore(self) -> dict[str, Any]:
        """Return the keys of the datastore: etcd that k3s runs, another etcd, or the default."""
        if self._has_embedded_etcd():
            return self.embedded_etcd()
        servers = self.wanted.texts("etcd-servers")
        if not servers or not all(each.startswith(("http://", "https://", "unix:///")) for each in servers):
            return {}
        keys: dict[str, Any] = {"datastore-endpoint": ",".join(servers)}
        return keys | {key: self.wanted.text(flag) for flag, key in _DATASTORE.items() if self.wanted.text(flag)}

    def embedded_etcd(self) -> dict[str, Any]:
        """Return the key that makes k3s run etcd."""
        return {"cluster-init": True}

    def _has_embedded_etcd(self) -> bool:
        files = all(self.wanted.text(flag) == f"{self.directory}/{file}" for flag, file in _ETCD.items())
        return files and self.wanted.texts("etcd-servers") in (("https://127.0.0.1:2379",), ("https://[::1]:2379",))

    @property
    def directory(self) -> str:
        """The data directory: that of the files which k3s creates, if they are in one."""
        for flag, file in _SERVER_FILES.items():
            directory = self.wanted.text(flag).removesuffix(f"/{file}")
            if directory.startswith("/") and directory != self.wanted.text(flag):
                return directory
        return self.data_directory

    def reason(self, difference: Difference) -> Reason | None:
        """Return the reason for the lists that k3s completes."""
        flag = difference.flag
        if flag == "tls-cipher-suites" and difference.wanted is None:
            message = f"{self.title} sets --{flag} to a list of its own, and the input does not set it"
            hint = f"set the cipher suites, or omit {self.target.name} in --emit"
            return Reason(flag, message, hint)
        return None


class RKE2(K3s):
    """The keys of RKE2, which are those of k3s with a few differences."""

    expands = True

    data_directory = "/var/lib/rancher/rke2"
    place = "/etc/rancher/rke2/config.yaml"

    def own_keys(self) -> dict[str, Any]:
        """Return the keys that k3s does not have."""
        keys: dict[str, Any] = {}
        if admission := self.wanted.text("admission-control-config-file"):
            keys["pod-security-admission-config-file"] = admission
        if image := self.deployment.get("image"):
            keys["kube-apiserver-image"] = image
        if mounts := self._mounts():
            keys["kube-apiserver-extra-mount"] = mounts
        if variables := self.variables():
            keys["kube-apiserver-extra-env"] = [f"{name}={value}" for name, value in variables.items()]
        return keys

    def datastore(self) -> dict[str, Any]:
        """Return the keys of the datastore; kine, the default of k3s, replaces etcd here."""
        kine = self.wanted.texts("etcd-servers") == (f"unixs://{self.directory}/server/kine.sock",)
        return {"disable-etcd": True} if kine else super().datastore()

    def embedded_etcd(self) -> dict[str, Any]:
        """Return no key: RKE2 runs etcd by default."""
        return {}

    def arguments(self, extras: Extras) -> list[tuple[str, str]]:
        """Return the flags that no key sets; RKE2 adds the admission plugin NodeRestriction itself."""
        given = dict(extras.given)
        if _PLUGINS in given:
            plugins = [each for each in self.wanted.texts(_PLUGINS) if each != _NODE_RESTRICTION]
            given[_PLUGINS] = [",".join(plugins)] if plugins else []
        unset = {flag: default for flag, default in extras.unset.items() if flag != _PLUGINS}
        return list(extras._replace(given=given, unset=unset).texts())

    def reason(self, difference: Difference) -> Reason | None:
        """Return the reason for the plugin that RKE2 adds."""
        if difference.flag == _PLUGINS:
            message = f"RKE2 always enables the admission plugin {_NODE_RESTRICTION}, and the input does not"
            return Reason(_PLUGINS, message, f"enable it, or omit {self.target.name} in --emit")
        return super().reason(difference)

    def _mounts(self) -> list[str]:
        """Return the mounts that RKE2 does not add: it mounts its own directories and the files that flags name."""
        named = {text for texts in self.wanted.lines.values() for text in texts}
        mounts = []
        for volume in extra_volumes(self, (self.directory, "/etc/ssl/certs")):
            mode = "ro" if volume.get("readOnly") else "rw"
            if volume["mountPath"] not in named:
                mounts.append(f"{volume['hostPath']}:{volume['mountPath']}:{mode}")
        return mounts
