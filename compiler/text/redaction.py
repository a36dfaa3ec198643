"""Redaction of secrets: values of secret fields, credentials in URLs, keys and tokens.

Messages, excerpts, diffs and artifacts all use these functions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

HIDDEN = "***"
Spans = list[tuple[int, int]]
"""Start and end of the parts of a string to redact, in order and without overlap."""

_SECRET_ENDINGS = (
    *("secret", "password", "passwd", "passphrase", "passcode", "token", "credential", "credentials"),
    *("tokens", "passwords", "keydata", "apikey", "accesskey", "authkey", "encryptionkey", "privatekey"),
    *("secretkey", "sharedkey", "signingkey", "accountkey", "masterkey", "joinkey", "bearer", "vpnauth"),
)
_SECRET_WORDS = frozenset(("pass", "psw", "pw", "pwd"))
"""Words that only count as the whole last word of a name, because they are too short to match its end."""
_FORMS = ("value", "data", "text", "string", "content", "base", "bytes", "raw", "plain", "pem")
"""Suffixes of the name of a secret: `tokenValue`, `secretData`."""
_MAX_NAME = 200
"""Characters at the end of a name that are checked."""
_MAX_KEY = 10_000
"""Characters at the start of a word that are checked for randomness."""
_OFTEN_MISSPELLED = ("secret", "password", "token", "passphrase", "credentials")

_NAME = r"""(?<![\w-])-{0,2}([A-Za-z_][\w-]*+)\\*+["']?\s*+[:=](?!=)\s*"""
_OPTION = r"(?<![\w-])--?([A-Za-z][\w-]*+)[ \t]+"
_PEM = r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[\s\S]*"
_TOKENS = (
    r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*){0,3}"  # JWT
    r"|(?i:bearer)[ ]+(?=[^\s\"']*[0-9._~+/=-])[\w.~+/=-]{12,}"
    r"|LS0tLS1CRUdJTi[\w+/=-]*"  # PEM in base64
)
# A line of only base64 belongs to a key or a certificate.
_BASE64_LINE = r"(?=.*[0-9+/=])\s*[\"']?[A-Za-z0-9+][A-Za-z0-9+/]{18,}={0,2}[\"']?\s*"
# Values that are not secrets: booleans, null, empty values and references.
_BENIGN = r"""["']?(?i:true|false|null)\b|\{\s*\\*["']?(?:env|file)\\*["']?\s*:|(?:""|'')(?=[\s,}\]]|$)|[,}\]]|#|$"""
_LONG_WORD = r"[\w+/=-]{20,}"
_BARE_CREDENTIALS = r"(?<![\w./@+-])[\w.+-]+:[^\s/@\"',:;()\[\]{}]+@(?!sha256:)(?=[\w\[])"


def is_secret_name(name: str) -> bool:
    """Return whether a field, variable or option with this name is a secret: `client-key-data`, `apiToken`.

    Names of references to a secret are not: `tokenFile`, `secretName`, `passwordPath`.

    >>> is_secret_name("clientSecret"), is_secret_name("ETCD_PASSWORD"), is_secret_name("token-file")
    (True, True, False)
    """
    name = name[-_MAX_NAME:]
    squashed = "".join(letter for letter in name.lower() if letter.isalpha())
    if squashed.endswith(_SECRET_ENDINGS):
        return True
    for form in _FORMS:
        if squashed.endswith(form):
            return squashed.removesuffix(form).endswith(_SECRET_ENDINGS)
    return squashed == "auth" or (squashed.endswith(tuple(_SECRET_WORDS)) and _last_word(name) in _SECRET_WORDS)


def resembles_secret_name(name: str) -> bool:
    """Return whether a name is that of a secret or a misspelling of one: `secrt`, `passwrd`."""
    if is_secret_name(name):
        return True
    word = name.lower()
    return word != "secrets" and any(_is_misspelling(word, correct) for correct in _OFTEN_MISSPELLED)


def _is_misspelling(word: str, correct: str) -> bool:
    """Return whether a word differs from another by one letter, or by two swapped letters."""
    if abs(len(word) - len(correct)) > 1:
        return False
    while word and correct and word[0] == correct[0]:
        word, correct = word[1:], correct[1:]
    while word and correct and word[-1] == correct[-1]:
        word, correct = word[:-1], correct[:-1]
    return max(len(word), len(correct)) <= 1 or (len(word) == 2 and word == correct[::-1])


def _last_word(name: str) -> str:
    """Return the last word of a name in camelCase, snake_case or kebab-case, lowercase and without trailing digits."""
    words = re.findall(r"[A-Z]*[a-z]+|[A-Z]+", name)
    return words[-1].lower() if words else ""


def hide(text: str) -> str:
    """Return a value or a line with everything redacted that may be a secret, including values after secret names."""
    return _redacted(text, secret_spans(text))


def hide_in_message(text: str) -> str:
    """Return a message or a path with secrets redacted; the value after a secret name ends at white space."""
    if "@" not in text and ":" not in text and "=" not in text and "-----" not in text and len(text) < 20:
        return text
    spans = credential_spans(text) + token_spans(text)
    spans += [(start, _end_of_word(text, start)) for start in _values_of_secrets(text, tight=True)]
    return _redacted(text, merged(spans)) if spans else text


def hide_credentials(text: str) -> str:
    """Return a string with the user and password of every URL redacted."""
    return _redacted(text, credential_spans(text)) if "@" in text else text


