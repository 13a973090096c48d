"""JSON bodies, read within bounds: size, nesting, and no text that PostgreSQL could not keep."""

from typing import cast

from pydantic_core import from_json

from worker.domain.decision import Problem
from worker.domain.patch import Json

DEEPEST = 32
"""Levels of nesting in a message at most."""


class Refused(Exception):  # noqa: N818 - carries a result out of nested checks, is no error
    """What a message is refused for, on its way from the check that found it to `decode`."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__()
        self.problems = problems


def read_json(body: bytes, most_bytes: int) -> Json:
    """Parse a body.

    Raises:
        Refused: `too_large` or `invalid_json`.
    """
    if len(body) > most_bytes:
        raise Refused(Problem("too_large", f"a message is at most {most_bytes} bytes"))
    try:
        parsed = cast("Json", from_json(body, allow_inf_nan=False))
    except ValueError as error:
        raise Refused(Problem("invalid_json", f"the body is not JSON: {error}")) from None
    # Counting brackets is quick and never too low; only what could be too deep is walked.
    if body.count(b"{") + body.count(b"[") > DEEPEST and _depth(parsed) > DEEPEST:
        raise Refused(Problem("invalid_json", f"JSON nests at most {DEEPEST} levels deep"))
    if b"\\u0000" in body and _has_nul(parsed):
        raise Refused(Problem("invalid_json", "no string may hold a NUL character"))
    return parsed


def read_json_object(body: bytes, most_bytes: int) -> dict[str, Json]:
    """Parse a body that holds an envelope.

    Raises:
        Refused: `too_large`, `invalid_json` or `invalid_envelope`.
    """
    parsed = read_json(body, most_bytes)
    if not isinstance(parsed, dict):
        raise Refused(Problem("invalid_envelope", "a CloudEvent is a JSON object"))
    return parsed


def _depth(value: Json) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(_depth, value), default=0)
    return 0


def _has_nul(value: Json) -> bool:
    match value:
        case str():
            return "\0" in value
        case dict():
            return any("\0" in name or _has_nul(item) for name, item in value.items())
        case list():
            return any(map(_has_nul, value))
    return False
