"""All option groups of one server, and what they share.

Kubernetes: cmd/kube-apiserver/app/options/options.go, ServerRunOptions.
"""

from __future__ import annotations

from compiler.apiserver.context import ServerContext
from compiler.apiserver.options.admission import AdmissionOptions
from compiler.apiserver.options.api_enablement import APIEnablementOptions
from compiler.apiserver.options.auditing import AuditOptions
from compiler.apiserver.options.authentication import AuthenticationOptions
from compiler.apiserver.options.authorization import AuthorizationOptions
from compiler.apiserver.options.egress_selector import EgressSelectorOptions
from compiler.apiserver.options.etcd import EtcdOptions
from compiler.apiserver.options.features import FeatureOptions
from compiler.apiserver.options.generic import GenericOptions
from compiler.apiserver.options.logs import LogsOptions
from compiler.apiserver.options.metrics import MetricsOptions
from compiler.apiserver.options.misc import CloudProviderOptions, GlobalOptions, MiscOptions
from compiler.apiserver.options.secure_serving import SecureServingOptions
from compiler.apiserver.options.services import ServiceOptions
from compiler.apiserver.options.traces import TracingOptions


class ServerRunOptions:
    """The option groups of one kube-apiserver."""

    def __init__(self, context: ServerContext) -> None:
        self.generic = GenericOptions(context)
        self.etcd = EtcdOptions(context)
        self.secure_serving = SecureServingOptions(context)
        self.auditing = AuditOptions(context)
        self.features = FeatureOptions(context)
        self.authentication = AuthenticationOptions(context)
        self.authorization = AuthorizationOptions(context)
        self.api_enablement = APIEnablementOptions(context)
        self.egress_selector = EgressSelectorOptions(context)
        self.admission = AdmissionOptions(context)
        self.metrics = MetricsOptions(context)
        self.logs = LogsOptions(context)
        self.traces = TracingOptions(context)
        self.services = ServiceOptions(context)
        self.misc = MiscOptions(context)
        self.cloud_provider = CloudProviderOptions(context)
        self.global_ = GlobalOptions(context)
