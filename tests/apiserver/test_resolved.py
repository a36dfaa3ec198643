"""The resolved config: sections are values, and assigning one records where it comes from."""

from __future__ import annotations

import pytest

from compiler.apiserver.resolved import ResolvedConfig, camel_case
from compiler.apiserver.resolved_sections import APIEnablement, Authorization, EventStorage, LoopbackTweak, Sections
from tests.apiserver.options.running import server
from tools.generate import resolved_schema


def test_a_section_is_a_value() -> None:
    one, same = (EventStorage(ttl_seconds=3600) for _ in range(2))
    other = EventStorage(ttl_seconds=60)
    assert one == same
    assert hash(one) == hash(same)
    assert one != other
    assert repr(one) == "EventStorage(ttl_seconds=3600)"
    with pytest.raises(AttributeError, match="EventStorage is frozen"):
        one.ttl_seconds = 60  # type: ignore[misc]


def test_the_order_of_a_map_counts() -> None:
    pairs = (("a", "true"), ("b", "true"))
    sections = [APIEnablement(runtime_config=order, enabled_versions=()) for order in (pairs, pairs[::-1])]
    assert sections[0] != sections[1]


def test_a_section_has_all_its_fields() -> None:
    with pytest.raises(TypeError, match="LoopbackTweak takes the fields content_type, disable_compression"):
        LoopbackTweak(content_type="application/json")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="takes the fields"):
        EventStorage(ttl_seconds=1).replace(ttl=2)


def test_every_section_of_a_server_is_hashable() -> None:
    resolved, _ = server("--oidc-issuer-url=https://a.example.com", "--oidc-client-id=a", "--audit-log-path=-")
    sections = [getattr(resolved.config, name) for name in Sections.__annotations__]
    assert len({*sections}) == len(sections)


def test_an_assignment_records_its_step() -> None:
    config = ResolvedConfig()

    def apply_event_storage(seconds: int) -> None:
        config.event_storage = EventStorage(ttl_seconds=seconds)

    config.begin_stage("CreateKubeAPIServerConfig")
    config.step("eventStorage", apply_event_storage, 3600)
    assert config.stages == {"CreateKubeAPIServerConfig": ["eventStorage"]}
    assert config.event_storage.ttl_seconds == 3600
    with pytest.raises(AttributeError):
        _ = config.etcd


def test_a_replaced_field_has_the_provenance_of_the_later_step() -> None:
    resolved, _ = server("--external-hostname=api.example.com:6443")
    config = resolved.config
    assert config.provenance["generic.publicAddress"].step == "GenericServerRunOptions.ApplyTo"
    assert config.provenance["generic.externalAddress"].step == "Config.Complete"
    assert config.provenance["generic.externalAddress"].flags == (
        "external-hostname",
        "advertise-address",
        "secure-port",
    )


def test_an_optional_value_is_left_out() -> None:
    fields = {"privileged_groups": (), "config_file": "", "authorizers": None}
    assert Authorization(**fields) == Authorization(**fields, policy_file=None)
    assert "authorization.policyFile" not in server()[0].config.settings()


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("ttl_seconds", "ttlSeconds"),
        ("client_cas", "clientCAs"),
        ("host_without_ipv6", "hostWithoutIPv6"),
        ("installs_open_api", "installsOpenAPI"),
        ("http2_ping_timeout", "http2PingTimeout"),
    ],
)
def test_keys_are_spelled_as_in_go(name: str, key: str) -> None:
    assert camel_case(name) == key


def test_the_schema_is_generated(capsys: pytest.CaptureFixture[str]) -> None:
    assert resolved_schema.main(["--check"]) == 0, capsys.readouterr().out
