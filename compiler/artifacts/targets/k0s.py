"""The target `k0s`: ClusterConfig.

k0s: pkg/apis/k0s/v1beta1; pkg/component/controller/apiserver.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compiler.artifacts.targets.flags import ADVERTISE, Difference, Extras, joined
from compiler.artifacts.targets.form import Form, Reason
from compiler.upstream.catalog.facts import minor_of

PORT = 6443
_PKI = "/var/lib/k0s/pki"
_RAW_SINCE = 34
"""The minor version from which spec.api.rawArgs is read."""
_ETCD = {
    "etcd-cafile": f"{_PKI}/etcd/ca.crt",
    "etcd-certfile": f"{_PKI}/apiserver-etcd-client.crt",
    "etcd-keyfile": f"{_PKI}/apiserver-etcd-client.key",
}
_EXTERNAL = {"etcd-cafile": "caFile", "etcd-certfile": "clientCertFile", "etcd-keyfile": "clientKeyFile"}
_KINE = "unix:/run/k0s/kine/kine.sock:2379"


class K0s(Form):
    """The fields of k0s from which flags follow; all other flags are in extraArgs, repeated ones in rawArgs."""

    def write(self, extras: Extras) -> str:
        """Return the file."""
        values = self._values(extras)
        arguments = {flag: texts[0] for flag, texts in values.items()}
        raw = [f"--{flag}={text}" for flag, texts in values.items() for text in texts[1:]]
        api = self._api() | ({"extraArgs": arguments} if arguments else {})
        if raw and self._reads_raw_arguments:
            api["rawArgs"] = raw
        spec = {"api": api, "network": self._network(), "storage": self._storage()}
        config = {
            "apiVersion": "k0s.k0sproject.io/v1beta1",
            "kind": "ClusterConfig",
            "metadata": {"name": self.wanted.input.name},
            "spec": {key: value for key, value in spec.items() if value},
        }
        return self.commented(f"k0s controller --config {self.target.file}", config)

    def refusals(self, extras: Extras) -> Iterator[Reason]:
        """Yield the flags that k0s cannot repeat."""
        if self._reads_raw_arguments:
            return
        for flag, texts in self._values(extras).items():
            if len(texts) > 1:
                message = f"k0s {self.version} cannot repeat --{flag}, which the input sets {len(texts)} times"
                hint = f"set it once, use k0s 1.{_RAW_SINCE} or later, or omit {self.target.name} in --emit"
                yield Reason(flag, f"{message}: spec.api.extraArgs is a map", hint)

    def reason(self, difference: Difference) -> Reason | None:
        """Return the reason for the flags that k0s writes after those of the user."""
        flag, passed = difference.flag, difference.passed
        if flag.startswith("etcd-") and passed:
            message = f"k0s sets --{flag} to {passed[-1]} itself: flags of etcd in extraArgs have no effect"
            return Reason(flag, message, f"use this value, or omit {self.target.name} in --emit")
        return None

    def _values(self, extras: Extras) -> dict[str, list[str]]:
        """Return the values of each flag, one if the type of the flag permits it."""
        values: dict[str, list[str]] = {}
        for flag, value in extras.texts():
            values.setdefault(flag, []).append(value)
        return {flag: joined(self.wanted.catalog.flags[flag], texts) for flag, texts in values.items()}

    @property
    def _reads_raw_arguments(self) -> bool:
        return minor_of(self.version) >= _RAW_SINCE

    def _api(self) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        if self.wanted.text(ADVERTISE):
            fields["address"] = self.wanted.text(ADVERTISE)
        port = self.wanted.flags.number("secure-port")
        return fields | ({"port": port} if port != PORT else {})

    def _network(self) -> dict[str, Any]:
        services = self.wanted.text("service-cluster-ip-range")
        # Of another family than that of podCIDR, k0s refuses it.
        return {"serviceCIDR": services} if services and not {",", ":"} & set(services) else {}

    def _storage(self) -> dict[str, Any]:
        """Return the storage: etcd that k0s runs, another etcd, or kine."""
        wanted = self.wanted
        servers = wanted.texts("etcd-servers")
        files = {flag: wanted.text(flag) for flag in _EXTERNAL}
        if servers == (_KINE,):
            return {"type": "kine"}
        if not servers or (files == _ETCD and servers == ("https://127.0.0.1:2379",)):
            return {}
        external: dict[str, Any] = {"endpoints": list(servers), "etcdPrefix": wanted.flags.text("etcd-prefix")}
        if all(files.values()):
            external |= {_EXTERNAL[flag]: path for flag, path in files.items()}
        return {"type": "etcd", "etcd": {"externalCluster": external}}
