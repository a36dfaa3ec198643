"""All option groups of one server, with what they share.

Kubernetes: cmd/kube-apiserver/app/options/options.go, ServerRunOptions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.apiserver.gates import FeatureGates
from compiler.apiserver.options.admission import AdmissionOptions
from compiler.apiserver.options.api_enablement import APIEnablementOptions
from compiler.apiserver.options.auditing import AuditOptions
from compiler.apiserver.options.authentication import AuthenticationOptions
from compiler.apiserver.options.authorization import AuthorizationOptions
from compiler.apiserver.options.cloud_provider import CloudProviderOptions
from compiler.apiserver.options.egress_selector import EgressSelectorOptions
from compiler.apiserver.options.etcd import EtcdOptions
from compiler.apiserver.options.features import FeatureOptions
from compiler.apiserver.options.flagset import FlagSet
from compiler.apiserver.options.generic import GenericOptions
from compiler.apiserver.options.global_ import GlobalOptions
from compiler.apiserver.options.logs import LogsOptions
from compiler.apiserver.options.metrics import MetricsOptions
from compiler.apiserver.options.misc import MiscOptions
from compiler.apiserver.options.secure_serving import SecureServingOptions
from compiler.apiserver.options.traces import TracingOptions
from compiler.diagnostics import Report
from compiler.inputs.server import Host, ServerInput
from compiler.upstream.catalog import Catalog

if TYPE_CHECKING:
    from compiler.apiserver.config_files import ConfigFile


class ServerRunOptions:
    """The options of one kube-apiserver.

    `catalog` holds the facts of the binary's version, `flags` the parsed values, `host` what is known of the machine
    and its files, `report` takes the findings. `gates` follow from the emulated version; until the registry is set
    they are the defaults. `config_files` are the structured files whose content could be had, as they were read.
    """

    def __init__(self, catalog: Catalog, given: ServerInput, host: Host, report: Report) -> None:
        self.catalog = catalog
        self.input = given
        self.host = host
        self.report = report
        self.flags = FlagSet(catalog)
        self.emulated = catalog.minor
        self.compatibility = catalog.minor - 1
        self.gates = FeatureGates(catalog, catalog.minor)
        self.config_files: list[ConfigFile] = []
        self.generic = GenericOptions(self)
        self.etcd = EtcdOptions(self)
        self.secure_serving = SecureServingOptions(self)
        self.auditing = AuditOptions(self)
        self.features = FeatureOptions(self)
        self.authentication = AuthenticationOptions(self)
        self.authorization = AuthorizationOptions(self)
        self.api_enablement = APIEnablementOptions(self)
        self.egress_selector = EgressSelectorOptions(self)
        self.admission = AdmissionOptions(self)
        self.metrics = MetricsOptions(self)
        self.logs = LogsOptions(self)
        self.traces = TracingOptions(self)
        self.misc = MiscOptions(self)
        self.cloud_provider = CloudProviderOptions(self)
        self.global_ = GlobalOptions(self)
