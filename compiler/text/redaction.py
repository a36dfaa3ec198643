"""What is never shown or written: values of secret fields, credentials in URLs, keys and tokens.

Messages, excerpts, diffs and artifacts all use these functions. Nothing is imported before there is something to hide:
most runs report nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

HIDDEN = "***"
Spans = list[tuple[int, int]]
"""Start and end of what to hide in a string, in order and without overlaps."""

_SECRET_ENDINGS = (
    *("secret", "password", "passwd", "passphrase", "passcode", "token", "credential", "credentials"),
    *("tokens", "passwords", "keydata", "apikey", "accesskey", "authkey", "encryptionkey", "privatekey"),
    *("secretkey", "sharedkey", "signingkey", "accountkey", "masterkey", "bearer"),
)
_SECRET_WORDS = frozenset(("pass", "psw", "pw", "pwd"))
"""Last words of a name that are too short to be looked for at the end of any other."""
_FORMS = ("value", "data", "text", "string", "content", "base", "bytes", "raw", "plain", "pem")
"""What may follow the name of a secret: `tokenValue`, `secretData`."""
_LONGEST_NAME = 200
"""Characters at the end of a name that tell whether it is that of a secret."""
_LONGEST_KEY = 10_000
"""Characters at the start of a word that tell whether it is a key."""
_MISSPELLED = ("secret", "password", "token", "passphrase", "credentials")

_NAME = r"""(?<![\w-])-{0,2}([A-Za-z_][\w-]*+)\\*+["']?\s*+[:=](?!=)\s*"""
_OPTION = r"(?<![\w-])--?([A-Za-z][\w-]*+)[ \t]+"
_PEM = r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[\s\S]*"
_TOKENS = (
    r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*){0,3}"  # JWT
    r"|(?i:bearer)[ ]+(?=[^\s\"']*[0-9._~+/=-])[\w.~+/=-]{12,}"
    r"|LS0tLS1CRUdJTi[\w+/=-]*"  # PEM in base64
)
# A line of nothing but base64 belongs to a key or a certificate.
_BASE64_LINE = r"(?=.*[0-9+/=])\s*[\"']?[A-Za-z0-9+][A-Za-z0-9+/]{18,}={0,2}[\"']?\s*"
# What is none of a secret's values: a switch, nothing, or a reference.
_HARMLESS = r"""["']?(?i:true|false|null)\b|\{\s*\\*["']?(?:env|file)\\*["']?\s*:|(?:""|'')(?=[\s,}\]]|$)|[,}\]]|#|$"""
_LONG_WORD = r"[\w+/=-]{20,}"
_BARE_CREDENTIALS = r"(?<![\w./@+-])[\w.+-]+:[^\s/@\"',:;()\[\]{}]+@(?!sha256:)(?=[\w\[])"


def is_secret_name(name: str) -> bool:
    """Whether a field, variable or option of this name holds a secret, in any spelling: `client-key-data`, `apiToken`.

    Names of what only refers to a secret are none: `tokenFile`, `secretName`, `passwordPath`.

    >>> is_secret_name("clientSecret"), is_secret_name("ETCD_PASSWORD"), is_secret_name("token-file")
    (True, True, False)
    """
    name = name[-_LONGEST_NAME:]
    squashed = "".join(letter for letter in name.lower() if letter.isalpha())
    if squashed.endswith(_SECRET_ENDINGS):
        return True
    for form in _FORMS:
        if squashed.endswith(form):
            return squashed.removesuffix(form).endswith(_SECRET_ENDINGS)
    return squashed == "auth" or (squashed.endswith(tuple(_SECRET_WORDS)) and _last_word(name) in _SECRET_WORDS)


def is_nearly_secret_name(name: str) -> bool:
    """Whether a name is that of a secret, or a slip away from one: `secrt`, `passwrd`."""
    if is_secret_name(name):
        return True
    word = name.lower()
    return word != "secrets" and any(_is_slip(word, meant) for meant in _MISSPELLED)


def _is_slip(word: str, meant: str) -> bool:
    """Whether a word is one letter, or two that changed places, away from another."""
    if abs(len(word) - len(meant)) > 1:
        return False
    while word and meant and word[0] == meant[0]:
        word, meant = word[1:], meant[1:]
    while word and meant and word[-1] == meant[-1]:
        word, meant = word[:-1], meant[:-1]
    return max(len(word), len(meant)) <= 1 or (len(word) == 2 and word == meant[::-1])


def _last_word(name: str) -> str:
    """The last word of a name in camelCase, snake_case or kebab-case, in lowercase and without digits at its end."""
    import re

    words = re.findall(r"[A-Z]*[a-z]+|[A-Z]+", name)
    return words[-1].lower() if words else ""


def hide(text: str) -> str:
    """A value or a line with everything that may be a secret hidden: the value behind the name of one as well."""
    return _covered(text, secret_spans(text))


def hide_in_message(text: str) -> str:
    """A message or a path without secrets. Behind a name, only what follows without a blank is taken for its value."""
    if "@" not in text and ":" not in text and "=" not in text and "-----" not in text and len(text) < 20:
        return text
    spans = credential_spans(text) + token_spans(text)
    spans += [(start, _end_of_word(text, start)) for start in _values_of_secrets(text, tight=True)]
    return _covered(text, merged(spans)) if spans else text


def hide_credentials(text: str) -> str:
    """A string with the user and password of every URL in it hidden."""
    return _covered(text, credential_spans(text)) if "@" in text else text


