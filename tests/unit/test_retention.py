"""Cleaning up: step by step, a tenth of the time at most, and again every minute."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from worker.errors import DatabaseUnavailableError
from worker.retention import IDLE_SECONDS, STEP_ROWS, Retention, Rule, rules
from worker.settings import Settings
from worker.storage.connection import Connection
from worker.storage.database import Database


class EnoughError(Exception):
    """Ends what never ends."""


@dataclass
class Table:
    """A table with rows that are too old, and the time that passes meanwhile.

    Attributes:
        rows: how many are left.
        step_seconds: what deleting takes.
        failing: how many times the database is away first, for an hour each.
    """

    rows: int
    step_seconds: float = 0.25
    failing: int = 0
    now: float = 0.0
    cutoffs: list[datetime] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)

    async def delete(self, _: Connection, cutoff: datetime, most: int) -> int:
        """Delete as a query would."""
        if self.failing:
            self.failing -= 1
            self.now += 3600
            raise DatabaseUnavailableError("away")
        self.cutoffs.append(cutoff)
        self.now += self.step_seconds
        deleted = min(self.rows, most)
        self.rows -= deleted
        return deleted

    async def sleep(self, seconds: float) -> None:
        """Only note the pause; the one after all the work ends the test."""
        self.pauses.append(seconds)
        if seconds == IDLE_SECONDS:
            raise EnoughError

    @asynccontextmanager
    async def transaction(self, *, durable: bool) -> AsyncIterator[Any]:
        """Stand for the database."""
        assert not durable
        yield None


async def clean(table: Table, days: float = 14.0) -> None:
    """Run until it has found nothing more to do."""
    rule = Rule("a_table", days, table.delete)
    retention = Retention(cast("Database", table), [rule], table.sleep, lambda: table.now)
    with pytest.raises(EnoughError):
        await retention.run()


async def test_until_nothing_is_too_old() -> None:
    """It goes on until a step finds nothing, and looks again a minute later."""
    table = Table(rows=2 * STEP_ROWS + 1)
    await clean(table)
    assert table.rows == 0
    assert len(table.cutoffs) == 4


async def test_a_tenth_of_the_time() -> None:
    """After each step there is a pause nine times as long as the step."""
    table = Table(rows=2 * STEP_ROWS, step_seconds=2.0)
    await clean(table)
    assert table.pauses == [18.0, 18.0, 18.0, IDLE_SECONDS]


async def test_an_outage_is_no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that was away is tried again, and its absence makes no pause longer."""
    monkeypatch.setattr("worker.retry.LONGEST_SECONDS", 0)
    table = Table(rows=3, failing=2)
    await clean(table)
    assert table.rows == 0
    assert table.pauses == [2.25, 2.25, IDLE_SECONDS]


async def test_the_cutoff() -> None:
    """Rows count as old after the rule's days."""
    table = Table(rows=0)
    await clean(table, days=0.5)
    age = datetime.now(UTC) - table.cutoffs[0]
    assert timedelta(hours=12) <= age < timedelta(hours=12, minutes=1)


def test_what_the_settings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outcomes go after 14 days, closed parked commands after 30; events stay, unless it is set."""
    assert [(rule.table, rule.days) for rule in rules(Settings())] == [
        ("command_outcome", 14),
        ("parked_command", 30),
    ]
    monkeypatch.setenv("VENUE_KEEP_EVENTS_DAYS", "400")
    monkeypatch.setenv("VENUE_KEEP_OUTCOMES_DAYS", "0.5")
    assert [(rule.table, rule.days) for rule in rules(Settings())] == [
        ("command_outcome", 0.5),
        ("parked_command", 30),
        ("venue_event", 400),
    ]
