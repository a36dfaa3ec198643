"""The schema of the whole document: what stands beside the option groups."""

from __future__ import annotations

from typing import Any

from compiler.upstream.catalog import Catalog, section_of

_TEXT: dict[str, Any] = {"type": "string"}
_LABELS: dict[str, Any] = {"type": "object", "additionalProperties": {"type": "string"}}
_PATH_TYPES = ("", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket", "CharDevice", "BlockDevice")
_QUANTITIES: dict[str, Any] = {"type": "object", "additionalProperties": {"type": ["string", "number"]}}

_GROUPS = {
    "generic": "Limits, timeouts, shutdown, versions and feature gates.",
    "etcd": "Where and how objects are stored, and encryption at rest.",
    "secure_serving": "The HTTPS listener and its certificates.",
    "auditing": "What is recorded of each request, and where.",
    "features": "Profiling, and priority and fairness.",
    "authentication": "Who a request comes from.",
    "authorization": "What a request may do.",
    "api_enablement": "Which APIs are on.",
    "egress_selector": "How the server dials out.",
    "admission": "Admission plugins and their configuration.",
    "metrics": "The server's own metrics.",
    "logs": "The server's own log.",
    "traces": "OpenTelemetry traces.",
    "misc": "Services, kubelets, the aggregator, peers and leadership.",
    "cloud_provider": "What is left of the in-tree cloud providers.",
    "global": "Flags that every Kubernetes program has.",
}


def document_schema(known: Catalog) -> dict[str, Any]:
    """The schema of a kasc document for one version; groups are referred to by file name."""
    groups = {
        section_of(group): {"description": _GROUPS[group], "$ref": f"{group}.schema.json"} for group in known.groups
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"kasc document, Kubernetes {known.version}",
        "description": "One kube-apiserver, declared whole.",
        "type": "object",
        "additionalProperties": False,
        "required": ["apiVersion", "kind"],
        "properties": {
            "apiVersion": {"const": "kasc/v1", "description": "The version of this format."},
            "kind": {"const": "APIServer", "description": "What the document declares."},
            "kubernetesVersion": {
                "type": ["string", "number"],
                "pattern": r"^v?1\.[0-9]+(\.[0-9]+)?$",
                "description": "The Kubernetes version that the server runs, such as 1.36 or 1.36.2.",
            },
            "metadata": {
                "type": "object",
                "description": "What the server is called.",
                "additionalProperties": False,
                "properties": {
                    "name": {
                        "type": "string",
                        "pattern": r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$",
                        "maxLength": 253,
                        "description": "The name of the server or cluster; artifacts are written under it.",
                    },
                    "labels": {**_LABELS, "description": "Labels of your own; they change nothing."},
                },
            },
            "extends": {
                "type": ["string", "array"],
                "items": _TEXT,
                "description": "Documents that this one builds on, applied in order; paths start at this file.",
            },
            **groups,
            "extraFlags": {
                "type": "object",
                "description": "Flags by their own names, without dashes, for what has no key here.",
                "additionalProperties": {
                    "type": ["string", "boolean", "number", "array"],
                    "items": {"type": ["string", "boolean", "number"]},
                },
            },
            "deployment": _deployment(),
        },
    }


def _deployment() -> dict[str, Any]:
    return {
        "type": "object",
        "description": "How the server is run, for the artifacts that run it.",
        "additionalProperties": False,
        "properties": {
            "image": {**_TEXT, "description": "Container image; else the upstream one of the version."},
            "imagePullPolicy": {
                "enum": ["Always", "IfNotPresent", "Never"],
                "description": "When the image is pulled.",
            },
            "name": {**_TEXT, "description": "Name of the Pod."},
            "namespace": {**_TEXT, "description": "Namespace of the Pod."},
            "labels": {**_LABELS, "description": "Labels added to the Pod."},
            "annotations": {**_LABELS, "description": "Annotations of the Pod."},
            "priorityClassName": {**_TEXT, "description": "Priority class of the Pod."},
            "hostNetwork": {"type": "boolean", "description": "Whether the Pod uses the node's network."},
            "terminationGracePeriodSeconds": {
                "type": "integer",
                "minimum": 0,
                "maximum": 2**63 - 1,
                "description": "How long the kubelet waits for the server to end, in seconds.",
            },
            "loadBalancer": _load_balancer(),
            "resources": {
                "type": "object",
                "description": "What the container asks for and may use.",
                "additionalProperties": False,
                "properties": {
                    "requests": {**_QUANTITIES, "description": "What the container asks for."},
                    "limits": {**_QUANTITIES, "description": "What the container may use at most."},
                },
            },
            "securityContext": _security_context(),
            "extraVolumes": {
                "type": "array",
                "description": "Host paths mounted besides those that the flags name.",
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["name", "hostPath", "mountPath"],
                    "properties": {
                        "name": {**_TEXT, "description": "Name of the volume."},
                        "hostPath": {**_TEXT, "description": "Path on the node."},
                        "mountPath": {**_TEXT, "description": "Path in the container."},
                        "readOnly": {"type": "boolean", "description": "Whether the container may only read it."},
                        "pathType": {
                            "enum": list(_PATH_TYPES),
                            "description": "What has to be at the host path, or is made; else nothing is looked at.",
                        },
                    },
                },
            },
            "env": {
                "type": "array",
                "description": "Environment variables of the container.",
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["name", "value"],
                    "properties": {
                        "name": {**_TEXT, "description": "Name of the variable."},
                        "value": {**_TEXT, "description": "Its value."},
                    },
                },
            },
        },
    }


