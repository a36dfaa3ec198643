"""Complete the options.

Kubernetes: cmd/kube-apiserver/app/options/completion.go and pkg/controlplane/apiserver/options/options.go, Complete.
"""

from __future__ import annotations

from compiler.apiserver.options import ServerRunOptions
from compiler.apiserver.resolved import ResolvedConfig


def complete(options: ServerRunOptions, config: ResolvedConfig) -> None:
    """Fill in what the flags leave to the server."""
    config.begin_stage("Complete")
    step = config.step
    step("getServiceIPAndRanges", options.services.complete)
    step("DefaultAdvertiseAddress", options.generic.complete_advertise_address)
    step("MaybeDefaultWithSelfSignedCerts", options.secure_serving.complete)
    step("defaultExternalHost", options.generic.complete_external_host)
    step("ApplyAuthorization", options.authorization.complete)
    step("completeServiceAccountOptions", options.authentication.complete)
    step("loadSigningKey", options.authentication.check_signing_key)
    step("rewriteRuntimeConfig", options.api_enablement.complete)
    step("ParseWatchCacheSizes", options.etcd.complete)