def has_credentials(text: str) -> bool:
    """Return whether a URL in a string has a user or a password."""
    return "@" in text and bool(credential_spans(text))


def is_key_material(text: str) -> bool:
    """Return whether a string contains a private key or a token, whatever the name of its field."""
    if re.search(_PEM, text):
        return True
    return any(not match[0].startswith("LS0t") or _is_private_key(match[0]) for match in re.finditer(_TOKENS, text))


def _is_private_key(text: str) -> bool:
    """Return whether base64-encoded PEM is a private key, not a certificate."""
    import base64

    try:
        return b"PRIVATE KEY" in base64.b64decode(text[: len(text) // 4 * 4][:120])
    except ValueError:
        return True


def secret_spans(text: str) -> Spans:
    """Return what to redact in a line: values after secret names, credentials in URLs, keys, tokens, random strings."""
    spans = credential_spans(text) + token_spans(text) + named_spans(text) + random_spans(text)
    return merged(spans) if spans else spans


def named_spans(text: str) -> Spans:
    """Return the rest of a line after the first secret name: the value may contain any character."""
    start = next(_values_of_secrets(text), None)
    return [(start, len(text))] if start is not None else []


def _values_of_secrets(text: str, tight: bool = False) -> Iterator[int]:
    """Return the index of each secret's value, unless it is a boolean or a reference."""
    benign = re.compile(_BENIGN)
    return (start for name, start in _named(text, tight) if is_secret_name(name) and not benign.match(text, start))


def _named(text: str, tight: bool = False) -> list[tuple[str, int]]:
    """Return the names followed by a value, `name: value`, `NAME=value` and `--name value`, with the value's index.

    If `tight`, the value follows the separator without white space.
    """
    if tight:
        pattern = _NAME.replace(r"\s*+[:=](?!=)\s*", "[:=](?![ =])")
        return [(match[1], match.end()) for match in re.finditer(pattern, text)]
    names = [(match[1], match.end()) for match in re.finditer(_NAME, text)] if ":" in text or "=" in text else []
    if "-" in text:
        names += [(match[1], match.end()) for match in re.finditer(_OPTION, text)]
    return sorted(names, key=lambda pair: pair[1])


def _end_of_word(text: str, start: int) -> int:
    end = re.compile(r"[\s\"'\\]").search(text, start + 1)
    return end.start() if end else len(text)


def credential_spans(text: str) -> Spans:
    """Return the spans of user and password of every URL in a string, including URLs that do not parse."""
    if "@" not in text:
        return []
    return merged(
        [*_authority_spans(text), *((match.start(), match.end() - 1) for match in re.finditer(_BARE_CREDENTIALS, text))]
    )


def _authority_spans(text: str) -> Spans:
    """Return the spans from each `//` to the last `@` before the path.

    That is a later `@` if the password may contain a slash.
    """
    spans = []
    start = text.find("//")
    while start >= 0:
        start += 2
        following = text.find("//", start)
        end = following if following >= 0 else len(text)
        blank = re.compile(r"[\s\"]").search(text, start, end)
        end = blank.start() if blank else end
        path = re.compile("[/?#]").search(text, start, end)
        authority = path.start() if path else end
        at = text.rfind("@", start, authority)
        if at < 0 and path and _ends_in_password(text[start:authority]):
            at = text.rfind("@", authority, end)
        if at >= 0:
            spans.append((start, at))
        start = following
    return spans


def _ends_in_password(authority: str) -> bool:
    """Return whether the port of an authority is not numeric, so it may be the start of a password."""
    port = authority.rpartition(":")[2]
    return ":" in authority and not port.isdecimal() and not authority.endswith("]")


def token_spans(text: str) -> Spans:
    """Return the spans of PEM private keys, JSON web tokens, bearer tokens, and base64-encoded PEM."""
    if len(text) < 16:
        return []
    return [match.span() for match in re.finditer(f"{_PEM}|{_TOKENS}", text)]


def random_spans(text: str) -> Spans:
    """Return the spans of long words that look like keys: base64 and hexadecimal digits."""
    if len(text) < 19:
        return []
    if re.fullmatch(_BASE64_LINE, text):
        return [(len(text) - len(text.lstrip()), len(text))]
    return [
        match.span()
        for match in re.finditer(_LONG_WORD, text)
        if looks_random(match[0]) and not text.endswith("sha256:", 0, match.start())
    ]


def looks_random(word: str) -> bool:
    """Return whether a word has digits and letters like a key, unlike a name or a path."""
    for part in word[:_MAX_KEY].replace("_", "-").replace("/", "-").split("-"):
        digits = sum(letter.isdigit() for letter in part)
        if len(part) >= 24 and digits >= 3 and all(letter in "0123456789abcdefABCDEF" for letter in part):
            return True
        upper, lower = sum(map(str.isupper, part)), sum(map(str.islower, part))
        if len(part) >= 16 and digits >= 2 and upper >= 2 and lower >= 2:
            return True
    # A flag name before its value ends with '=' as well.
    whole = word.rstrip("=")
    return word.endswith("=") and len(whole) >= 18 and "=" not in whole and not word.startswith("--")


def merged(spans: Spans) -> Spans:
    """Return spans in order, with adjacent and overlapping ones joined."""
    result: Spans = []
    for start, end in sorted(spans):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        elif end > start:
            result.append((start, end))
    return result


def _redacted(text: str, spans: Spans) -> str:
    parts, position = [], 0
    for start, end in spans:
        parts += [text[position:start], HIDDEN]
        position = end
    return "".join((*parts, text[position:]))
