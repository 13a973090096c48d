"""Validation errors of pydantic as problems of the contract."""

from collections.abc import Iterator, Sequence

from pydantic import ValidationError

from worker.domain.decision import Problem

MOST = 10
"""Problems named in one answer; a document that is wrong throughout is not worth more."""


def problems_of(error: ValidationError, code: str) -> Iterator[Problem]:
    """Yield each distinct error with the JSON Pointer (RFC 6901) of the field it is about."""
    errors = error.errors(include_url=False, include_context=False, include_input=False)
    seen: set[str] = set()
    for item in errors[:MOST]:
        field = json_pointer(item["loc"])
        if field not in seen:
            seen.add(field)
            yield Problem(code, item["msg"].removeprefix("Value error, "), field)


def json_pointer(parts: Sequence[str | int]) -> str:
    """Return the pointer to the value reached by the given names and indexes."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)