def _load_balancer() -> dict[str, Any]:
    """What is known of the load balancer in front of the servers."""

    def number(least: int, most: int, description: str) -> dict[str, Any]:
        return {"type": "integer", "minimum": least, "maximum": most, "description": description}

    return {
        "type": "object",
        "description": "How the load balancer in front looks at readyz; its settings are emitted accordingly.",
        "additionalProperties": False,
        "properties": {
            "intervalSeconds": number(1, 300, "Seconds from one check to the next; 5 where it is not given."),
            "timeoutSeconds": number(1, 120, "Seconds that an answer may take; 3 where it is not given."),
            "unhealthyThreshold": number(1, 10, "Failures in a row that take a server out; 2 where it is not given."),
            "healthyThreshold": number(1, 10, "Successes in a row that take it in again; 2 where it is not given."),
        },
    }


def _security_context() -> dict[str, Any]:
    """What a Pod's security context may hold on Linux. Kubernetes: pkg/apis/core/types.go, PodSecurityContext."""
    number: dict[str, Any] = {"type": "integer", "minimum": 0, "maximum": 2**31 - 1}
    return {
        "type": "object",
        "description": "Security context of the Pod, as Kubernetes has it.",
        "additionalProperties": False,
        "properties": {
            "runAsUser": {**number, "description": "User that the server runs as."},
            "runAsGroup": {**number, "description": "Group that the server runs as."},
            "runAsNonRoot": {"type": "boolean", "description": "Refuse to run as root."},
            "fsGroup": {**number, "description": "Group that owns the volumes."},
            "fsGroupChangePolicy": {
                "enum": ["Always", "OnRootMismatch"],
                "description": "When the owner of volumes is changed.",
            },
            "supplementalGroups": {"type": "array", "items": number, "description": "Further groups."},
            "supplementalGroupsPolicy": {
                "enum": ["Merge", "Strict"],
                "description": "Whether groups of the image count as well.",
            },
            "seccompProfile": _profile("System calls that are allowed."),
            "appArmorProfile": _profile("The AppArmor profile."),
            "seLinuxOptions": {
                "type": "object",
                "description": "The SELinux context.",
                "additionalProperties": False,
                "properties": {
                    name: {**_TEXT, "description": f"The {name} of the context."}
                    for name in ("user", "role", "type", "level")
                },
            },
            "sysctls": {
                "type": "array",
                "description": "Kernel parameters.",
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["name", "value"],
                    "properties": {
                        "name": {**_TEXT, "description": "Name of the parameter."},
                        "value": {**_TEXT, "description": "Its value."},
                    },
                },
            },
        },
    }


def _profile(told: str) -> dict[str, Any]:
    return {
        "type": "object",
        "description": told,
        "additionalProperties": False,
        "required": ["type"],
        "properties": {
            "type": {
                "enum": ["RuntimeDefault", "Unconfined", "Localhost"],
                "description": "Where the profile comes from.",
            },
            "localhostProfile": {**_TEXT, "description": "Name of a profile on the node, for Localhost."},
        },
    }
