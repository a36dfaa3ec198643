"""Names of secrets, and what is hidden of a string."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.text.redaction import (
    has_credentials,
    hide,
    hide_in_message,
    is_key_material,
    is_secret_name,
    looks_random,
    resembles_secret_name,
)
from compiler.upstream.catalog import catalog
from compiler.upstream.catalog.facts import versions

KEY = "YWJjZGVmMDEyMzQ1Njc4OUFCQ0RFRjAxMjM0NTY3ODk="


@pytest.mark.parametrize(
    "name",
    [
        *("token", "password", "secret", "client-key-data", "client-secret", "refresh-token", "id-token"),
        *("accessToken", "apiKey", "ETCD_PASSWORD", "DB_PASS", "AWS_SECRET_ACCESS_KEY", "privateKey", "tokenValue"),
        *("bearer_token", "auth", "passphrase", "password2"),
    ],
)
def test_names_of_secrets(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *("tokenFile", "tokenReview", "secrets", "secretName", "passwordFile", "client-key", "clientKey", "key"),
        *("imagePullSecrets", "secretRef", "AWS_ACCESS_KEY_ID", "authorization", "bypass", "serviceAccountKeyFile"),
        *("service-account-extend-token-expiration", "token-auth-file", "certificate-authority-data", "taking"),
    ],
)
def test_names_of_what_is_no_secret(name: str) -> None:
    assert not resembles_secret_name(name)


@pytest.mark.parametrize("name", ["secrt", "secert", "passwrd", "pasword", "tokn", "toekn", "credentals"])
def test_misspelled_names(name: str) -> None:
    assert resembles_secret_name(name)
    assert not is_secret_name(name)


def test_names_of_kubernetes_are_none() -> None:
    for version in versions():
        known = catalog(version)
        keys = [spec.key for spec in known.flags.values()]
        for name in (*known.flags, *keys, *known.plugins, *known.gates):
            assert not looks_random(name)
            assert hide(f"--{name}=true") == f"--{name}=true"
        assert not any(resembles_secret_name(name) for name in (*known.flags, *keys))


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("https://root:pw@h:2379/x", "https://***@h:2379/x"),
        ("https://token@h", "https://***@h"),
        ("http://a:1,http://u:p,q@b:2", "http://a:1,http://***@b:2"),
        ("https://u:p/w@h", "https://***@h"),
        ("https://u:p@w@h", "https://***@h"),
        ("root:pw@10.0.0.1:2379", "***@10.0.0.1:2379"),
        ("https://h:2379/a@b", "https://h:2379/a@b"),
        (
            "registry.k8s.io/kube-apiserver:v1@sha256:" + "ab12" * 16,
            "registry.k8s.io/kube-apiserver:v1@sha256:" + "ab12" * 16,
        ),
        ("--client-secret pw --x", "--client-secret ***"),
        ("export ETCD_PASSWORD=pw", "export ETCD_PASSWORD=***"),
        ('{"name": "a", "token": "x"}', '{"name": "a", "token": ***'),
        ("secret: {env: NAME}", "secret: {env: NAME}"),
        ("token: true", "token: true"),
        ("request.token == 'x'", "request.token == 'x'"),
        ("system:serviceaccount:kube-system:default", "system:serviceaccount:kube-system:default"),
        ('--authorization-mode="Node,RBAC"', '--authorization-mode="Node,RBAC"'),
        (f"name: {KEY}", "name: ***"),
        ("-----BEGIN EC PRIVATE KEY-----\nabc", "***"),
        ("Authorization: Bearer abcdefghijk123", "Authorization: ***"),
        ("x eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln y", "x *** y"),
    ],
)
def test_what_is_hidden(text: str, hidden: str) -> None:
    assert hide(text) == hidden


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("the field secret: write it in quotes", "the field secret: write it in quotes"),
        ("keys[1].secret:abc", "keys[1].secret:***"),
        ("resources[0].secret:abc is no field", "resources[0].secret:*** is no field"),
        ("https://u:p@h cannot be reached", "https://***@h cannot be reached"),
    ],
)
def test_messages(text: str, hidden: str) -> None:
    assert hide_in_message(text) == hidden


@given(st.text(st.characters(exclude_characters='/?#@" \n\t\r', exclude_categories=("Cs", "Z", "C")), min_size=1))
def test_no_password_of_a_url_stays(password: str) -> None:
    url = f"https://root:{password}@a.example.com:2379/x"
    assert hide(url) == "https://***@a.example.com:2379/x"
    assert has_credentials(url)


@given(st.text(st.sampled_from("/:@,= -eyJ.token\"'\\{x-BEGIN")))
def test_hiding_ends_and_adds_nothing(text: str) -> None:
    for hidden in (hide(text), hide_in_message(text)):
        assert len(hidden.replace("***", "")) <= len(text)


@pytest.mark.parametrize(
    "seed",
    [
        *("//", "//a@", "//u:x/", "eyJ", "eyJaaaaaaaa.", "Bearer ", "-----BEGIN ", "a ", "token ", "a:b", "-", " "),
        *("\\", "LS0tLS1CRUdJTi", "@", "x:y@", "secret", "aB1", "a=", "--a ", '"', "a: "),
    ],
)
def test_time_is_linear(seed: str) -> None:
    text = seed * (400_000 // len(seed))
    start = time.process_time()
    hide(text)
    hide_in_message(text)
    assert time.process_time() - start < 4


def test_key_material() -> None:
    assert is_key_material("a\n-----BEGIN PRIVATE KEY-----\nb")
    assert is_key_material("LS0tLS1CRUdJTiBFQyBQUklWQVRFIEtFWS0tLS0tCg==")
    assert not is_key_material("LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==")
    assert not is_key_material("-----BEGIN CERTIFICATE-----")