def without_credentials(text: str) -> str:
    """A list of URLs without the user and password of any."""
    return _covered(text, _authority_spans(text, with_at=True), "") if "@" in text else text


def has_credentials(text: str) -> bool:
    """Whether a URL in a string carries a user or a password."""
    return "@" in text and bool(credential_spans(text))


def is_key_material(text: str) -> bool:
    """Whether a string is, or contains, a private key or a token, whatever the name of its field."""
    import re

    if re.search(_PEM, text):
        return True
    return any(not found[0].startswith("LS0t") or _is_private_key(found[0]) for found in re.finditer(_TOKENS, text))


def _is_private_key(text: str) -> bool:
    """Whether PEM in base64 is a private key, not a certificate."""
    import base64

    try:
        return b"PRIVATE KEY" in base64.b64decode(text[: len(text) // 4 * 4][:120])
    except ValueError:
        return True


def secret_spans(text: str) -> Spans:
    """What to hide in a line: behind the names of secrets, credentials in URLs, keys, tokens and random strings."""
    spans = credential_spans(text) + token_spans(text) + named_spans(text) + random_spans(text)
    return merged(spans) if spans else spans


def named_spans(text: str) -> Spans:
    """Everything behind the first name of a secret: the value may contain any character."""
    start = next(_values_of_secrets(text), None)
    return [(start, len(text))] if start is not None else []


def _values_of_secrets(text: str, tight: bool = False) -> Iterator[int]:
    """Where the value of each secret starts, unless it is a switch or a reference."""
    import re

    harmless = re.compile(_HARMLESS)
    return (start for name, start in _named(text, tight) if is_secret_name(name) and not harmless.match(text, start))


def _named(text: str, tight: bool = False) -> list[tuple[str, int]]:
    """Names that a value follows, as in `name: value`, `NAME=value` and `--name value`, and where the value starts."""
    import re

    if tight:
        pattern = _NAME.replace(r"\s*+[:=](?!=)\s*", "[:=](?![ =])")
        return [(found[1], found.end()) for found in re.finditer(pattern, text)]
    found = [(each[1], each.end()) for each in re.finditer(_NAME, text)] if ":" in text or "=" in text else []
    if "-" in text:
        found += [(each[1], each.end()) for each in re.finditer(_OPTION, text)]
    return sorted(found, key=lambda pair: pair[1])


def _end_of_word(text: str, start: int) -> int:
    import re

    found = re.compile(r"[\s\"'\\]").search(text, start + 1)
    return found.start() if found else len(text)


def credential_spans(text: str) -> Spans:
    """The user and password of every URL in a string, also of those that no parser would take."""
    if "@" not in text:
        return []
    import re

    return merged(
        [*_authority_spans(text), *((found.start(), found.end() - 1) for found in re.finditer(_BARE_CREDENTIALS, text))]
    )


def _authority_spans(text: str, with_at: bool = False) -> Spans:
    """From each `//` to the last `@` before the path; to a later one if a slash is likely a part of the password."""
    import re

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
        if at < 0 and path and not with_at and _ends_in_password(text[start:authority]):
            at = text.rfind("@", authority, end)
        if at >= 0:
            spans.append((start, at + with_at))
        start = following
    return spans


def _ends_in_password(authority: str) -> bool:
    """Whether what looks like the port of a URL is none, so that it may be the start of a password."""
    port = authority.rpartition(":")[2]
    return ":" in authority and not port.isdecimal() and not authority.endswith("]")


def token_spans(text: str) -> Spans:
    """Private keys in PEM, JSON web tokens, bearer tokens, and PEM in base64."""
    if len(text) < 16:
        return []
    import re

    return [found.span() for found in re.finditer(f"{_PEM}|{_TOKENS}", text)]


def random_spans(text: str) -> Spans:
    """Long words that look like keys: base64 and hexadecimal digits."""
    if len(text) < 19:
        return []
    import re

    if re.fullmatch(_BASE64_LINE, text):
        return [(len(text) - len(text.lstrip()), len(text))]
    return [
        found.span()
        for found in re.finditer(_LONG_WORD, text)
        if looks_random(found[0]) and not text.endswith("sha256:", 0, found.start())
    ]


def looks_random(word: str) -> bool:
    """Whether a word has the digits and letters of a key, not those of a name or a path."""
    for part in word[:_LONGEST_KEY].replace("_", "-").replace("/", "-").split("-"):
        digits = sum(letter.isdigit() for letter in part)
        if len(part) >= 24 and digits >= 3 and all(letter in "0123456789abcdefABCDEF" for letter in part):
            return True
        upper, lower = sum(map(str.isupper, part)), sum(map(str.islower, part))
        if len(part) >= 16 and digits >= 2 and upper >= 2 and lower >= 2:
            return True
    # The name of a flag in front of its value ends in the same way.
    whole = word.rstrip("=")
    return word.endswith("=") and len(whole) >= 18 and "=" not in whole and not word.startswith("--")


def merged(spans: Spans) -> Spans:
    """Spans in order, those that touch or overlap as one."""
    found: Spans = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        elif end > start:
            found.append((start, end))
    return found


def _covered(text: str, spans: Spans, cover: str = HIDDEN) -> str:
    parts, position = [], 0
    for start, end in spans:
        parts += [text[position:start], cover]
        position = end
    return "".join((*parts, text[position:]))
