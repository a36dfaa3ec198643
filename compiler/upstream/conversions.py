"""Suggestions for invalid flag values: the likely intended value in the syntax of the flag's type."""

from __future__ import annotations

import re

_TRUE = frozenset(("true", "t", "1", "yes", "y", "on", "enable", "enabled"))
_FALSE = frozenset(("false", "f", "0", "no", "n", "off", "disable", "disabled", "none"))
_UNITS = {
    "ns": ("nanosecond", "nanoseconds"),
    "us": ("microsecond", "microseconds", "\u00b5s"),
    "ms": ("msec", "msecs", "millisecond", "milliseconds"),
    "s": ("sec", "secs", "second", "seconds"),
    "m": ("min", "mins", "minute", "minutes"),
    "h": ("hr", "hrs", "hour", "hours"),
    "d": ("day", "days"),
    "w": ("wk", "wks", "week", "weeks"),
}
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in (unit, *words)}
_HOURS = {"d": 24, "w": 7 * 24}
_NANOSECONDS = {"ns": 1, "us": 10**3, "\u00b5s": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_MAX_CHARACTERS = 40
_CLOCK = r"([0-9]{1,3}):([0-5][0-9])(?::([0-5][0-9]))?"
_ISO = r"[pP](?:([0-9]{1,6})[dD])?(?:[tT](?:([0-9]{1,6})[hH])?(?:([0-9]{1,6})[mM])?(?:([0-9]{1,6})[sS])?)?"
_PIECE = r"([0-9]{1,12})(?:\.([0-9]{1,9}))?[ \t_-]*([A-Za-z\u00b5]+)[ \t,]*"
_POWERS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "ki": 2**10, "mi": 2**20, "gi": 2**30}
_SIZE = r"([0-9]{1,15})[ \t]*([kKmMgG]?[iI]?)[bB]?"

SECONDS, DAYS, MEGABYTES, BYTES = "seconds", "days", "megabytes", "bytes"
_UNIT_OF_FLAG = {
    "audit-log-maxage": DAYS,
    "audit-log-maxsize": MEGABYTES,
    "audit-log-truncate-max-batch-size": BYTES,
    "audit-log-truncate-max-event-size": BYTES,
    "audit-webhook-truncate-max-batch-size": BYTES,
    "audit-webhook-truncate-max-event-size": BYTES,
    "min-request-timeout": SECONDS,
}


def unit_of(flag: str) -> str:
    """Return the unit of a numeric flag, empty if it has none.

    >>> unit_of("default-not-ready-toleration-seconds"), unit_of("secure-port")
    ('seconds', '')
    """
    return _UNIT_OF_FLAG.get(flag) or (SECONDS if flag.endswith("-seconds") else "")


def as_boolean(text: str) -> str:
    """Return `true` or `false`, empty if the value looks like neither.

    >>> as_boolean("Off"), as_boolean("enabled"), as_boolean("2")
    ('false', 'true', '')
    """
    word = text.strip(" \t\"'").lower()
    return "true" if word in _TRUE else "false" if word in _FALSE else ""


def as_duration(text: str) -> str:
    """Return a Go duration, empty if the value does not look like one. A plain number is in seconds.

    >>> [as_duration(text) for text in ("60", "1 day", "1h 30min", "PT5M", "00:01:30", "5M", "soon")]
    ['60s', '24h', '1h30m', '5m', '1m30s', '5m', '']
    """
    suggestion = _as_duration(text.strip(" \t\"'"))
    pieces = re.findall(r"(?<![0-9.])([0-9.]++)([a-z\u00b5]+)", suggestion)
    # Go counts nanoseconds in 64 bits.
    return suggestion if sum(float(number) * _NANOSECONDS[unit] for number, unit in pieces) < 2**63 else ""


