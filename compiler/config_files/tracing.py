"""TracingConfiguration: where traces go.

Kubernetes: component-base/tracing/api/v1/config.go, ValidateTracingConfiguration.
"""

from __future__ import annotations

from compiler.config_files.reading import FileRules, NamedFile, load_config
from compiler.flags.go_url import parse_url
from compiler.flags.text import shown

KINDS = ("TracingConfiguration",)
_RULES = FileRules(read="TRC-01", empty="", decode="TRC-01")
_SCHEMES = ("dns", "unix", "unix-abstract")


def load_tracing(named: NamedFile) -> None:
    """Report everything for which the server would refuse the file."""
    config = load_config(named, KINDS, _RULES)
    if config is None:
        return
    rate, endpoint = config.root["samplingRatePerMillion"], config.root["endpoint"]
    if rate.number is not None and not 0 <= rate.number <= 1_000_000:
        rate.refuse("TRC-02", f"the sampling rate {rate.number} is outside 0 to 1000000", "write a share of a million")
    if endpoint.given:
        text = endpoint.text if "//" in endpoint.text else f"dns://{endpoint.text}"
        parsed = parse_url(text)
        if parsed is None or parsed.scheme not in _SCHEMES:
            message = f"the endpoint {shown(endpoint.text)} is not an address of a collector"
            endpoint.refuse("TRC-03", message, "write HOST:PORT, or a URL with dns, unix or unix-abstract")
