"""What the claims of a token have to be, and what they tell of the user: one entry of an AuthenticationConfiguration.

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
    """Report everything that the server would refuse of the rules and mappings of one entry."""
    _Claims(catalog).check(entry)


class _Claims:
    """The check of one entry: it remembers which expressions could be compiled."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.compiled: list[CompiledExpression] = []
        self.broken: list[str] = []

    def check(self, entry: Field) -> None:
        """Report everything that is wrong."""
        self._check_rules(entry["claimValidationRules"])
        mappings = entry["claimMappings"]
        username, groups, uid = mappings["username"], mappings["groups"], mappings["uid"]
        name = self._check_mapping(username, rules.INVALID_USERNAME_MAPPING)
        choices = (username["claim"], username["expression"])
        if not any(choice.text or choice.is_bad for choice in choices):
            username.refuse(rules.INVALID_USERNAME_MAPPING, "the username has neither a claim nor an expression", _ONE)
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
                rule.refuse(rules.INVALID_CLAIM_VALIDATION_RULE, "the rule has both a claim and an expression", _EITHER)
            elif claim.text:
                self._check_alone(rule["message"], "claim", "remove it: only an expression has a message")
                self._check_once(claim, claims, rules.INVALID_CLAIM_VALIDATION_RULE, "the claim")
            elif expression.text:
                hint = "compare the claim with it in the expression, and remove it"
                self._check_alone(rule["requiredValue"], "expression", hint)
                if self._check_once(expression, expressions, rules.INVALID_CLAIM_VALIDATION_RULE, "the expression"):
                    self._compile(expression, "bool")
            elif not (claim.is_bad or expression.is_bad):
                rule.refuse(rules.INVALID_CLAIM_VALIDATION_RULE, "the rule has neither a claim nor an expression", _ONE)

    @staticmethod
    def _check_alone(field: Field, beside: str, hint: str) -> None:
        if field.text:
            name = field.path.rpartition(".")[2]
            field.refuse(rules.INVALID_CLAIM_VALIDATION_RULE, f"{name} is set beside {beside}", hint)

    @staticmethod
    def _check_once(field: Field, seen: set[str], rule: Rule, what: str) -> bool:
        """Whether a text was not there before."""
        if field.text in seen:
            field.refuse(rule, f"{what} {shown(field.text)} stands twice", "keep one")
            return False
        seen.add(field.text)
        return True

    def _check_mapping(self, mapping: Field, rule: Rule) -> CompiledExpression | None:
        """The compiled expression of a mapping that is well formed."""
        claim, expression, prefix = mapping["claim"], mapping["expression"], mapping["prefix"]
        name = mapping.path.rpartition(".")[2]
        if claim.text and expression.text:
            mapping.refuse(rule, f"{name} has both a claim and an expression", _EITHER)
        elif expression.text:
            checked = self._compile(expression)
            if not prefix.given:
                return checked
            prefix.refuse(rule, f"{name} has a prefix beside an expression", "add it in the expression, and remove it")
        elif claim.text and not prefix.given and name != "uid":
            hint = 'write such as prefix: "oidc:", or prefix: "" for none'
            prefix.refuse(rule, f"{name} has a claim without a prefix", hint)
        return None

    def _check_extra(self, attributes: Field) -> None:
        seen: set[str] = set()
        for attribute in attributes.items():
            key, expression = attribute["key"], attribute["valueExpression"]
            wrong = wrong_with_key(key.text, bool(self.catalog.behaviour("reservedExtraKeysRefused")))
            if wrong:
                key.refuse(rules.INVALID_EXTRA_MAPPING, *wrong)
            if key.text and not self._check_once(key, seen, rules.INVALID_EXTRA_MAPPING, "the key"):
                continue
            if expression.text:
                self._compile(expression)
            else:
                expression.refuse(
                    rules.INVALID_EXTRA_MAPPING,
                    "the attribute has no valueExpression",
                    "write one, such as claims.tenant",
                )

    def _check_email(self, expression: Field, name: CompiledExpression) -> None:
        """An expression that cannot be compiled may be the one that looks whether the address is verified."""
        compiled = any(checked.selects("claims", _VERIFIED) for checked in self.compiled)
        if name.selects("claims", "email") and not compiled and not any(_VERIFIED in text for text in self.broken):
            message = f"the username comes from claims.email, and nothing looks at claims.{_VERIFIED}"
            hint = "add a claimValidationRule: claims.?email_verified.orValue(true) == true"
            expression.refuse(rules.UNVERIFIED_EMAIL_AS_USERNAME, message, hint)

    def _check_user_rules(self, validation_rules: Field) -> None:
        seen: set[str] = set()
        for rule in validation_rules.items():
            expression = rule["expression"]
            if not expression.text:
                expression.refuse(
                    rules.INVALID_USER_VALIDATION_RULE,
                    "the rule has no expression",
                    "write one over user, or remove the rule",
                )
            elif self._check_once(expression, seen, rules.INVALID_USER_VALIDATION_RULE, "the expression"):
                from compiler.apiserver.config_files.authorization import check_expression
                from compiler.upstream.cel import USER

                check_expression(expression, rules.INVALID_JWT_EXPRESSION, USER, self.catalog.minor, "bool")

    def _compile(self, expression: Field, result: str = "") -> CompiledExpression | None:
        """The checked expression over claims; what it gives is only known when a token comes, save for `result`."""
        from compiler.apiserver.config_files.authorization import check_expression
        from compiler.upstream.cel import CLAIMS

        checked = check_expression(expression, rules.INVALID_JWT_EXPRESSION, CLAIMS, self.catalog.minor, result)
        if checked is None:
            self.broken.append(expression.text)
        else:
            self.compiled.append(checked)
        return checked


def wrong_with_key(key: str, reserved: bool) -> tuple[str, str] | None:
    """Message and hint about the key of an extra attribute; None where it is fine.

    `reserved`: whether Kubernetes' own domains are refused. Kubernetes: util/validation, IsDomainPrefixedPath.
    """
    example = "write DOMAIN/NAME in small letters, such as example.com/tenant"
    domain, slash, path = key.partition("/")
    if not key:
        return "the attribute has no key", example
    if not slash or not is_subdomain(domain) or not re.fullmatch(_PATH, path):
        return f"the key {shown(key)} is not a path below a domain", example
    if path != path.lower():
        return f"the key {shown(key)} has capital letters", f"write {key.lower()}"
    if reserved and f".{domain}".endswith(tuple(f".{name}" for name in _RESERVED)):
        return f"the key {shown(key)} is below a domain of Kubernetes' own", "use a domain of your own"
    return None


def validation_rules(entry: Field) -> tuple[RequiredClaim | ClaimExpression, ...]:
    """The rules that the claims of a token have to fulfil."""
    return tuple(
        ClaimExpression(expression=rule["expression"].text, message=rule["message"].text)
        if rule["expression"].text
        else RequiredClaim(claim=rule["claim"].text, required_value=rule["requiredValue"].text)
        for rule in entry["claimValidationRules"].items()
    )


def claim_mappings(mappings: Field) -> ClaimMappings:
    """Where the attributes of the user come from."""
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
    """The rules that the user has to fulfil."""
    return tuple(
        UserValidationRule(expression=rule["expression"].text, message=rule["message"].text)
        for rule in entry["userValidationRules"].items()
    )
