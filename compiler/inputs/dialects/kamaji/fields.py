"""Fields of TenantControlPlane and DataStore, from the CustomResourceDefinitions of Kamaji."""

from __future__ import annotations

from compiler.inputs.dialects.fields import Fields

_METADATA: Fields = {"labels": "any", "annotations": "any"}
_IMAGE: Fields = {"imageRepository": "string", "imageTag": "string"}
_PER_COMPONENT: Fields = {"apiServer": ["string"], "controllerManager": ["string"], "scheduler": ["string"]}

_DEPLOYMENT: Fields = {
    "additionalContainers": "any",
    "additionalInitContainers": "any",
    "additionalMetadata": _METADATA,
    "additionalVolumeMounts": "any",
    "additionalVolumes": "any",
    "affinity": "any",
    "automountServiceAccountToken": "bool",
    "containerSecurityContexts": "any",
    "extraArgs": {**_PER_COMPONENT, "kine": ["string"]},
    "nodeSelector": "any",
    "podAdditionalMetadata": _METADATA,
    "podSecurityContext": "any",
    "probes": "any",
    "registrySettings": {
        "apiServerImage": "string",
        "controllerManagerImage": "string",
        "registry": "string",
        "schedulerImage": "string",
        "tagSuffix": "string",
    },
    "replicas": "int",
    "resources": "any",
    "runtimeClassName": "string",
    "serviceAccountName": "string",
    "strategy": "any",
    "tolerations": "any",
    "topologySpreadConstraints": "any",
}
_SPEC: Fields = {
    "addons": {"coreDNS": _IMAGE, "kubeProxy": _IMAGE, "konnectivity": {"agent": "any", "server": "any"}},
    "controlPlane": {
        "deployment": _DEPLOYMENT,
        "gateway": {"additionalMetadata": _METADATA, "hostname": "string", "parentRefs": "any"},
        "ingress": {"additionalMetadata": _METADATA, "hostname": "string", "ingressClassName": "string"},
        "service": {
            "additionalMetadata": _METADATA,
            "additionalPorts": "any",
            "allocateLoadBalancerNodePorts": "bool",
            "serviceType": "string",
        },
    },
    "dataStore": "string",
    "dataStoreOverrides": [{"resource": "string", "dataStore": "string"}],
    "dataStoreSchema": "string",
    "dataStoreUsername": "string",
    "kubernetes": {
        "admissionControllers": ["string"],
        "kubelet": {
            "cgroupfs": "string",
            "configurationJSONPatches": "any",
            "preferredAddressTypes": ["string"],
        },
        "version": "string",
    },
    "networkProfile": {
        "address": "string",
        "advertiseAddress": "string",
        "allowAddressAsExternalIP": "bool",
        "certSANs": ["string"],
        "clusterDomain": "string",
        "dnsServiceIPs": ["string"],
        "loadBalancerClass": "string",
        "loadBalancerSourceRanges": ["string"],
        "podCidr": "string",
        "podCidrs": ["string"],
        "port": "int",
        "serviceCidr": "string",
        "serviceCidrs": ["string"],
    },
    "writePermissions": {"blockCreation": "bool", "blockDeletion": "bool", "blockUpdate": "bool"},
}
TENANT: Fields = {"apiVersion": "string", "kind": "string", "metadata": "any", "spec": _SPEC, "status": "any"}
"""The fields of a TenantControlPlane of kamaji.clastix.io/v1alpha1."""

DATA_STORE: Fields = {
    "apiVersion": "string",
    "kind": "string",
    "metadata": "any",
    "spec": {"driver": "string", "endpoints": ["string"], "basicAuth": "any", "tlsConfig": "any"},
    "status": "any",
}
"""The fields of a DataStore of kamaji.clastix.io/v1alpha1."""

PLUGINS = frozenset(
    (
        *("AlwaysAdmit", "AlwaysDeny", "AlwaysPullImages", "CertificateApproval", "CertificateSigning"),
        *("CertificateSubjectRestriction", "DefaultIngressClass", "DefaultStorageClass", "DefaultTolerationSeconds"),
        *("DenyEscalatingExec", "DenyExecOnPrivileged", "DenyServiceExternalIPs", "EventRateLimit"),
        *("ExtendedResourceToleration", "ImagePolicyWebhook", "LimitPodHardAntiAffinityTopology", "LimitRanger"),
        *("MutatingAdmissionWebhook", "NamespaceAutoProvision", "NamespaceExists", "NamespaceLifecycle"),
        *("NodeRestriction", "OwnerReferencesPermissionEnforcement", "PersistentVolumeClaimResize"),
        *("PersistentVolumeLabel", "PodNodeSelector", "PodSecurity", "PodSecurityPolicy", "PodTolerationRestriction"),
        *("Priority", "ResourceQuota", "RuntimeClass", "SecurityContextDeny", "ServiceAccount"),
        *("StorageObjectInUseProtection", "TaintNodesByCondition", "ValidatingAdmissionWebhook"),
    )
)
"""The admission plugins that Kamaji accepts: api/v1alpha1/types.go, AdmissionController."""
