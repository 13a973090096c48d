"""JSON, written fast: each command is written three times, as its digest, its venue and its event.

What `orjson` refuses, an integer beyond 64 bits (which JSON allows) or very deep nesting, the
standard library writes: the same value always goes the same way, so a digest stays what it is.
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


def canonical(value: Any) -> bytes:  # noqa: ANN401 - whatever JSON can hold
    """Return the same for any order of an object's members."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
