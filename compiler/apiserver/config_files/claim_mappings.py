"""Claim validation rules, claim mappings and user validation rules of a JWT authenticator.

Kubernetes: apiserver/pkg/apis/apiserver/validation/validation.go, validateClaimValidationRules, validateClaimMappings,
validateUserValidationRules.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from compiler import rules
from compiler.apiserver.resolved_sections import (
    ClaimExpression,
    ClaimMappings,
    ExtraAttribute,
    MappingExpression,
    PrefixedClaim,
    RequiredClaim,
    UserValidationRule,
)
from compiler.inputs.schema.field import Field
from compiler.rules import Rule
from compiler.text import shown
from compiler.upstream.catalog import Catalog
from compiler.upstream.names import is_subdomain

if TYPE_CHECKING:
    from compiler.upstream.cel import CompiledExpression

_PATH = r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+"
_RESERVED = ("k8s.io", "kubernetes.io")
_EITHER = "keep one of claim and expression"
_ONE = "set claim or expression"
_VERIFIED = "email_verified"


def check_claims(catalog: Catalog, entry: Field) -> None:
    """Report the errors of the rules and mappings of one entry."""
    _Claims(catalog).check(entry)


class _Claims:
    """Check of one entry; collects the compiled and the invalid expressions."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.compiled: list[CompiledExpression] = []
        self.invalid: list[str] = []

    def check(self, entry: Field) -> None:
        """Report all errors."""
        self._check_rules(entry["claimValidationRules"])
        mappings = entry["claimMappings"]
        username, groups, uid = mappings["username"], mappings["groups"], mappings["uid"]
        name = self._check_mapping(username, rules.INVALID_USERNAME_MAPPING)
        choices = (username["claim"], username["expression"])
        if not any(choice.text or choice.is_bad for choice in choices):
            username.report(rules.INVALID_USERNAME_MAPPING, "username has neither claim nor expression", _ONE)
        self._check_mapping(groups, rules.INVALID_GROUPS_MAPPING)
        self._check_mapping(uid, rules.INVALID_UID_MAPPING)
        self._check_extra(mappings["extra"])
        if name is not None:
            self._check_email(username["expression"], name)
        self._check_user_rules(entry["userValidationRules"])

    def _check_rules(self, validation_rules: Field) -> None:
        claims: set[str] = set()
        expressions: set[str] = set()
        for rule in validation_rules.items():
            claim, expression = rule["claim"], rule["expression"]
            if claim.text and expression.text:
                rule.report(rules.INVALID_CLAIM_VALIDATION_RULE, "the rule has both claim and expression", _EITHER)
            elif claim.text:
                self._check_unset(rule["message"], "claim", "remove it: message requires expression")
                self._check_once(claim, claims, rules.INVALID_CLAIM_VALIDATION_RULE, "claim")
            elif expression.text:
                hint = "compare the claim with it in the expression, and remove it"
                self._check_unset(rule["requiredValue"], "expression", hint)
                if self._check_once(expression, expressions, rules.INVALID_CLAIM_VALIDATION_RULE, "expression"):
                    self._compile(expression, "bool")
            elif not (claim.is_bad or expression.is_bad):
                rule.report(rules.INVALID_CLAIM_VALIDATION_RULE, "the rule has neither claim nor expression", _ONE)

    @staticmethod
    def _check_unset(field: Field, other: str, hint: str) -> None:
        if field.text:
            name = field.path.rpartition(".")[2]
            field.report(rules.INVALID_CLAIM_VALIDATION_RULE, f"{name} must not be set together with {other}", hint)

    @staticmethod
    def _check_once(field: Field, values: set[str], rule: Rule, name: str) -> bool:
        """Return whether a value is not a duplicate."""
        if field.text in values:
            field.report(rule, f"duplicate {name} {shown(field.text)}", "keep one")
            return False
        values.add(field.text)
        return True

    def _check_mapping(self, mapping: Field, rule: Rule) -> CompiledExpression | None:
        """Return the compiled expression of a valid mapping, None without one."""
        claim, expression, prefix = mapping["claim"], mapping["expression"], mapping["prefix"]
        name = mapping.path.rpartition(".")[2]
        if claim.text and expression.text:
            mapping.report(rule, f"{name} has both claim and expression", _EITHER)
        elif expression.text:
            checked = self._compile(expression)
            if not prefix.is_set:
                return checked
            prefix.report(
                rule, f"{name} has prefix together with expression", "prepend it in the expression, and remove prefix"
            )
        elif claim.text and not prefix.is_set and name != "uid":
            hint = 'write for example prefix: "oidc:", or prefix: "" for none'
            prefix.report(rule, f"{name} has claim without prefix", hint)
        return None

    def _check_extra(self, attributes: Field) -> None:
        keys: set[str] = set()
        for attribute in attributes.items():
            key, expression = attribute["key"], attribute["valueExpression"]
            problem = extra_key_problem(key.text, bool(self.catalog.behaviour("reservedExtraKeysRefused")))
            if problem:
                key.report(rules.INVALID_EXTRA_MAPPING, *problem)
            if key.text and not self._check_once(key, keys, rules.INVALID_EXTRA_MAPPING, "key"):
                continue
            if expression.text:
                self._compile(expression)
            else:
                expression.report(
                    rules.INVALID_EXTRA_MAPPING,
                    "the attribute has no valueExpression",
                    "write one, for example claims.tenant",
                )

    def _check_email(self, expression: Field, name: CompiledExpression) -> None:
        """Report an email address that is not verified; an invalid expression may be the one that verifies it."""
        verified = any(compiled.selects("claims", _VERIFIED) for compiled in self.compiled)
        if name.selects("claims", "email") and not verified and not any(_VERIFIED in text for text in self.invalid):
            message = f"the username is claims.email, but no expression checks claims.{_VERIFIED}"
            hint = "add a claimValidationRule: claims.?email_verified.orValue(true) == true"
            expression.report(rules.UNVERIFIED_EMAIL_AS_USERNAME, message, hint)

    def _check_user_rules(self, validation_rules: Field) -> None:
        expressions: set[str] = set()
        for rule in validation_rules.items():
            expression = rule["expression"]
            if not expression.text:
                expression.report(
                    rules.INVALID_USER_VALIDATION_RULE,
                    "the rule has no expression",
                    "write one that uses user, or remove the rule",
                )
            elif self._check_once(expression, expressions, rules.INVALID_USER_VALIDATION_RULE, "expression"):
                from compiler.apiserver.config_files.authorization import check_expression
                from compiler.upstream.cel import USER

                check_expression(expression, rules.INVALID_JWT_EXPRESSION, USER, self.catalog.minor, "bool")

    def _compile(self, expression: Field, result: str = "") -> CompiledExpression | None:
        """Return the compiled expression over claims; `result` is that of `compile_expression`."""
        from compiler.apiserver.config_files.authorization import check_expression
        from compiler.upstream.cel import CLAIMS

        checked = check_expression(expression, rules.INVALID_JWT_EXPRESSION, CLAIMS, self.catalog.minor, result)
        if checked is None:
            self.invalid.append(expression.text)
        else:
            self.compiled.append(checked)
        return checked


