"""Arrays that are sent as texts arrive as the arrays they are, whatever their items hold."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from worker.storage.arrays import numbers, texts, times, words

TEXTS = [
    *("plain", "", "NULL", "null", None, " x ", "{,}", "\\N"),
    *('a "quote"', "back\\slash", "é\n\t🏟"),
]
NOW = datetime(2026, 11, 28, 3, 4, 5, 678901, UTC)
WORDS = ["pending", "venue.staff.change-role"]
ROUND = NOW.replace(microsecond=0)
HERE = timezone(timedelta(hours=-5, minutes=-30))


@pytest.mark.parametrize(
    ("text", "type_", "items"),
    [
        (texts(TEXTS), "text", TEXTS),
        (texts([]), "text", []),
        (
            words(["pending", "venue.staff.change-role"]),
            "text",
            ["pending", "venue.staff.change-role"],
        ),
        (words([]), "uuid", []),
        (numbers([1, None, 2**31 - 1]), "integer", [1, None, 2**31 - 1]),
        (
            times([NOW, None, ROUND]),
            "timestamptz",
            [NOW, None, ROUND],
        ),
        (times([NOW.astimezone(HERE)]), "timestamptz", [NOW]),
    ],
)
async def test_items(database: asyncpg.Connection, text: str, type_: str, items: list[Any]) -> None:
    """Each item, none among them, is what it was."""
    assert await database.fetchval(f"SELECT $1::text::{type_}[]", text) == items


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.none() | st.text(st.characters(exclude_characters="\0", codec="utf-8"))))
async def test_any_text(database: asyncpg.Connection, items: list[str | None]) -> None:
    """Whatever the texts are."""
    assert await database.fetchval("SELECT $1::text::text[]", texts(items)) == items
