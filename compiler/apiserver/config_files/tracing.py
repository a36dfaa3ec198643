"""TracingConfiguration: endpoint and sampling rate of traces.

Kubernetes: component-base/tracing/api/v1/config.go, ValidateTracingConfiguration.
"""

from __future__ import annotations

from typing import NamedTuple

from compiler import rules
from compiler.apiserver.config_files import FileRules, load_config
from compiler.apiserver.context import NamedFile
from compiler.text import shown
from compiler.upstream.go.net import parse_url

KINDS = ("TracingConfiguration",)
_RULES = FileRules(read=rules.INVALID_TRACING_CONFIG, empty=None, decode=rules.INVALID_TRACING_CONFIG)
DEFAULT_ENDPOINT = "localhost:4317"
_SCHEMES = ("dns", "unix", "unix-abstract")


class Tracing(NamedTuple):
    """Endpoint of the collector, and sampling rate per million of requests without a sampled parent."""

    endpoint: str
    rate: int


def load_tracing(named: NamedFile) -> Tracing | None:
    """Return the configuration of the file, None if its content is unavailable; report its errors."""
    config = load_config(named, KINDS, _RULES)
    if config is None:
        return None
    rate, endpoint = config.root["samplingRatePerMillion"], config.root["endpoint"]
    if rate.number is not None and not 0 <= rate.number <= 1_000_000:
        rate.report(
            rules.SAMPLING_RATE_OUT_OF_RANGE,
            f"samplingRatePerMillion {rate.number} is out of range",
            "write a number from 0 to 1000000",
        )
    if endpoint.is_set:
        text = endpoint.text if "//" in endpoint.text else f"dns://{endpoint.text}"
        parsed = parse_url(text, named.context.catalog.url_strictness)
        if parsed is None or parsed.scheme not in _SCHEMES:
            message = f"the endpoint {shown(endpoint.text)} is not a valid collector address"
            endpoint.report(
                rules.INVALID_TRACING_ENDPOINT, message, "write HOST:PORT, or a dns, unix or unix-abstract URL"
            )
    return Tracing(endpoint.text or DEFAULT_ENDPOINT, rate.number or 0)
