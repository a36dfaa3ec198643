"""Schema of the document: metadata, extraFlags and deployment, around the option groups."""

from __future__ import annotations

from typing import Any

from compiler.upstream.catalog import Catalog
from compiler.upstream.catalog.facts import section_of

_STRING: dict[str, Any] = {"type": "string"}
_LABELS: dict[str, Any] = {"type": "object", "additionalProperties": {"type": "string"}}
_PATH_TYPES = ("", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket", "CharDevice", "BlockDevice")
_QUANTITIES: dict[str, Any] = {"type": "object", "additionalProperties": {"type": ["string", "number"]}}

_GROUPS = {
    "generic": "Request limits, timeouts, shutdown, versions and feature gates.",
    "etcd": "Storage in etcd and encryption at rest.",
    "secure_serving": "HTTPS listener and serving certificates.",
    "auditing": "Audit policy and backends.",
    "features": "Profiling, and API priority and fairness.",
    "authentication": "Authentication of requests.",
    "authorization": "Authorization of requests.",
    "api_enablement": "Enabled APIs.",
    "egress_selector": "Outbound connections of the server.",
    "admission": "Admission plugins and their configuration.",
    "metrics": "Metrics of the server.",
    "logs": "Logs of the server.",
    "traces": "OpenTelemetry traces.",
    "misc": "Services, kubelets, the aggregator, peers and leader election.",
    "cloud_provider": "Remaining flags of the in-tree cloud providers.",
    "global": "Flags of all Kubernetes components.",
}


def document_schema(known: Catalog) -> dict[str, Any]:
    """Return the schema of a kasc document for one version; groups are referenced by file name."""
    groups = {
        section_of(group): {"description": _GROUPS[group], "$ref": f"{group}.schema.json"} for group in known.groups
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"kasc document, Kubernetes {known.version}",
        "description": "Complete declaration of one kube-apiserver.",
        "type": "object",
        "additionalProperties": False,
        "required": ["apiVersion", "kind"],
        "properties": {
            "apiVersion": {"const": "kasc/v1", "description": "API version of this format."},
            "kind": {"const": "APIServer", "description": "Kind of the document."},
            "kubernetesVersion": {
                "type": ["string", "number"],
                "pattern": r"^v?1\.[0-9]+(\.[0-9]+)?$",
                "description": "Kubernetes version of the server, for example 1.36 or 1.36.2.",
            },
            "metadata": {
                "type": "object",
                "description": "Name and labels of the server.",
                "additionalProperties": False,
                "properties": {
                    "name": {
                        "type": "string",
                        "pattern": r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$",
                        "maxLength": 253,
                        "description": "Name of the server or cluster; artifacts go to a directory of this name.",
                    },
                    "labels": {**_LABELS, "description": "Labels of the server, by which policies select it."},
                },
            },
            "extends": {
                "type": ["string", "array"],
                "items": _STRING,
                "description": "Documents that this one extends, applied in order; paths are relative to this file.",
            },
            **groups,
            "extraFlags": {
                "type": "object",
                "description": "Flags without a key in this document, by name without dashes.",
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
        "description": "Deployment of the server, for the Pod and other artifacts.",
        "additionalProperties": False,
        "properties": {
            "image": {**_STRING, "description": "Container image; by default the upstream image of the version."},
            "imagePullPolicy": {
                "enum": ["Always", "IfNotPresent", "Never"],
                "description": "Image pull policy of the container.",
            },
            "name": {**_STRING, "description": "Name of the Pod."},
            "namespace": {**_STRING, "description": "Namespace of the Pod."},
            "labels": {**_LABELS, "description": "Labels added to the Pod."},
            "annotations": {**_LABELS, "description": "Annotations of the Pod."},
            "priorityClassName": {**_STRING, "description": "Priority class of the Pod."},
            "hostNetwork": {"type": "boolean", "description": "Whether the Pod uses the node's network."},
            "terminationGracePeriodSeconds": {
                "type": "integer",
                "minimum": 0,
                "maximum": 2**63 - 1,
                "description": "Time that the kubelet waits for the server to shut down, in seconds.",
            },
            "loadBalancer": _load_balancer(),
            "resources": {
                "type": "object",
                "description": "Resource requests and limits of the container.",
                "additionalProperties": False,
                "properties": {
                    "requests": {**_QUANTITIES, "description": "Resource requests of the container."},
                    "limits": {**_QUANTITIES, "description": "Resource limits of the container."},
                },
            },
            "securityContext": _security_context(),
            "extraVolumes": {
                "type": "array",
                "description": "Host paths to mount in addition to those in flags.",
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["name", "hostPath", "mountPath"],
                    "properties": {
                        "name": {**_STRING, "description": "Name of the volume."},
                        "hostPath": {**_STRING, "description": "Path on the node."},
                        "mountPath": {**_STRING, "description": "Path in the container."},
                        "readOnly": {"type": "boolean", "description": "Whether to mount the volume read-only."},
                        "pathType": {
                            "enum": list(_PATH_TYPES),
                            "description": "Required or created file type at the host path; empty for no check.",
                        },
                    },
                },
            },
            "env": _env(),
            "placeholders": {
                "type": "array",
                "description": "Parts of values that are replaced before the server starts, for example ${HOST_IP}; "
                "a flag with one of them is not checked.",
                "items": {**_STRING, "pattern": "."},
            },
        },
    }


_ENV_SOURCES: dict[str, tuple[str, dict[str, dict[str, Any]], tuple[str, ...]]] = {
    "fieldRef": (
        "Field of the Pod.",
        {
            "fieldPath": {**_STRING, "description": "Path of the field, for example status.podIP."},
            "apiVersion": {**_STRING, "description": "API version of the path; defaults to v1."},
        },
        ("fieldPath",),
    ),
    "resourceFieldRef": (
        "Request or limit of a container.",
        {
            "resource": {**_STRING, "description": "Resource, for example limits.memory."},
            "containerName": {**_STRING, "description": "Name of the container."},
            "divisor": {"type": ["string", "number"], "description": "Unit of the value; defaults to 1."},
        },
        ("resource",),
    ),
    **{
        f"{kind[0].lower()}{kind[1:]}KeyRef": (
            f"Key of a {kind}, which a static Pod cannot refer to.",
            {
                "name": {**_STRING, "description": f"Name of the {kind}."},
                "key": {**_STRING, "description": "Name of the key."},
                "optional": {"type": "boolean", "description": f"Whether the {kind} and its key may be missing."},
            },
            ("key",),
        )
        for kind in ("ConfigMap", "Secret")
    },
}
"""Field of an EnvVarSource -> its description, its fields, and those that are required."""


def _env() -> dict[str, Any]:
    """Return the schema of environment variables. Kubernetes: pkg/apis/core/types.go, EnvVar and EnvVarSource."""
    sources: dict[str, Any] = {
        name: {
            "type": "object",
            "description": description,
            "additionalProperties": False,
            "required": list(required),
            "properties": fields,
        }
        for name, (description, fields, required) in _ENV_SOURCES.items()
    }
    return {
        "type": "array",
        "description": "Environment variables of the container.",
        "items": {
            "type": "object",
            "additionalProperties": False,
            "required": ["name"],
            "oneOf": [{"required": ["value"]}, {"required": ["valueFrom"]}],
            "properties": {
                "name": {**_STRING, "description": "Name of the variable."},
                "value": {**_STRING, "description": "Value of the variable."},
                "valueFrom": {
                    "type": "object",
                    "description": "Source of the value. A flag that contains $(NAME) is not checked.",
                    "additionalProperties": False,
                    "oneOf": [{"required": [name]} for name in sources],
                    "properties": sources,
                },
            },
        },
    }


def _load_balancer() -> dict[str, Any]:
    """Return the schema of the load balancer in front of the servers."""

    def number(minimum: int, maximum: int, description: str) -> dict[str, Any]:
        return {"type": "integer", "minimum": minimum, "maximum": maximum, "description": description}

    return {
        "type": "object",
        "description": "Health check of the load balancer on readyz, for the emitted settings.",
        "additionalProperties": False,
        "properties": {
            "intervalSeconds": number(1, 300, "Seconds between checks; defaults to 5."),
            "timeoutSeconds": number(1, 120, "Timeout of a check in seconds; defaults to 3."),
            "unhealthyThreshold": number(1, 10, "Consecutive failures that remove a server; defaults to 2."),
            "healthyThreshold": number(1, 10, "Consecutive successes that add it again; defaults to 2."),
        },
    }


def _security_context() -> dict[str, Any]:
    """Return the schema of a Pod security context on Linux. Kubernetes: pkg/apis/core/types.go, PodSecurityContext."""
    number: dict[str, Any] = {"type": "integer", "minimum": 0, "maximum": 2**31 - 1}
    return {
        "type": "object",
        "description": "Security context of the Pod.",
        "additionalProperties": False,
        "properties": {
            "runAsUser": {**number, "description": "UID that the server runs as."},
            "runAsGroup": {**number, "description": "GID that the server runs as."},
            "runAsNonRoot": {"type": "boolean", "description": "Refuse to run as root."},
            "fsGroup": {**number, "description": "GID that owns the volumes."},
            "fsGroupChangePolicy": {
                "enum": ["Always", "OnRootMismatch"],
                "description": "When to change the ownership of volumes.",
            },
            "supplementalGroups": {"type": "array", "items": number, "description": "Supplemental groups."},
            "supplementalGroupsPolicy": {
                "enum": ["Merge", "Strict"],
                "description": "Whether groups defined in the image apply as well.",
            },
            "seccompProfile": _profile("Seccomp profile."),
            "appArmorProfile": _profile("AppArmor profile."),
            "seLinuxOptions": {
                "type": "object",
                "description": "SELinux context.",
                "additionalProperties": False,
                "properties": {
                    name: {**_STRING, "description": f"SELinux {name} label."}
                    for name in ("user", "role", "type", "level")
                },
            },
            "sysctls": {
                "type": "array",
                "description": "Kernel parameters (sysctls).",
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["name", "value"],
                    "properties": {
                        "name": {**_STRING, "description": "Name of the parameter."},
                        "value": {**_STRING, "description": "Value of the variable."},
                    },
                },
            },
        },
    }


def _profile(description: str) -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "additionalProperties": False,
        "required": ["type"],
        "properties": {
            "type": {
                "enum": ["RuntimeDefault", "Unconfined", "Localhost"],
                "description": "Source of the profile.",
            },
            "localhostProfile": {**_STRING, "description": "Profile on the node, for type Localhost."},
        },
    }