def extra_key_problem(key: str, reserved: bool) -> tuple[str, str] | None:
    """Return message and hint for the key of an extra attribute, None if it is valid.

    `reserved`: whether the domains reserved for Kubernetes are rejected.
    Kubernetes: util/validation, IsDomainPrefixedPath.
    """
    example = "write DOMAIN/NAME in lowercase, for example example.com/tenant"
    domain, slash, path = key.partition("/")
    if not key:
        return "the attribute has no key", example
    if not slash or not is_subdomain(domain) or not re.fullmatch(_PATH, path):
        return f"the key {shown(key)} is not a domain-prefixed path", example
    if path != path.lower():
        return f"the key {shown(key)} has uppercase letters", f"write {key.lower()}"
    if reserved and f".{domain}".endswith(tuple(f".{name}" for name in _RESERVED)):
        return f"the key {shown(key)} has a domain reserved for Kubernetes", "use your own domain"
    return None


def validation_rules(entry: Field) -> tuple[RequiredClaim | ClaimExpression, ...]:
    """Return the claim validation rules."""
    return tuple(
        ClaimExpression(expression=rule["expression"].text, message=rule["message"].text)
        if rule["expression"].text
        else RequiredClaim(claim=rule["claim"].text, required_value=rule["requiredValue"].text)
        for rule in entry["claimValidationRules"].items()
    )


def claim_mappings(mappings: Field) -> ClaimMappings:
    """Return the claim mappings."""
    return ClaimMappings(
        username=_mapping(mappings["username"]),
        groups=_mapping(mappings["groups"]),
        uid=_mapping(mappings["uid"]),
        extra=tuple(
            ExtraAttribute(key=attribute["key"].text, value_expression=attribute["valueExpression"].text)
            for attribute in mappings["extra"].items()
        ),
    )


def _mapping(mapping: Field) -> PrefixedClaim | MappingExpression | None:
    if mapping["expression"].text:
        return MappingExpression(expression=mapping["expression"].text)
    claim = mapping["claim"].text
    return PrefixedClaim(claim=claim, prefix=mapping["prefix"].text) if claim else None


def user_rules(entry: Field) -> tuple[UserValidationRule, ...]:
    """Return the user validation rules."""
    return tuple(
        UserValidationRule(expression=rule["expression"].text, message=rule["message"].text)
        for rule in entry["userValidationRules"].items()
    )
