"""Words of the command line that several commands understand."""

import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from worker.domain.formats import Timestamp
from worker.errors import OperatorError

LONGEST_WAIT = 86_400
"""Seconds: a message that expires later than in 49 days is one that the broker refuses."""

LONGEST_TYPE = 200
"""Bytes; a routing key has room for 255."""

_time = TypeAdapter(Timestamp)


def time(option: str, text: str) -> datetime:
    """Read an RFC 3339 time, in UTC."""
    try:
        return _time.validate_python(text)
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise OperatorError(f"{option}: {reason}") from None


def wait(option: str, seconds: float) -> float:
    """Return how long to wait, if one can wait for so long."""
    if math.isfinite(seconds) and 0 < seconds <= LONGEST_WAIT:
        return seconds
    raise OperatorError(f"{option}: give seconds, more than 0 and at most {LONGEST_WAIT}")


def type_of_message(text: str) -> str:
    """Return the type of a command or query, if it fits into a routing key."""
    if text and len(text.encode(errors="surrogatepass")) <= LONGEST_TYPE and text.isprintable():
        return text
    raise OperatorError(f"a type is printable text of at most {LONGEST_TYPE} bytes")


def are_unicode(document: Mapping[str, Any]) -> None:
    """Refuse what cannot be sent: bytes of the shell that are not UTF-8 come as lone surrogates."""
    try:
        to_json(document)
    except ValueError:
        raise OperatorError("words that are not UTF-8 cannot be sent") from None


def topic(pattern: str) -> re.Pattern[str]:
    """Return an expression for what a topic exchange lets through: `*` a word, `#` any number."""
    expression = ""
    for word in pattern.split("."):
        expression += {"#": r"(?:\.[^.]*)*", "*": r"\.[^.]*"}.get(word, r"\." + re.escape(word))
    return re.compile(expression)
