"""Words of the command line that several commands understand."""

import re
from datetime import datetime

from pydantic import TypeAdapter, ValidationError

from worker.domain.formats import Timestamp
from worker.errors import OperatorError

_time = TypeAdapter(Timestamp)


def time(option: str, text: str) -> datetime:
    """Read an RFC 3339 time, in UTC."""
    try:
        return _time.validate_python(text)
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise OperatorError(f"{option}: {reason}") from None


def topic(pattern: str) -> re.Pattern[str]:
    """Return an expression for what a topic exchange lets through: `*` a word, `#` any number."""
    expression = ""
    for word in pattern.split("."):
        expression += {"#": r"(?:\.[^.]*)*", "*": r"\.[^.]*"}.get(word, r"\." + re.escape(word))
    return re.compile(expression)
