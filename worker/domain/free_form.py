"""Fields whose inside is the publisher's: kept, merged and shown, not interpreted."""

import math
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BeforeValidator, JsonValue, WithJsonSchema

from worker.domain.formats import whole


def _finite(value: JsonValue) -> JsonValue:
    # A number such as 1e999 is JSON and reads as infinity, which is none and cannot be stored.
    nested = value.values() if isinstance(value, dict) else value
    if isinstance(nested, float) and not math.isfinite(nested):
        raise ValueError("give numbers that fit a 64-bit floating point number")
    if not isinstance(nested, str | int | float | None):
        for item in nested:
            if not isinstance(item, str):  # most are, and need no look
                _finite(item)
    return value


def _nested(value: JsonValue) -> JsonValue:
    if not isinstance(value, dict | list):
        raise ValueError("give an object or an array")  # noqa: TRY004 - pydantic's way to refuse
    return _finite(value)


def _age(value: JsonValue) -> JsonValue:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError("give an age in years, or a text such as 21+")  # noqa: TRY004 - as above
    if isinstance(value, int) and not 0 <= value <= OLDEST:
        raise ValueError(f"give an age from 0 to {OLDEST}")
    if isinstance(value, str) and (not value.strip() or len(value) > LONGEST_AGE):
        raise ValueError(f"give a text of 1 to {LONGEST_AGE} characters")
    return value


OLDEST = 120
LONGEST_AGE = 50
if TYPE_CHECKING:
    Parsed = JsonValue
else:
    Parsed = Any  # out of parsed JSON: to look at each value once more would take 5 µs a venue

Age = Annotated[
    Parsed,
    BeforeValidator(whole),
    AfterValidator(_age),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": OLDEST},
                {"type": "string", "minLength": 1, "maxLength": LONGEST_AGE, "pattern": r"\S"},
            ]
        }
    ),
]
FreeObject = Annotated[dict[str, Parsed], AfterValidator(_finite)]
FreeForm = Annotated[Parsed, AfterValidator(_nested), WithJsonSchema({"type": ["object", "array"]})]
"""What the publisher likes to note: kept, merged and shown, not interpreted."""
