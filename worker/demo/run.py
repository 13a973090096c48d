"""The demo from beginning to end: services, migrations, worker, story, report, checks."""

import asyncio
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.table import Table
from uuid_utils import uuid7

from worker.client import Client, Document
from worker.demo.furnishing import furnish, furnished
from worker.demo.parks import Park, parks
from worker.demo.process import DemoWorker, demo_worker
from worker.demo.story import DUPLICATES, EVERY, Seen, Story
from worker.errors import OperatorError
from worker.local import Services
from worker.output import people
from worker.settings import ROOT
from worker.storage import migrations, parked
from worker.storage.database import Database

TIMEOUT_SECONDS = 10.0


async def run_demo(services: Services) -> None:
    """Run the demo on the given services.

    Raises:
        OperatorError: something did not add up.
    """
    people.print(f"Services: {services.describe()}")
    applied = migrations.apply(services.database.url, ROOT / "migrations")
    people.print(f"Migrations: {', '.join(applied) or 'nothing to do'}")
    cast = list(parks(str(uuid7())))
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory) / "worker.log"
        async with (
            demo_worker(services.broker.url, services.database.url, log) as worker,
            Client(services.broker.url) as client,
        ):
            people.print(f"Worker: process {worker.process.pid}, ready")
            seen = await Story(client, cast).tell()
            await _report(services, worker, seen, cast)
            status = await worker.stop()
    _check(seen, cast, status)


async def _report(services: Services, worker: DemoWorker, seen: Seen, cast: list[Park]) -> None:
    names = len({park.row["name"] for park in cast})
    slugs = len({e["data"]["venue"]["slug"] for e in seen.events if "venue" in e["data"]})
    people.print(
        f"\n{seen.created} created ({names} distinct names, {slugs} distinct slugs), "
        f"{seen.rate:,.0f} commands/s with replies awaited, {len(seen.events)} events"
    )
    people.print(f"Replies: {dict(seen.replies)}")
    people.print(furnished(_of_park(seen, cast[0])))
    refusal = seen.refused["errors"][0]
    people.print(f"Refused: {refusal['code']} {refusal['field']}: {refusal['message']}")
    await _print_parked(services)
    _print_health(await _health_that_knows(worker))


async def _print_parked(services: Services) -> None:
    async with (
        Database(services.database.url, timeout_seconds=TIMEOUT_SECONDS) as database,
        database.transaction() as tx,
    ):
        row = (await parked.listed(tx, parked.Wanted(), 1))[0]
    people.print(
        f"Parked: {row['id']} {row['reason']}, seen {row['times_seen']} time(s): "
        f"{row['errors'][0]['message']}"
    )


async def _health_that_knows(worker: DemoWorker) -> tuple[int, Any]:
    # Health looks every second; wait for the look that has seen the parked message.
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while True:
        status, document = await worker.get("/health/full")
        total = document["checks"]["parked"]["details"].get("total", 0)
        if total or time.monotonic() > deadline:
            return status, document
        await asyncio.sleep(0.1)


def _print_health(answer: tuple[int, Any]) -> None:
    status, document = answer
    table = Table("check", "status", "ms", "message", "details", title=f"/health/full {status}")
    for name, check in document["checks"].items():
        details = ", ".join(f"{key} {value}" for key, value in check["details"].items())
        table.add_row(
            name, check["status"], str(check["response_time_ms"]), check["message"], details
        )
    people.print(table)


def _check(seen: Seen, cast: list[Park], status: int) -> None:
    chosen = len(cast[::EVERY])
    expected: dict[str, Callable[[], bool]] = {
        "every park is created once": lambda: seen.created == len(cast),
        "every slug is taken once": lambda: _slugs(seen) == len(cast),
        "some are active": lambda: _of_type(seen, "venue.activated") == chosen,
        "one is furnished, in order": lambda: _furnished(seen, cast[0]),
        "copies have no effect": lambda: seen.replies["duplicate"] == DUPLICATES,
        "a rule refuses one": lambda: seen.refused["errors"][0]["code"] == "incomplete",
        "one is parked": lambda: seen.replies["parked"] == 1,
        "each change has one event": lambda: (
            len({e["id"] for e in seen.events}) == len(seen.events) == seen.expected_events
        ),
        "the worker stops with status 0": lambda: status == 0,
    }
    wrong = [what for what, holds in expected.items() if not holds()]
    for what in expected:
        failed = what in wrong
        people.print(f"{'✗' if failed else '✓'} {what}", style="red" if failed else "green")
    if wrong:
        raise OperatorError(f"the demo does not add up: {', '.join(wrong)}")


def _slugs(seen: Seen) -> int:
    created = [event for event in seen.events if event["type"] == "venue.created"]
    return len({event["data"]["venue"]["slug"] for event in created})


def _of_park(seen: Seen, park: Park) -> list[Document]:
    return [event for event in seen.events if event["subject"] == park.id]


def _furnished(seen: Seen, park: Park) -> bool:
    made_active = 3
    versions = [event["venueversion"] for event in _of_park(seen, park)]
    return versions == list(range(1, made_active + len(furnish(park)) + 1))


def _of_type(seen: Seen, type_: str) -> int:
    return sum(event["type"] == type_ for event in seen.events)
