"""All option groups of one server, with what they share.

Kubernetes: cmd/kube-apiserver/app/options/options.go, ServerRunOptions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.catalog import Catalog
from compiler.diagnostics import Report
from compiler.gates import FeatureGates
from compiler.host import Host
from compiler.input import ServerInput
from compiler.options.admission import AdmissionOptions
from compiler.options.api_enablement import APIEnablementOptions
from compiler.options.auditing import AuditOptions
from compiler.options.authentication import AuthenticationOptions
from compiler.options.authorization import AuthorizationOptions
from compiler.options.cloud_provider import CloudProviderOptions
from compiler.options.egress_selector import EgressSelectorOptions
from compiler.options.etcd import EtcdOptions
from compiler.options.features import FeatureOptions
from compiler.options.flagset import FlagSet
from compiler.options.generic import GenericOptions
from compiler.options.global_ import GlobalOptions
from compiler.options.logs import LogsOptions
from compiler.options.metrics import MetricsOptions
from compiler.options.misc import MiscOptions
from compiler.options.secure_serving import SecureServingOptions
from compiler.options.traces import TracingOptions

if TYPE_CHECKING:
    from compiler.config_files.reading import ConfigFile


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
