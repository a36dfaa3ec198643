"""RFC 3339 timestamps. Go: time.Parse and Time.Format."""

from __future__ import annotations

import re

_BILLION = 1_000_000_000
_LAYOUT = (
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?:[.,]([0-9]+))?"
    r"(?:Z|([+-])([0-9]{2}):([0-9]{2}))"
)
_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_YEAR_1970 = 719162
"""Days from 0001-01-01 to 1970-01-01."""


def parse_timestamp(text: str, any_zone: bool) -> int | None:
    """Return nanoseconds since the Unix epoch, None if the string is not a valid timestamp. The year may be 0.

    `any_zone`: whether the time zone offset is unbounded (Go before 1.23).
    """
    match = re.fullmatch(_LAYOUT, text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(match[group]) for group in range(1, 7))
    zone_hour, zone_minute = int(match[9] or 0), int(match[10] or 0)
    if not 1 <= month <= 12 or not 1 <= day <= _days_in(year, month):
        return None
    if hour > 23 or minute > 59 or second > 59:
        return None
    if not any_zone and (zone_hour > 24 or zone_minute > 60):
        return None
    zone = (zone_hour * 60 + zone_minute) * 60
    seconds = (_day_number(year, month, day) * 24 + hour) * 3600 + minute * 60 + second
    seconds += zone if match[8] == "-" else -zone
    return seconds * _BILLION + int((match[7] or "0")[:9].ljust(9, "0"))


def format_timestamp(nanoseconds: int) -> str:
    """Return the time in UTC, with as many decimals as needed."""
    seconds, rest = divmod(nanoseconds, _BILLION)
    days, seconds = divmod(seconds, 86400)
    year, month, day = _date_of(days)
    fraction = f".{rest:09d}".rstrip("0") if rest else ""
    hour, seconds = divmod(seconds, 3600)
    return f"{year:04d}-{month:02d}-{day:02d}T{hour:02d}:{seconds // 60:02d}:{seconds % 60:02d}{fraction}Z"


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _days_in(year: int, month: int) -> int:
    return 29 if month == 2 and _is_leap(year) else _LENGTHS[month - 1]


def _day_number(year: int, month: int, day: int) -> int:
    """Return the days since 1970-01-01."""
    before = year - 1
    days = before * 365 + before // 4 - before // 100 + before // 400
    return days + sum(_days_in(year, earlier) for earlier in range(1, month)) + day - 1 - _YEAR_1970


def _date_of(days: int) -> tuple[int, int, int]:
    year = 1970 + days // (366 if days > 0 else 365)
    while _day_number(year + 1, 1, 1) <= days:
        year += 1
    month = 1
    while month < 12 and _day_number(year, month + 1, 1) <= days:
        month += 1
    return year, month, days - _day_number(year, month, 1) + 1
