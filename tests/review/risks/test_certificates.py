"""Certificates that load and fail the first client, made with the cryptography package."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from compiler.review.risks import certificates, find_risks
from compiler.upstream.x509 import facts_of
from compiler.upstream.x509.asn1 import blocks
from tests.apiserver.config_files.pairs import pair
from tests.apiserver.config_files.running import started
from tests.review.risks.telling import SOUND

SERVING = ("--tls-cert-file=/f/tls.crt", "--tls-private-key-file=/f/tls.key", "--advertise-address=192.0.2.1")


def found(folder: Path, *flags: str, name: str = "serving", **files: str) -> list[tuple[str, str]]:
    tls = pair(name)
    content = {
        "tls.crt": tls.certificate,
        "tls.key": tls.key,
        **{each.replace("_", "."): files[each] for each in files},
    }
    resolved, report = started(folder, content, *SOUND, *flags)
    assert list(report.of("error")) == []
    find_risks(resolved, report)
    codes = ("KASC-RISK-115", "KASC-RISK-116", "KASC-RISK-117")
    return [(each.code[-3:], each.message) for each in report.diagnostics if each.code in codes]


def test_the_names_of_the_serving_certificate(tmp_path: Path) -> None:
    assert found(tmp_path, *SERVING) == []
    ((code, message),) = found(tmp_path, *SERVING, name="nobody")
    assert code == "116"
    assert "10.0.0.1 (the address of the kubernetes Service)" in message
    assert "kubernetes.default.svc" in message
    ((_, message),) = found(tmp_path, *SERVING, "--service-cluster-ip-range=10.1.0.0/16")
    assert "10.1.0.1" in message
    assert "kubernetes.default.svc" not in message
    ((_, message),) = found(tmp_path, *SERVING[:2], "--advertise-address=192.0.2.9")
    assert "192.0.2.9 (the advertised address)" in message
    ((_, message),) = found(tmp_path, *SERVING, "--external-hostname=api.example.com")
    assert "api.example.com (--external-hostname)" in message


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2027, 1, 1, tzinfo=UTC), []),
        (datetime(2035, 12, 20, tzinfo=UTC), ["expires on 2035-12-30"]),
        (datetime(2036, 1, 1, tzinfo=UTC), ["expired on 2035-12-30"]),
        (datetime(2025, 1, 1, tzinfo=UTC), ["is not valid before 2026-01-01"]),
    ],
)
def test_dates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: datetime, expected: list[str]) -> None:
    monkeypatch.setattr(certificates, "now", lambda: moment)
    assert [message.partition('tls.crt" ')[2] for _, message in found(tmp_path, *SERVING)] == expected


def test_a_bundle_may_hold_old_authorities(tmp_path: Path) -> None:
    flag = "--client-ca-file=/f/ca.crt"
    both = pair("expired").certificate + pair("one").certificate
    assert found(tmp_path, flag, ca_crt=both) == []
    ((code, _),) = found(tmp_path, flag, ca_crt=pair("expired").certificate)
    assert code == "117"


def test_the_signing_key_and_its_public_half(tmp_path: Path) -> None:
    flags = ("--service-account-signing-key-file=/f/sa.key", "--service-account-key-file=/f/sa.pub")
    key = pair("one").key
    ((code, _),) = found(tmp_path, *flags, sa_key=key, sa_pub=pair("two").certificate)
    assert code == "115"
    assert found(tmp_path, *flags, sa_key=key, sa_pub=pair("one").certificate) == []
    # One list that has it is enough, and a file that is not there may have it.
    assert found(tmp_path, *flags, "--service-account-key-file=/f/old.pub",
                 sa_key=key, sa_pub=pair("two").certificate, old_pub=pair("one").certificate) == []  # fmt: skip
    assert found(tmp_path, *flags, "--service-account-key-file=/elsewhere/sa.pub",
                 sa_key=key, sa_pub=pair("two").certificate) == []  # fmt: skip


def test_facts_are_those_of_cryptography() -> None:
    for name in ("serving", "expired", "one"):
        text = pair(name).certificate
        known = x509.load_pem_x509_certificate(text.encode())
        facts = facts_of(blocks(text.encode())[0].der)
        assert facts is not None
        assert (facts.not_before, facts.not_after) == (known.not_valid_before_utc, known.not_valid_after_utc)
    facts = facts_of(blocks(pair("serving").certificate.encode())[0].der)
    assert facts is not None
    assert facts.addresses == ("10.0.0.1", "10.96.0.1", "192.0.2.1")
    assert facts.is_for("KUBERNETES.default.svc")
    assert not facts.is_for("default.svc")


@pytest.mark.parametrize("cut", [0, 1, 10, 100, 200])
def test_damaged_certificates_have_no_facts(cut: int) -> None:
    assert facts_of(blocks(pair("serving").certificate.encode())[0].der[:cut]) is None
