"""The list of steps beside the server's own order, and what a step leaves behind."""

from __future__ import annotations

from tests.apiserver.options.running import server


def steps_of(*stages: str) -> list[str]:
    """The names of the steps that some stages ran, in order; of all stages if none is named."""
    ran = server()[0].config.stages
    return [step for stage in stages or ran for step in ran[stage]]


def in_order(wanted: list[str], found: list[str]) -> bool:
    """Whether the wanted names all stand there, in this order."""
    remaining = iter(found)
    return all(name in remaining for name in wanted)


def test_stages_have_the_order_of_the_server() -> None:
    """cmd/kube-apiserver/app/server.go, NewAPIServerCommand and Run."""
    stages = list(server()[0].config.stages)
    assert stages == [
        "Set",
        "Complete",
        "Validate",
        "BuildGenericConfig",
        "CreateKubeAPIServerConfig",
        "CreateServerChain",
    ]
    assert len(set(steps_of())) == len(steps_of())


def test_completion_has_the_order_of_the_server() -> None:
    """cmd/kube-apiserver/app/options/completion.go, then pkg/controlplane/apiserver/options/options.go."""
    assert in_order(
        [
            "getServiceIPAndRanges",
            "DefaultAdvertiseAddress",
            "MaybeDefaultWithSelfSignedCerts",
            "defaultExternalHost",
            "ApplyAuthorization",
            "completeServiceAccountOptions",
            "rewriteRuntimeConfig",
            "ParseWatchCacheSizes",
        ],
        steps_of("Complete"),
    )


def test_validation_has_the_order_of_the_server() -> None:
    """pkg/controlplane/apiserver/options/validation.go, then cmd/kube-apiserver/app/options/validation.go."""
    assert in_order(
        [
            "GenericServerRunOptions.Validate",
            "Etcd.Validate",
            "validateAPIPriorityAndFairness",
            "SecureServing.Validate",
            "Authentication.Validate",
            "Authorization.Validate",
            "Audit.Validate",
            "Admission.Validate",
            "APIEnablement.Validate",
            "validateTokenRequest",
            "Metrics.Validate",
            "validateUnknownVersionInteroperabilityProxyFlags",
            "validateServiceAccountTokenSigningConfig",
            "validateCoordinatedLeadershipFlags",
            "validateClusterIPFlags",
            "validateServiceNodePort",
            "validatePublicIPServiceClusterIPRangeIPFamilies",
            "validateAPIServerCount",
        ],
        steps_of("Validate"),
    )


def test_the_config_is_built_in_the_order_of_the_server() -> None:
    """pkg/controlplane/apiserver/config.go, BuildGenericConfig, then CreateConfig and the delegates."""
    assert in_order(
        [
            "NewConfig",
            "GenericServerRunOptions.ApplyTo",
            "SecureServing.ApplyToConfig",
            "tweakLoopbackClientConfig",
            "NewSharedInformerFactory",
            "Features.ApplyTo",
            "APIEnablement.ApplyTo",
            "EgressSelector.ApplyTo",
            "Traces.ApplyTo",
            "OpenAPIConfig",
            "etcdTransportEgress",
            "NewStorageFactoryConfig.Complete.New",
            "addEtcdHealthEndpoint",
            "LoadEncryptionConfig",
            "Etcd.ApplyWithStorageFactoryTo",
            "NewRESTOptionsGetter",
            "Authentication.ApplyTo",
            "BuildAuthorizer",
            "Audit.ApplyTo",
            "AggregatedDiscoveryGroupManager",
            "capabilities.Setup",
            "buildServiceResolver",
            "Metrics.Apply",
            "eventStorage",
            "BuildPeerProxy",
            "ClusterAuthenticationInfo",
            "Admission.ApplyTo",
            "serviceAccountIssuer",
            "CreateAPIExtensionsConfig",
            "CreateAggregatorConfig",
            "Config.Complete",
            "DefaultBuildHandlerChain",
            "CreateServerChain",
            "PrepareRun",
            "Run",
        ],
        steps_of("BuildGenericConfig", "CreateKubeAPIServerConfig", "CreateServerChain"),
    )


def test_every_value_knows_its_step_and_its_flags() -> None:
    resolved, _ = server("--max-requests-inflight=7")
    config, flags = resolved.config, resolved.context.flags
    assert set(config.provenance) == set(config.settings())
    steps = set(steps_of())
    for path, origin in config.provenance.items():
        assert origin.step in steps, path
        assert [flag for flag in origin.flags if not flags.has(flag) and flag in resolved.context.catalog.flags] == []
    assert config.provenance["flowControl.totalConcurrency"].step == "Features.ApplyTo"
    assert "max-requests-inflight" in config.provenance["flowControl.totalConcurrency"].flags


def test_every_flag_that_the_server_reads_leads_somewhere() -> None:
    """A flag that no value comes from would be lost in the resolved config."""
    resolved, _ = server()
    used = {flag for origin in resolved.config.provenance.values() for flag in origin.flags}
    # Those that change nothing any more, that end the program, or that are read when their own part is on.
    idle = {"default-watch-cache-size", "kubelet-read-only-port", "help", "version"}
    prefixes = ("audit-log-", "audit-webhook-", "authorization-webhook-", "authorization-policy-")
    lost = [name for name in resolved.context.catalog.flags if name not in used | idle]
    assert [name for name in lost if not name.startswith(prefixes)] == []


def test_flags_of_a_backend_lead_to_it() -> None:
    resolved, _ = server("--audit-policy-file=/p", "--audit-log-path=/a", "--audit-log-maxage=3")
    assert "audit-log-maxage" in resolved.config.provenance["audit.backends"].flags


def test_the_last_step_to_set_a_value_is_told() -> None:
    resolved, _ = server("--external-hostname=api.example.com")
    assert resolved.config.generic.external_address == "api.example.com:6443"
    assert resolved.config.provenance["generic.externalAddress"].step == "Config.Complete"
