"""What tests of many values share: bounded runs, any JSON, JSON Schema, what may be kept."""

import json
from collections.abc import Iterable
from dataclasses import fields
from functools import cache

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from worker.domain.command import Command
from worker.domain.origin import Origin
from worker.pipeline.decode import Unreadable
from worker.schemas import all_schemas

property_test = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
"""Bounded in number and not in time: a slow machine fails no test."""

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
)
names = st.sampled_from(["a", "b", "c", "name", ""]) | st.text(max_size=4)
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)
json_objects = st.dictionaries(names, json_values, max_size=5)

CODES = {"invalid_json", "too_large", "invalid_envelope", "unknown_type", "invalid_data"}
"""What decoding refuses a message for."""


def assert_read(read: Command | Unreadable) -> None:
    """A message is a command, or has problems with a code each; and all of it can be kept."""
    if isinstance(read, Unreadable):
        assert read.problems
        assert {problem.code for problem in read.problems} <= CODES
        assert all(problem.message for problem in read.problems)
        assert_storable([problem.document() for problem in read.problems])
        origin = read.origin
    else:
        assert_storable(read.data.model_dump(exclude_unset=True))
        assert_storable(read.publisher)
        origin = read
    if origin is not None:
        assert_storable([getattr(origin, one.name) for one in fields(Origin)])


def assert_storable(value: object) -> None:
    """No text within holds a NUL or a lone surrogate: PostgreSQL could not keep it."""
    for text in _texts(value):
        assert "\0" not in text, text
        text.encode()


def _texts(value: object) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _texts(name)
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def schema_errors(name: str, document: object) -> list[str]:
    """Return what is wrong with a message by the schema of that file, formats included."""
    return [error.message for error in _validator(name).iter_errors(document)]


@cache
def _validator(name: str) -> Draft202012Validator:
    schema = json.loads(all_schemas()[name])
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
