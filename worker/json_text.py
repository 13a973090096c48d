"""JSON, written fast: the fields of a venue and its event.

What `orjson` refuses, an integer beyond 64 bits (which JSON allows) or very deep nesting, the
standard library writes.
"""

import json
from typing import Any

import orjson


def compact(value: Any) -> bytes:  # noqa: ANN401 - whatever JSON can hold
    """Return a value as JSON, without a space, in UTF-8."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
