"""The text formats that fields and attributes share, checked by maintained libraries.

All are plain `str` (or `datetime`) once validated, so that a document goes to JSON as it came.
Patterns are anchored and linear in time: they also stand in the published JSON Schemas.
"""

import re
from datetime import UTC, date, datetime
from functools import lru_cache
from importlib.resources import files
from typing import Annotated

import phonenumbers
from pydantic import (
    AfterValidator,
    BeforeValidator,
    EmailStr,
    StringConstraints,
    TypeAdapter,
    WithJsonSchema,
)
from pydantic_core import Url
from pydantic_extra_types.country import CountryAlpha2
from pydantic_extra_types.currency_code import Currency as CurrencyCode

UUID_PATTERN = r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"
"""RFC 9562, the hyphenated text form and no other."""

URI_REFERENCE_PATTERN = r"^(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+$"
"""The characters of RFC 3986; which scheme or path they spell is the publisher's affair."""

TEXT_PATTERN = (
    r"^[^\u0000]*[^\u0000-\u0020\u007f-\u00a0\u1680\u2000-\u200b\u2028-\u2029\u202f\u205f"
    r"\u2060\u3000\ufeff][^\u0000]*$"
)
"""Something to see, and no NUL. Spelled out, since what `\\s` means differs between languages."""


EMAIL_PATTERN = r"^[^\s<>@]+@[^\s<>@]+$"
PLAIN_LOCAL = re.compile(r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*")
SHORT_EMAIL = 128
"""Characters of an address below which its length is no question (RFC 5321, 4.5.3.1)."""

RFC3339_PATTERN = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
    r"(?:[Zz]|[+-][0-9]{2}:[0-9]{2})$"
)
_RFC3339 = re.compile(RFC3339_PATTERN)

DATE_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
# Not those of the machine: it has some of its own, such as localtime. Factory is no place.
_zones = frozenset((files("tzdata") / "zones").read_text().split()) - {"Factory", "localtime"}
_email = TypeAdapter(EmailStr)


def _parse_rfc3339(value: object) -> datetime:
    """Read an RFC 3339 timestamp, in UTC; digits finer than a microsecond are dropped."""
    if not isinstance(value, str) or not _RFC3339.match(value):
        raise ValueError("give an RFC 3339 timestamp such as 2026-11-24T09:00:00Z")
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (OverflowError, ValueError):
        raise ValueError("give a date and time that exist, between the years 1 and 9999") from None


def _parse_date(value: object) -> date:
    try:
        if isinstance(value, str) and re.fullmatch(DATE_PATTERN[1:-1], value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise ValueError("give a date that exists, such as 2026-11-24 (RFC 3339, full-date)")


@lru_cache(maxsize=4096)
def _is_possible_phone(value: str) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(value))
    except phonenumbers.NumberParseException:
        return False


def _two_capitals(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(r"[A-Z]{2}", value):
        raise ValueError("give a country as two capital letters, such as US (ISO 3166-1 alpha-2)")
    return value


def _three_capitals(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(r"[A-Z]{3}", value):
        raise ValueError("give a currency as three capital letters, such as USD (ISO 4217)")
    return value


def _check_phone(value: str) -> str:
    # Possible, not valid: which blocks a country has given out changes faster than our copy of it.
    if not _is_possible_phone(value):
        raise ValueError("give a telephone number that exists in its country's plan, as E.164")
    return value


def _check_zone(value: str) -> str:
    if value not in _zones:
        raise ValueError("give an IANA time zone such as America/New_York")
    return value


def _check_url(value: str) -> str:
    # The scheme is in the pattern. The text stays as it was given: no slash is added to it.
    Url(value)
    return value


def _plain(value: str) -> str:
    return str(value)  # pydantic's extra types are subclasses of str


def text(most: int) -> StringConstraints:
    """Return the constraints of a text of 1 to `most` characters, not blank and without NUL."""
    return StringConstraints(min_length=1, max_length=most, pattern=TEXT_PATTERN)


def whole(value: object) -> object:
    """Return a float that is whole as an integer, anything else as it is."""
    # JSON has one kind of number: 10.0 is an integer (JSON Schema, 6.1.1).
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _check_email(value: str) -> str:
    # The text stays as it was given. Most of the work is in the domain, and few domains are used by
    # many: where the part before it is of the plainest kind, it is the domain that has to be valid.
    local, _, domain = value.rpartition("@")
    short = len(value) <= SHORT_EMAIL and value.isascii()
    if short and PLAIN_LOCAL.fullmatch(local):
        _check_domain(domain)
    else:
        _email.validate_python(value)
    return value


@lru_cache(maxsize=4096)
def _check_domain(domain: str) -> None:
    _email.validate_python(f"a@{domain}")


Uuid = Annotated[
    str,
    StringConstraints(pattern=UUID_PATTERN, to_lower=True),
    WithJsonSchema({"type": "string", "format": "uuid", "pattern": UUID_PATTERN}),
]
Timestamp = Annotated[
    datetime,
    BeforeValidator(_parse_rfc3339),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": RFC3339_PATTERN}),
]
Date = Annotated[
    date,
    BeforeValidator(_parse_date),
    WithJsonSchema({"type": "string", "format": "date", "pattern": DATE_PATTERN}),
]
UriReference = Annotated[str, StringConstraints(max_length=2048, pattern=URI_REFERENCE_PATTERN)]
Country = Annotated[
    CountryAlpha2,
    BeforeValidator(_two_capitals),
    AfterValidator(_plain),
    WithJsonSchema({"type": "string", "pattern": "^[A-Z]{2}$"}),
]
Currency = Annotated[
    CurrencyCode,
    BeforeValidator(_three_capitals),
    AfterValidator(_plain),
    WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$"}),
]
Phone = Annotated[
    str, StringConstraints(pattern=r"^\+[1-9][0-9]{1,14}$"), AfterValidator(_check_phone)
]
TimeZone = Annotated[
    str, StringConstraints(min_length=1, max_length=64), AfterValidator(_check_zone)
]
Email = Annotated[
    str,
    StringConstraints(max_length=320, pattern=EMAIL_PATTERN),
    AfterValidator(_check_email),
    WithJsonSchema(
        {"type": "string", "format": "email", "maxLength": 320, "pattern": EMAIL_PATTERN}
    ),
]
Website = Annotated[
    str,
    StringConstraints(max_length=2048, pattern=r"^[Hh][Tt][Tt][Pp][Ss]?://\S+$"),
    AfterValidator(_check_url),
]
Slug = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[a-z0-9-]+$")]
