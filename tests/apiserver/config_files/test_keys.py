"""Verdicts are those of kube-apiserver 1.31, 1.33 and 1.36 with such files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from tests.apiserver.config_files.der_bytes import bits, certificate, integer, oid, pem, sequence
from tests.apiserver.config_files.pairs import pair
from tests.apiserver.config_files.running import started

PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER
PKCS8, TRADITIONAL = serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL
PLAIN = serialization.NoEncryption()
ONE, OTHER = pair("one"), pair("other")
RSA = rsa.generate_private_key(65537, 1024)
P224, P256 = ec.generate_private_key(ec.SECP224R1()), ec.generate_private_key(ec.SECP256R1())
ED25519 = ed25519.Ed25519PrivateKey.generate()
LOCKED = serialization.BestAvailableEncryption(b"secret")
ODD_KEY = sequence(sequence(oid("2a0304")), bits(b"?"))


def private(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, form: serialization.PrivateFormat = TRADITIONAL
) -> str:
    return key.private_bytes(PEM, form, PLAIN).decode()


def public(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> str:
    return key.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def for_key(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> str:
    info = key.public_key().public_bytes(DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return pem("CERTIFICATE", certificate(key=info))


FILES = {
    "one.crt": ONE.certificate,
    "one.key": ONE.key,
    "other.crt": OTHER.certificate,
    "other.key": OTHER.key,
    "both.pem": ONE.key + ONE.certificate,
    "chain.crt": ONE.certificate + OTHER.certificate,
    "chain-first-other.crt": OTHER.certificate + ONE.certificate,
    "parameters.key": "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + private(P256),
    "damaged-second.crt": ONE.certificate + pem("CERTIFICATE", b"junk"),
    "damaged-first.crt": pem("CERTIFICATE", b"junk") + ONE.certificate,
    "headers.crt": ONE.certificate.replace("-----\n", "-----\nA: b\n\n", 1),
    "trusted.crt": ONE.certificate.replace("CERTIFICATE", "TRUSTED CERTIFICATE"),
    "bom.crt": "\ufeff" + ONE.certificate,
    "crlf.crt": ONE.certificate.replace("\n", "\r\n"),
    "text.crt": "Subject: CN=one\n" + ONE.certificate + "more\n",
    "der.crt": certificate(),
    "odd.crt": pem("CERTIFICATE", certificate(key=ODD_KEY)),
    "negative.crt": pem("CERTIFICATE", certificate(serial=integer(-5))),
    "request.pem": pem("CERTIFICATE REQUEST", certificate()),
    "rsa.key": private(RSA),
    "rsa8.key": private(RSA, PKCS8),
    "rsa.crt": for_key(RSA),
    "rsa.pub": public(RSA),
    "locked.key": RSA.private_bytes(PEM, TRADITIONAL, LOCKED),
    "locked8.key": RSA.private_bytes(PEM, PKCS8, LOCKED),
    "misnamed.key": private(RSA).replace("RSA PRIVATE", "PRIVATE"),
    "misnamed8.key": private(RSA, PKCS8).replace("PRIVATE", "EC PRIVATE"),
    "p224.key": private(P224),
    "p224.crt": for_key(P224),
    "p224.pub": public(P224),
    "p256.key": private(P256),
    "p2568.key": private(P256, PKCS8),
    "p256.pub": public(P256),
    "ed.key": ED25519.private_bytes(PEM, PKCS8, PLAIN),
    "ed.crt": for_key(ED25519),
    "ed.pub": public(ED25519),
    "pkcs1.pub": RSA.public_key().public_bytes(PEM, serialization.PublicFormat.PKCS1),
    "ed-and-rsa.key": ED25519.private_bytes(PEM, PKCS8, PLAIN).decode() + private(RSA),
    "locked-and-rsa.key": RSA.private_bytes(PEM, TRADITIONAL, LOCKED).decode() + private(RSA),
    "empty": "",
    "lines": "\n\n",
    "junk": "junk",
    "folder/file": "",
}
NOT_THERE, DIRECTORY = "cannot be read: no such file or directory", "cannot be read: it is a directory"


def refusals(root: Path, *flags: str, version: str = "1.36", drop: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """Return rule and message of every error, without the file names in the message."""
    _, report = started(root, FILES, *flags, version=version, drop=drop)
    for diagnostic in report.of("error"):
        assert diagnostic.location is not None
        assert diagnostic.flag
    return [
        (diagnostic.rule or "", diagnostic.message.partition(': "/f/')[2].partition('" ')[2])
        for diagnostic in report.of("error")
    ]


@pytest.mark.parametrize(
    ("certificate_file", "key_file", "wrong"),
    [
        ("one.crt", "one.key", ""),
        ("crlf.crt", "one.key", ""),
        ("text.crt", "one.key", ""),
        ("headers.crt", "one.key", ""),
        ("chain.crt", "one.key", ""),
        ("damaged-second.crt", "one.key", ""),
        ("both.pem", "both.pem", ""),
        ("rsa.crt", "rsa.key", ""),
        ("rsa.crt", "rsa8.key", ""),
        ("rsa.crt", "misnamed.key", ""),
        ("rsa.crt", "misnamed8.key", ""),
        ("p224.crt", "p224.key", ""),
        ("ed.crt", "ed.key", ""),
        ("chain-first-other.crt", "one.key", 'does not match the certificate "/f/chain-first-other.crt"'),
        ("one.crt", "other.key", 'does not match the certificate "/f/one.crt"'),
        ("one.crt", "rsa.key", 'does not match the certificate "/f/one.crt"'),
        ("rsa.crt", "ed-and-rsa.key", 'does not match the certificate "/f/rsa.crt"'),
        ("rsa.crt", "locked-and-rsa.key", "contains no valid private key"),
        ("rsa.crt", "locked.key", "contains no valid private key"),
        ("rsa.crt", "locked8.key", "contains no valid private key"),
        ("rsa.crt", "rsa.crt", "contains no valid private key"),
        ("rsa.crt", "empty", "contains no valid private key"),
        ("damaged-first.crt", "one.key", "contains an invalid certificate"),
        ("negative.crt", "rsa.key", "contains an invalid certificate"),
        ("trusted.crt", "one.key", "contains no certificate"),
        ("bom.crt", "one.key", "contains no certificate"),
        ("der.crt", "one.key", "contains no certificate"),
        ("empty", "one.key", "contains no certificate"),
        ("odd.crt", "one.key", "has a key type that TLS does not support"),
        ("none", "one.key", NOT_THERE),
        ("one.crt", "folder", DIRECTORY),
    ],
)
@pytest.mark.parametrize(
    ("rule", "flags"),
    [
        ("SERV-05", "--tls-cert-file={} --tls-private-key-file={}"),
        ("SERV-10", "--tls-sni-cert-key={},{}:a.b,*.c"),
        ("ETCD-07", "--etcd-certfile={} --etcd-keyfile={}"),
        ("PRX-01", "--proxy-client-cert-file={} --proxy-client-key-file={}"),
    ],
)
def test_pairs(tmp_path: Path, rule: str, flags: str, certificate_file: str, key_file: str, wrong: str) -> None:
    given = flags.format(f"/f/{certificate_file}", f"/f/{key_file}").split(" ")
    assert refusals(tmp_path, *given) == ([(rule, wrong)] if wrong else [])


@pytest.mark.parametrize(("version", "broken"), [("1.31", []), ("1.32", ["CA-01"]), ("1.36", ["CA-01"])])
def test_negative_serials_are_rejected_from_1_32_on(tmp_path: Path, version: str, broken: list[str]) -> None:
    result = refusals(tmp_path, "--client-ca-file=/f/negative.crt", version=version)
    assert [rule for rule, _ in result] == broken


@pytest.mark.parametrize(
    ("name", "client", "root", "etcd"),
    [
        ("one.crt", True, True, True),
        ("chain.crt", True, True, True),
        ("odd.crt", True, True, True),
        ("text.crt", True, True, True),
        ("damaged-first.crt", False, True, False),
        ("damaged-second.crt", False, True, False),
        ("headers.crt", False, False, True),
        ("both.pem", True, True, False),
        ("trusted.crt", False, False, True),
        ("request.pem", False, False, True),
        ("rsa.pub", False, False, False),
        ("bom.crt", False, False, True),
        ("der.crt", False, False, True),
        ("lines", False, False, True),
        ("junk", False, False, True),
        ("empty", False, True, True),
        ("none", False, False, False),
        ("folder", False, False, False),
    ],
)
def test_bundles(tmp_path: Path, name: str, client: bool, root: bool, etcd: bool) -> None:
    peer = ("--proxy-client-cert-file=/f/one.crt", "--proxy-client-key-file=/f/one.key")
    kubelet = "KUB-01" if name in ("none", "folder") else "KUB-02"
    for rule, fits, *flags in (
        ("CA-01", client, "--client-ca-file"),
        ("CA-02", client, "--requestheader-client-ca-file"),
        ("OIDC-06", client or name == "empty", "--oidc-ca-file", "--oidc-issuer-url=https://a", "--oidc-client-id=b"),
        (kubelet, root, "--kubelet-certificate-authority"),
        ("PEER-02", root, "--peer-ca-file", *peer),
        ("ETCD-08", etcd, "--etcd-cafile"),
    ):
        result = refusals(tmp_path, f"{flags[0]}=/f/{name}", *flags[1:])
        assert [broken for broken, _ in result] == ([] if fits else [rule])


SIGNING = "--service-account-signing-key-file"
VERIFYING = "--service-account-key-file"


@pytest.mark.parametrize(
    ("name", "signs", "verifies"),
    [
        ("rsa.key", True, True),
        ("rsa8.key", True, True),
        ("p256.key", True, True),
        ("parameters.key", True, True),
        ("ed-and-rsa.key", False, True),
        ("locked-and-rsa.key", True, True),
        # A private key in PKCS #8 is only accepted for verification if it is an RSA key.
        ("p2568.key", True, False),
        ("misnamed.key", False, True),
        ("misnamed8.key", False, True),
        ("p224.key", False, True),
        ("ed.key", False, False),
        ("locked.key", False, False),
        ("locked8.key", False, False),
        ("rsa.pub", False, True),
        ("p224.pub", False, True),
        ("p256.pub", False, True),
        ("ed.pub", False, False),
        ("pkcs1.pub", False, False),
        ("rsa.crt", False, True),
        ("one.crt", False, True),
        ("ed.crt", False, False),
        ("both.pem", True, True),
        ("der.crt", False, False),
        ("empty", False, False),
        ("junk", False, False),
        ("none", False, False),
        ("folder", False, False),
    ],
)
def test_keys_of_tokens(tmp_path: Path, name: str, signs: bool, verifies: bool) -> None:
    result = refusals(tmp_path, f"{SIGNING}=/f/{name}", drop=(SIGNING,))
    assert [rule for rule, _ in result] == ([] if signs else ["SA-12"])
    result = refusals(tmp_path, f"{VERIFYING}=/f/{name}", drop=(VERIFYING,))
    assert [rule for rule, _ in result] == ([] if verifies else ["SA-13"])


def test_every_verification_file_is_checked(tmp_path: Path) -> None:
    result = refusals(tmp_path, *(f"{VERIFYING}=/f/{name}" for name in ("junk", "rsa.pub", "none")), drop=(VERIFYING,))
    assert result == [("SA-13", "contains no RSA or ECDSA key"), ("SA-13", NOT_THERE)]


@pytest.mark.parametrize(
    ("client", "header", "names", "version", "broken"),
    [
        ("one.crt", "one.crt", "", "1.36", ["RH-04"]),
        ("one.crt", "one.crt", "", "1.34", []),
        ("one.crt", "one.crt", "a", "1.36", []),
        ("one.crt", "other.crt", "", "1.36", []),
        ("one.crt", "chain-first-other.crt", "", "1.35", ["RH-04"]),
        ("one.crt", "crlf.crt", "", "1.36", ["RH-04"]),
        # Bundles are only compared if both are valid.
        ("damaged-second.crt", "one.crt", "", "1.36", ["CA-01"]),
    ],
)
def test_overlap(tmp_path: Path, client: str, header: str, names: str, version: str, broken: list[str]) -> None:
    flags = (f"--client-ca-file=/f/{client}", f"--requestheader-client-ca-file=/f/{header}")
    result = refusals(tmp_path, *flags, f"--requestheader-allowed-names={names}", version=version)
    assert [rule for rule, _ in result] == broken


@pytest.mark.parametrize(
    ("client", "header", "version", "broken"),
    [
        ("/ca.crt", "/ca.crt", "1.36", ["RH-04"]),
        ("/pki/ca.crt", "/pki//./ca.crt", "1.35", ["RH-04"]),
        ("/ca.crt", "/ca.crt", "1.34", []),
        ("/ca.crt", "/front-proxy-ca.crt", "1.36", []),
        # A file that is known to be missing is another error.
        ("/f/none", "/f/none", "1.36", ["CA-01", "CA-02"]),
    ],
)
def test_the_same_path_overlaps_regardless_of_its_content(
    tmp_path: Path, client: str, header: str, version: str, broken: list[str]
) -> None:
    flags = (f"--client-ca-file={client}", f"--requestheader-client-ca-file={header}")
    result = refusals(tmp_path, *flags, version=version)
    assert [rule for rule, _ in result] == broken


@pytest.mark.parametrize(
    ("flags", "broken"),
    [
        # Files that are reloaded for every call are not checked at startup.
        (("--kubelet-client-certificate=/f/one.crt", "--kubelet-client-key=/f/other.key"), []),
        (("--kubelet-client-certificate=/f/junk", "--kubelet-client-key=/f/empty"), []),
        (("--kubelet-client-certificate=/f/one.crt",), []),
        (("--kubelet-client-certificate=/f/none",), ["KUB-01"]),
        (("--kubelet-client-key=/f/folder",), ["KUB-01"]),
        (("--kubelet-client-certificate=/f/none", "--kubelet-client-key=/f/none"), ["KUB-01", "KUB-01"]),
        # A single one of the two is ignored.
        (("--proxy-client-cert-file=/f/none",), []),
        (("--proxy-client-key-file=/f/none",), []),
        (("--peer-ca-file=/f/one.crt",), ["PEER-02", "PEER-02"]),
        (("--etcd-certfile=/f/none",), ["ETCD-07"]),
        (("--tls-cert-file=/f/none",), ["SERV-04"]),
    ],
)
def test_halves_and_kubelets(tmp_path: Path, flags: tuple[str, ...], broken: list[str]) -> None:
    _, report = started(tmp_path, FILES, *flags)
    assert [diagnostic.rule for diagnostic in report.of("error")] == broken


def test_no_key_is_shown(tmp_path: Path) -> None:
    flags = ("--tls-cert-file=/f/one.key", "--tls-private-key-file=/f/one.key", f"{VERIFYING}=/f/locked.key")
    _, report = started(tmp_path, FILES, *flags, drop=(VERIFYING,))
    messages = "".join(diagnostic.message + diagnostic.hint for diagnostic in report.of("error"))
    assert messages
    lines = [line for line in ONE.key.splitlines() if len(line) > 20 and "-" not in line]
    assert lines
    assert not any(line in messages for line in lines)


def test_special_files_are_not_checked(tmp_path: Path) -> None:
    """Reading a pipe would block."""
    os.mkfifo(tmp_path / "pipe")
    _, report = started(tmp_path, {}, "--client-ca-file=/f/pipe")
    assert list(report.of("error")) == []
    assert [diagnostic.rule or diagnostic.code for diagnostic in report.of("note")] == ["KASC-HOST-002"]
