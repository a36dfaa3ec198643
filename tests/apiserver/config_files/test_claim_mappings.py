"""Verdicts are those of kube-apiserver 1.31, 1.33 and 1.36; where they differ, a case names the versions."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.apiserver.config_files.claim_mappings import extra_key_problem
from tests.apiserver.config_files.running import placed, started

HEAD = """apiVersion: apiserver.config.k8s.io/v1beta1
kind: AuthenticationConfiguration
jwt:
- issuer: {url: 'https://a.example.com', audiences: [a]}
"""
USERNAME = "username: {claim: sub, prefix: ''}"
MAPPINGS = f"  claimMappings: {{{USERNAME}}}\n"
VERIFIED = "claims.?email_verified.orValue(true) == true"
FLAG = "--authentication-config=/f/authn.yaml"


def findings(directory: Path, text: str, version: str = "1.36") -> str:
    """Return the errors as one string, without the common prefix of paths."""
    _, report = started(directory, {"authn.yaml": HEAD + text}, FLAG, version=version)
    result = " ".join(placed(result) for result in report.of("error"))
    return result.replace("jwt[0].", "").replace("claimMappings.", "")


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("{claim: a}", ""),
        ("{claim: a, requiredValue: b}, {claim: b, requiredValue: b}", ""),
        ("{expression: 'true', message: m}, {expression: 'true '}", ""),
        ("{claim: a, message: ''}, {expression: 'true', requiredValue: ''}", ""),
        ("{}", "[0] 5:26"),
        ("null", "[0] 5:26"),
        ("{requiredValue: a}", "[0] 5:26"),
        ("{claim: '', expression: ''}", "[0] 5:26"),
        ("{claim: a, expression: 'claims.'}", "[0] 5:26"),
        ("{claim: a, message: b}", "[0].message 5:46"),
        ("{expression: 'true', requiredValue: b}", "[0].requiredValue 5:62"),
        ("{claim: a}, {claim: a}", "[1].claim 5:46"),
        ("{expression: 'true'}, {expression: 'true'}", "[1].expression 5:61"),
        # A duplicate of an invalid expression is reported as duplicate, and as invalid only once.
        ("{expression: claims.}, {expression: claims.}", "JWT-18 [0].expression 5:46 JWT-12 [1].expression 5:62"),
        ("{expression: claims.a}", "JWT-18 [0].expression 5:39"),
        ("{expression: claims}", "JWT-18 [0].expression 5:39"),
        ("{expression: user.username == 'a'}", "JWT-18 [0].expression 5:39"),
        ("{expression: ' '}", "JWT-18 [0].expression 5:40"),
        ("{claim: 1}", "JWT-01 [0].claim 5:34"),
    ],
)
def test_claim_validation_rules(tmp_path: Path, rules: str, expected: str) -> None:
    result = findings(tmp_path, f"  claimValidationRules: [{rules}]\n{MAPPINGS}")
    if expected and not expected.startswith("JWT"):
        expected = f"JWT-12 {expected}"
    assert result.replace("claimValidationRules", "") == expected


@pytest.mark.parametrize(
    ("mappings", "expected"),
    [
        ("username: {claim: sub, prefix: 'x:'}", ""),
        ("username: {expression: claims.sub}", ""),
        ("username: {expression: claims.sub, prefix: }", ""),
        # The result of an expression is only known for a token.
        ("username: {expression: '1'}, groups: {expression: '{}'}, uid: {expression: '[1]'}", ""),
        ("", "JWT-13 username 5:18"),
        ("username: {}", "JWT-13 username 5:29"),
        ("username: {prefix: a}", "JWT-13 username 5:29"),
        ("username: {claim: sub}", "JWT-13 username.prefix 5:29"),
        ("username: {claim: sub, prefix: }", "JWT-13 username.prefix 5:49"),
        ("username: {claim: sub, expression: 'claims.'}", "JWT-13 username 5:29"),
        ("username: {expression: claims.sub, prefix: ''}", "JWT-13 username.prefix 5:62"),
        ("username: {expression: claims., prefix: ''}", "JWT-18 username.expression 5:49 JWT-13 username.prefix 5:59"),
        (f"{USERNAME}, groups: {{}}", ""),
        (f"{USERNAME}, groups: {{prefix: a}}", ""),
        (f"{USERNAME}, groups: {{claim: g, prefix: a}}", ""),
        (f"{USERNAME}, groups: {{claim: g}}", "JWT-14 groups.prefix 5:63"),
        (f"{USERNAME}, groups: {{claim: g, expression: claims.g}}", "JWT-14 groups 5:63"),
        (f"{USERNAME}, groups: {{expression: claims.g, prefix: a}}", "JWT-14 groups.prefix 5:94"),
        (f"{USERNAME}, uid: {{claim: g}}", ""),
        (f"{USERNAME}, uid: {{claim: g, expression: claims.g}}", "JWT-15 uid 5:60"),
        (f"{USERNAME}, uid: {{claim: g, prefix: a}}", "JWT-01 uid.prefix 5:71"),
        (f"{USERNAME}, uid: {{expression: foo}}", "JWT-18 uid.expression 5:73"),
    ],
)
def test_mappings(tmp_path: Path, mappings: str, expected: str) -> None:
    assert findings(tmp_path, f"  claimMappings: {{{mappings}}}\n") == expected


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ("{key: a.b/c, valueExpression: claims.a}, {key: a.b/d, valueExpression: claims.a}", ""),
        ("{key: a/b, valueExpression: '1'}", ""),
        ("{valueExpression: claims.a}", "JWT-16 extra[0].key 5:63"),
        ("{key: a.b/c}", "JWT-16 extra[0].valueExpression 5:63"),
        ("{key: b, valueExpression: ''}", "JWT-16 extra[0].key 5:69 JWT-16 extra[0].valueExpression 5:89"),
        ("{key: a.b/C, valueExpression: claims.a}", "JWT-16 extra[0].key 5:69"),
        ("{key: a.b/c, valueExpression: a}", "JWT-18 extra[0].valueExpression 5:93"),
        ("{key: a.b/c, valueExpression: '1'}, {key: a.b/c, valueExpression: a}", "JWT-16 extra[1].key 5:105"),
    ],
)
def test_extra(tmp_path: Path, extra: str, expected: str) -> None:
    assert findings(tmp_path, f"  claimMappings: {{{USERNAME}, extra: [{extra}]}}\n") == expected


@pytest.mark.parametrize(
    ("key", "fine"),
    [
        ("example.com/foo", True),
        ("example.com/a/b", True),
        ("e/-._~%!$&'()*+,;=:", True),
        ("a" * 253 + "/b", True),
        ("a" * 254 + "/b", False),
        (".".join(["a" * 60] * 4) + "/b", True),
        (".".join(["a" * 63] * 4) + "/b", False),
        ("example.com", False),
        ("example.com/", False),
        ("/foo", False),
        ("Example.com/foo", False),
        ("example_a.com/foo", False),
        ("-a/foo", False),
        ("a..b/foo", False),
        ("example.com/foo bar", False),
        ("example.com/é", False),
        ("example.com/foo?", False),
        ("example.com/Foo", False),
        ("example.com/foo\n", False),
    ],
)
def test_keys(key: str, fine: bool) -> None:
    for reserved in (False, True):
        assert (extra_key_problem(key, reserved) is None) is fine


@pytest.mark.parametrize("domain", ["k8s.io", "kubernetes.io", "a.k8s.io", "a.b.kubernetes.io"])
def test_reserved_domains_are_rejected_from_1_32_on(tmp_path: Path, domain: str) -> None:
    text = f"  claimMappings: {{{USERNAME}, extra: [{{key: {domain}/a, valueExpression: claims.a}}]}}\n"
    assert findings(tmp_path, text, "1.31") == ""
    assert findings(tmp_path, text, "1.32") == "JWT-16 extra[0].key 5:69"
    assert findings(tmp_path, text.replace(domain, "my-k8s.io"), "1.36") == ""


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("{expression: \"user.username != 'a'\", message: b}", ""),
        ("{expression: 'size(user.groups) > 0'}, {expression: 'true'}", ""),
        ("{}", "JWT-17 [0].expression 6:25"),
        ("{message: a}", "JWT-17 [0].expression 6:25"),
        ("{expression: 'true'}, {expression: 'true'}", "JWT-17 [1].expression 6:60"),
        ("{expression: user.username}", "JWT-18 [0].expression 6:38"),
        ("{expression: user.name == 'a'}", "JWT-18 [0].expression 6:43"),
        ("{expression: claims.a == 'a'}", "JWT-18 [0].expression 6:38"),
    ],
)
def test_user_validation_rules(tmp_path: Path, rules: str, expected: str) -> None:
    result = findings(tmp_path, f"{MAPPINGS}  userValidationRules: [{rules}]\n")
    assert result.replace("userValidationRules", "") == expected


@pytest.mark.parametrize(
    ("username", "rule", "extra", "refused"),
    [
        ("claims.email", "", "", True),
        ("claims.email", VERIFIED, "", False),
        ("claims.email", "", "claims.email_verified", False),
        ("claims.?email.orValue(claims.sub)", "", "", True),
        ("has(claims.email) ? claims.sub : ''", "", "", True),
        ("claims.email_verified ? claims.email : claims.sub", "", "", False),
        ("claims[\"email\"]", "", "", False),
        ("claims.sub.email", "", "", False),
        ("[claims].map(c, c.email)[0]", "", "", False),
        ("claims.email", "claims[\"email_verified\"] == true", "", True),
        ("claims.email", "has(claims.email_verified)", "", False),
    ],
)  # fmt: skip
def test_email(tmp_path: Path, username: str, rule: str, extra: str, refused: bool) -> None:
    """An email address used as user name must be verified."""
    quoted = username.replace("'", "''")
    lines = f"  claimMappings:\n    username: {{expression: '{quoted}'}}\n"
    lines += f"    extra: [{{key: a.b/c, valueExpression: '{extra}'}}]\n" if extra else ""
    lines += f"  claimValidationRules: [{{expression: '{rule}'}}]\n" if rule else ""
    assert findings(tmp_path, lines) == ("JWT-19 username.expression 6:28" if refused else "")


def test_an_invalid_expression_may_verify_the_address(tmp_path: Path) -> None:
    text = "  claimMappings: {username: {expression: claims.email}}\n"
    rule = "  claimValidationRules: [{expression: claims.email_verified == tru}]\n"
    assert findings(tmp_path, text + rule) == "JWT-18 claimValidationRules[0].expression 6:64"
    other = rule.replace("email_verified", "a")
    assert "JWT-19" in findings(tmp_path, text + other)
