from __future__ import annotations

import pytest

from tests.apiserver.options.running import config, rules


@pytest.mark.parametrize(
    ("flags", "rule"),
    [
        (("--secure-port=0",), "SERV-01"),
        (("--secure-port=65536",), "SERV-01"),
        (("--tls-cert-file=/a.crt",), "SERV-04"),
        (("--tls-private-key-file=/a.key",), "SERV-04"),
        (("--tls-cipher-suites=NOPE",), "SERV-06"),
        (("--tls-cipher-suites=TLS_AES_128_GCM_SHA256",), "SERV-07"),
        (("--tls-min-version=TLS12",), "SERV-08"),
        (("--tls-curve-preferences=99",), "SERV-09"),
        (("--tls-curve-preferences=23,23",), "SERV-09"),
        (("--tls-curve-preferences=0",), "SERV-09"),
    ],
)
def test_refused(flags: tuple[str, ...], rule: str) -> None:
    assert rules(*flags) == {rule}


@pytest.mark.parametrize(
    "flags",
    [
        ("--tls-cipher-suites=TLS_AES_128_GCM_SHA256", "--disable-http2-serving"),
        ("--tls-cipher-suites=TLS_AES_128_GCM_SHA256", "--tls-min-version=VersionTLS13"),
        ("--tls-curve-preferences=4588,29",),
        ("--tls-min-version=",),
    ],
)
def test_accepted(flags: tuple[str, ...]) -> None:
    assert rules(*flags) == set()


def test_self_signed_certificate_plan() -> None:
    plan = config()["secureServing.certificate"]
    assert plan == {
        "certFile": "/var/run/kubernetes/apiserver.crt",
        "keyFile": "/var/run/kubernetes/apiserver.key",
        "selfSigned": True,
        "generate": {
            "inMemory": False,
            "keyType": "RSA 2048",
            "validForDays": 365,
            "commonName": "192.0.2.2@<unix time>",
            "subjectAltNames": {
                "ips": ["192.0.2.2", "10.0.0.1"],
                "dns": ["kubernetes.default.svc", "kubernetes.default", "kubernetes", "localhost"],
            },
        },
    }


def test_no_cert_dir_keeps_the_certificate_in_memory() -> None:
    plan = config("--cert-dir=", "--bind-address=10.0.0.9")["secureServing.certificate"]
    assert isinstance(plan, dict)
    assert (plan["certFile"], plan["selfSigned"]) == (None, True)
    assert plan["generate"]["inMemory"] is True
    assert plan["generate"]["subjectAltNames"] == {
        "ips": ["10.0.0.9", "10.0.0.1"],
        "dns": ["kubernetes.default.svc", "kubernetes.default", "kubernetes"],
    }


def test_loopback_client_speaks_protobuf_without_compression() -> None:
    values = config("--bind-address=10.0.0.9", "--secure-port=443")
    assert values["loopbackClient.host"] == "https://10.0.0.9:443"
    assert values["loopbackClient.contentType"] == "application/vnd.kubernetes.protobuf"
    assert values["loopbackClient.disableCompression"] is True
    assert values["loopbackClient.certificateValidForDays"] == 1096
    assert config(version="1.32")["loopbackClient.certificateValidForDays"] == 365