def _as_duration(plain: str) -> str:
    if len(plain) > _MAX_CHARACTERS:
        return ""
    if re.fullmatch(r"[0-9]+(?:\.[0-9]+)?", plain):
        return f"{plain}s"
    if clock := re.fullmatch(_CLOCK, plain):
        return _joined(zip(clock.groups(), "hms" if clock[3] else "ms", strict=False))
    if (iso := re.fullmatch(_ISO, plain)) and any(iso.groups()):
        return _joined(zip(iso.groups(), "dhms", strict=True))
    pieces = re.findall(_PIECE, plain)
    if not pieces or re.sub(_PIECE, "", plain):
        return ""
    parts = []
    for whole, part, word in pieces:
        unit = _UNIT_OF.get(word) or _UNIT_OF.get(word.lower())
        if unit is None or (part and unit in _HOURS):
            return ""
        parts.append((f"{whole}.{part}" if part else whole, unit))
    return _joined(parts)


def _joined(pieces: object) -> str:
    text = ""
    for number, unit in pieces:  # type: ignore[attr-defined]
        if number and float(number):
            text += f"{int(number) * _HOURS[unit]}h" if unit in _HOURS else f"{str(number).lstrip('0') or '0'}{unit}"
    return text or "0s"


def as_integer(text: str, unit: str = "") -> str:
    """Return digits, empty if the value does not look like an integer. `unit` is that of `unit_of`.

    >>> as_integer("1,000"), as_integer("30 days", DAYS), as_integer("30m", SECONDS), as_integer("2Gi", MEGABYTES)
    ('1000', '30', '1800', '2048')
    >>> as_integer("1k"), as_integer("6443/tcp"), as_integer("300.0"), as_integer("many")
    ('1000', '6443', '300', '')
    """
    suggestion = _as_integer(text.strip(" \t\"'"), unit)
    return suggestion if suggestion and int(suggestion) < 2**63 else ""


def _as_integer(plain: str, unit: str) -> str:
    if len(plain) > _MAX_CHARACTERS:
        return ""
    if re.fullmatch(r"[0-9]{1,3}(?:[,_ '][0-9]{3})+", plain):
        return re.sub("[^0-9]", "", plain)
    if match := re.fullmatch(r":?([0-9]+)(?:\.0+|/[a-z]+)?", plain):
        return match[1]
    if unit in (SECONDS, DAYS):
        total = _seconds(as_duration(plain))
        size = 1 if unit == SECONDS else 86400
        return str(total // size) if total and total % size == 0 else ""
    size_match = re.fullmatch(_SIZE, plain)
    if size_match is None:
        return ""
    number = int(size_match[1]) * _POWERS.get(size_match[2].lower(), 1)
    if unit == MEGABYTES:
        # The server counts units of 1024 x 1024 bytes; users write M or Mi.
        return str(number // (2**20 if "i" in size_match[2].lower() else 10**6) or "")
    return str(number)


def _seconds(duration: str) -> int:
    """Return the seconds of a duration from `as_duration`; 0 if it has smaller units."""
    pieces = re.findall(r"(?<![0-9])([0-9]+)([a-z]+)", duration)
    if any(unit not in _SECONDS for _, unit in pieces):
        return 0
    return sum(int(number) * _SECONDS[unit] for number, unit in pieces)


def as_port_range(text: str) -> str:
    """Return a port range as A-B, empty if the value does not look like one.

    >>> as_port_range("30000:32767"), as_port_range("30000 .. 32767"), as_port_range("x")
    ('30000-32767', '30000-32767', '')
    """
    match = re.fullmatch(r"\D{0,3}([0-9]{1,5})[^0-9+]{1,5}([0-9]{1,5})\D{0,3}", text)
    return f"{match[1]}-{match[2]}" if match and int(match[1]) <= int(match[2]) <= 65535 else ""


def as_address(text: str) -> str:
    """Return the IP address within a value, empty if there is none.

    >>> as_address("https://10.0.0.1:6443/x"), as_address("10.0.0.1/24"), as_address("[::1]:443"), as_address("host")
    ('10.0.0.1', '10.0.0.1', '::1', '')
    """
    from ipaddress import ip_address

    host = text.strip(" \t\"'").rpartition("://")[2].partition("/")[0]
    host = host[1:].partition("]")[0] if host.startswith("[") else host
    for candidate in (host, host.rpartition(":")[0]):
        try:
            return str(ip_address(candidate))
        except ValueError:
            continue
    return ""
