"""Risks of flags: what is told, at which part of which flag, and what near misses are not."""

from __future__ import annotations

import pytest

from tests.review.risks.telling import of_flags

ISSUER, CA = "--service-account-issuer", "--requestheader-client-ca-file"
MODE, ON, OFF = "--authorization-mode", "--enable-admission-plugins", "--disable-admission-plugins"
STANDARD = (
    "--requestheader-username-headers=x-remote-user",
    "--requestheader-group-headers=X-Remote-Group",
    "--requestheader-extra-headers-prefix=X-Remote-Extra-",
)
LOG, POLICY = "--audit-log-path=/a.log", "--audit-policy-file=/p.yaml"


def test_one_ca_for_clients_and_front_proxies() -> None:
    flags = ("--client-ca-file=/ca.crt", f"{CA}=/ca.crt", *STANDARD)
    assert of_flags(*flags, version="1.34") == ["RISK-08 /ca.crt"]  # later versions refuse it


def test_nothing_is_said_of_a_sound_server() -> None:
    assert of_flags() == []


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        # Service accounts
        ((f"{ISSUER}=kubernetes/serviceaccount", f"{ISSUER}=https://a"), ["RISK-02 kubernetes/serviceaccount"]),
        ((f"{ISSUER}=http://a",), ["RISK-02 http://a"]),
        ((f"{ISSUER}=https://a", f"{ISSUER}=http://b"), []),
        (("--service-account-lookup=false",), ["RISK-03 false"]),
        (("--service-account-lookup",), []),
        (("--service-account-max-token-expiration=24h",), ["RISK-10 24h"]),
        (("--service-account-max-token-expiration=8760h",), []),
        (("--service-account-max-token-expiration=24h", "--service-account-extend-token-expiration=false"), []),
        # Identities
        (("--token-auth-file=/t.csv",), ["RISK-04 /t.csv"]),
        (("--token-auth-file=",), []),
        (
            ("--oidc-issuer-url=https://i", "--oidc-client-id=c", "--oidc-groups-claim=groups"),
            ["RISK-07 groups"],
        ),
        (
            (
                "--oidc-issuer-url=https://i",
                "--oidc-client-id=c",
                "--oidc-groups-claim=groups",
                "--oidc-groups-prefix=oidc:",
            ),
            [],
        ),
        (("--client-ca-file=/ca.crt", f"{CA}=/ca.crt", "--requestheader-allowed-names=f", *STANDARD), []),
        (("--client-ca-file=/ca.crt", f"{CA}=/front.crt", *STANDARD), []),
        (("--requestheader-group-headers=Groups",), ["RISK-09 Groups", "RISK-113 Groups"]),
        # Authorization
        ((f"{MODE}=RBAC,AlwaysAllow",), ["RISK-11 AlwaysAllow"]),
        ((f"{MODE}=Webhook", "--authorization-webhook-config-file=/w"), []),
        ((f"{MODE}=Node",), ["RISK-12 Node"]),
        ((f"{MODE}=RBAC,Node", f"{ON}=AlwaysPullImages"), ["RISK-13 AlwaysPullImages"]),
        ((f"{MODE}=RBAC", f"{ON}=AlwaysPullImages"), []),
        ((f"{OFF}=NodeRestriction", f"{ON}="), ["RISK-13 NodeRestriction"]),
        ((f"{OFF}=LimitRanger,NamespaceLifecycle",), ["RISK-14 NamespaceLifecycle"]),
        ((f"{OFF}=DefaultStorageClass",), []),
        ((f"{ON}=NodeRestriction,AlwaysDeny",), ["RISK-15 AlwaysDeny"]),
        # Storage
        (("--etcd-servers=https://a:1,http://192.0.2.9:2379",), ["RISK-30 http://192.0.2.9:2379"]),
        (("--etcd-servers=http://127.0.0.1:2379,http://[::1]:2379,http://localhost:2379",), []),
        (
            ("--etcd-servers-overrides=/events#https://a:1,/pods#https://b:1;http://c:1",),
            ["RISK-30 /pods#https://b:1;http://c:1"],
        ),
        (("--event-ttl=0",), ["RISK-31 0"]),
        (("--event-ttl=999ms",), ["RISK-31 999ms"]),
        (("--event-ttl=-1s",), ["RISK-31 -1s"]),
        (("--event-ttl=168h0m1s",), ["RISK-31 168h0m1s"]),
        (("--event-ttl=168h",), []),
        (("--event-ttl=1s",), []),
        (("--watch-cache=false",), ["RISK-32 false"]),
        # Serving
        (
            ("--tls-cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_RSA_WITH_AES_128_GCM_SHA256",),
            ["RISK-40 TLS_RSA_WITH_AES_128_GCM_SHA256"],
        ),
        (("--tls-cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",), []),
        (("--tls-min-version=VersionTLS11",), ["RISK-41 VersionTLS11"]),
        (("--tls-min-version=VersionTLS12",), []),
        (
            ("--tls-min-version=VersionTLS13", "--tls-cipher-suites=TLS_RSA_WITH_AES_128_GCM_SHA256"),
            ["RISK-42 TLS_RSA_WITH_AES_128_GCM_SHA256"],
        ),
        (("--cors-allowed-origins=//a[.]example$,^.*$",), ["RISK-43 ^.*$"]),
        (("--cors-allowed-origins=//.+$",), ["RISK-43 //.+$"]),
        (("--cors-allowed-origins=^https?://.*$",), ["RISK-43 ^https?://.*$"]),
        (("--cors-allowed-origins=^https://.*[.]example[.]com$,//.*a$",), []),
        # Auditing
        ((LOG,), ["RISK-50 /a.log"]),
        (("--audit-webhook-config-file=/w",), ["RISK-50 /w"]),
        ((POLICY,), ["RISK-51 /p.yaml"]),
        ((LOG, POLICY), []),
        (("--audit-log-path=-", POLICY, "--audit-log-maxsize=0"), []),
        ((LOG, POLICY, "--audit-log-maxsize=0"), ["RISK-52 0"]),
        ((LOG, POLICY, "--audit-log-maxage=0"), []),
        ((LOG, POLICY, "--audit-log-maxage=0", "--audit-log-maxbackup=0"), ["RISK-52 0"]),
        # Networking
        (("--advertise-address=10.0.0.77",), ["RISK-60 10.0.0.0/24"]),
        (("--advertise-address=10.0.1.77",), []),
        (("--etcd-servers=https://10.0.0.9:2379",), ["RISK-60 10.0.0.0/24"]),
        (("--service-node-port-range=6000-7000",), ["RISK-61 6000-7000"]),
        (("--service-node-port-range=6000-7000", "--secure-port=443"), []),
        (("--service-node-port-range=10000-11000",), ["RISK-61 10000-11000"]),
        (("--service-node-port-range=2000-3000",), ["RISK-61 2000-3000"]),
        (("--secure-port=30443",), ["RISK-61 30443"]),
        # Running
        (("--request-timeout=0",), ["RISK-70 0"]),
        (("--request-timeout=1s",), []),
        (("--enable-priority-and-fairness=false",), ["RISK-71 false"]),
        (("--enable-priority-and-fairness=false", "--max-requests-inflight=0"), ["RISK-71 0"]),
        (("--max-requests-inflight=0",), []),
        (("--v=8",), ["RISK-72 8"]),
        (("--v=7",), []),
        (("--feature-gates=AllBeta=true,AllAlpha=false",), []),
        (("--runtime-config=v1=true,api/alpha=true",), ["RISK-73 api/alpha=true"]),
        (("--runtime-config=api/beta=true,api/alpha=false",), []),
    ],
)
def test_told_at_its_place(flags: tuple[str, ...], told: list[str]) -> None:
    assert of_flags(*flags) == told


@pytest.mark.parametrize(
    ("drop", "flags", "told"),
    [
        ((MODE,), ("--kubelet-client-certificate=",), ["RISK-11"]),
        (("--service-cluster-ip-range",), (), ["RISK-62"]),
        ((), ("--kubelet-client-certificate=", "--kubelet-client-key="), ["RISK-63"]),
        ((), ("--kubelet-certificate-authority=",), ["RISK-64"]),
        ((), (f"{MODE}=RBAC", "--kubelet-certificate-authority=", "--kubelet-client-certificate="), []),
    ],
)
def test_told_of_what_is_missing(drop: tuple[str, ...], flags: tuple[str, ...], told: list[str]) -> None:
    assert [found.split()[0] for found in of_flags(*flags, drop=drop)] == told
