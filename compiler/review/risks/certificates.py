"""Certificates and keys that load but fail the first client: wrong names, wrong dates, wrong key.

Only if the server's files are available. Kubernetes: pkg/controlplane/apiserver/config.go;
pkg/serviceaccount/jwt.go; Go: crypto/x509, Verify.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from shlex import quote
from typing import TYPE_CHECKING

from compiler import rules
from compiler.apiserver.config_files.keys import signing_key, verification_keys
from compiler.inputs import UnreadableFileError
from compiler.text import shown, shown_bare
from compiler.upstream.x509 import CertificateFacts, facts_of, go_of
from compiler.upstream.x509.asn1 import blocks

if TYPE_CHECKING:
    from compiler.review import Risks

_CERTIFICATE, _SIGNING, _KEYS = "tls-cert-file", "service-account-signing-key-file", "service-account-key-file"
_SERVICE_NAME = "kubernetes.default.svc"
_LEAVES = (_CERTIFICATE, "etcd-certfile", "kubelet-client-certificate", "proxy-client-cert-file")
_AUTHORITIES = (
    "client-ca-file",
    "etcd-cafile",
    "kubelet-certificate-authority",
    "oidc-ca-file",
    "requestheader-client-ca-file",
)
_SOON = timedelta(days=30)


def now() -> datetime:
    """Return the current time, on which only warnings depend, never an artifact."""
    return datetime.now(UTC)


def find_certificates(risks: Risks) -> None:
    """Check the files that flags name."""
    moment = now()
    for flag in _LEAVES:
        leaf = next(iter(_certificates(risks, flag)), None)
        if leaf is not None:
            _check_dates(risks, flag, leaf, moment)
    for flag in _AUTHORITIES:
        bundle = _certificates(risks, flag)
        if bundle:
            # A bundle has the old and the new authority during a rotation.
            _check_dates(risks, flag, max(bundle, key=lambda each: each.not_after), moment)
    _check_names(risks)
    _check_signing_key(risks)


def _read(risks: Risks, path: str) -> bytes | None:
    try:
        return risks.context.host.read(path)
    except UnreadableFileError:
        return None


def _certificates(risks: Risks, flag: str) -> list[CertificateFacts]:
    """Return the certificates of a file, in order; none if it cannot be read."""
    path = risks.flags.given(flag)
    data = _read(risks, path) if path else None
    parsed = (facts_of(block.der) for block in blocks(data or b"") if block.type == "CERTIFICATE")
    return [each for each in parsed if each is not None]


def _check_dates(risks: Risks, flag: str, certificate: CertificateFacts, moment: datetime) -> None:
    path = shown(risks.flags.text(flag))
    start, end = (f"{each:%Y-%m-%d}" for each in (certificate.not_before, certificate.not_after))
    if certificate.not_after < moment:
        message = f"--{flag}: the certificate in {path} expired on {end}"
        risks.report(
            rules.CERTIFICATE_EXPIRED_OR_EXPIRING,
            message,
            "renew it, and restart the server unless it reloads the file",
            flag,
        )
    elif certificate.not_before > moment:
        message = f"--{flag}: the certificate in {path} is not valid before {start}"
        risks.report(rules.CERTIFICATE_EXPIRED_OR_EXPIRING, message, "check the clock of the issuing machine", flag)
    elif certificate.not_after - moment < _SOON:
        message = f"--{flag}: the certificate in {path} expires on {end}"
        risks.report(rules.CERTIFICATE_EXPIRED_OR_EXPIRING, message, "renew it before that date", flag)


def _check_names(risks: Risks) -> None:
    """Report names of the server that the serving certificate does not have."""
    leaf = next(iter(_certificates(risks, _CERTIFICATE)), None)
    if leaf is None:
        return
    flags, options = risks.flags, risks.options
    expected = {options.services.service_ip: "the address of the kubernetes Service"}
    if flags.text("advertise-address"):
        expected[flags.text("advertise-address")] = "the advertised address"
    others = [name for pair in flags.sni_pairs("tls-sni-cert-key") for name in pair.names]
    if _SERVICE_NAME not in others and not flags.sni_pairs("tls-sni-cert-key"):
        expected[_SERVICE_NAME] = "the name of the kubernetes Service"
    host = flags.given("external-hostname")
    if host and host not in others:
        expected[host] = "--external-hostname"
    missing = [f"{name} ({role})" for name, role in expected.items() if name and not leaf.is_for(name)]
    if missing:
        message = f"--{_CERTIFICATE}: the serving certificate is not valid for {' and '.join(missing)}: clients"
        hint = "reissue it with these subject alternative names"
        risks.report(rules.SERVING_CERTIFICATE_LACKS_NAME, f"{message} that use them reject it", hint, _CERTIFICATE)


def _check_signing_key(risks: Risks) -> None:
    """Report a signing key whose public key is not among the verification keys."""
    flags, go = risks.flags, go_of(risks.catalog)
    data = _read(risks, flags.text(_SIGNING)) if flags.text(_SIGNING) else None
    private = signing_key(data, go) if data is not None else None
    if private is None:
        return
    for path in flags.texts(_KEYS):
        listed = _read(risks, path)
        if listed is None or any(key.matches(private) for key in verification_keys(listed, go)):
            return
    if flags.texts(_KEYS) and risks.settled(_SIGNING, _KEYS):
        path = flags.text(_SIGNING)
        message = (
            f"--{_KEYS}: no file contains the public key of --{_SIGNING} {shown(path)}: "
            "the server rejects its own tokens (401)"
        )
        hint = f"extract it with `openssl pkey -in {quote(shown_bare(path))} -pubout` and add the file to --{_KEYS}"
        risks.report(rules.SIGNING_KEY_NOT_AMONG_VERIFICATION_KEYS, message, hint, _KEYS)
