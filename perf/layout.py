"""Layouts of 80,000 seats: what each command about one costs, step by step, and for how long.

One process, no broker: each command goes through the pipeline's own steps on a real database, in
which the venue has other layouts as large. Besides the time of each step, the longest time in which
nothing else had a turn, and the most memory that Python had in use.
"""

import asyncio
import time
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

from pydantic import SecretStr
from pydantic_core import to_json
from uuid_utils import uuid7

from perf.contestants import RoundFailedError
from perf.layout_report import Cost, traced, watched
from perf.stage import fresh_database
from worker.domain.layout_seats import seats
from worker.domain.policy import Policy
from worker.local import Services
from worker.local.keys import LOCAL_KEY
from worker.messaging.delivery import Delivery
from worker.outcome import Result
from worker.pipeline.decide import Terms, decide_all
from worker.pipeline.deduplicate import deduplicate
from worker.pipeline.messages import commands_of, read, to_decide
from worker.pipeline.publishers import Publishers
from worker.pipeline.retries import Retries
from worker.pipeline.save import save
from worker.storage import world
from worker.storage.connection import Connection
from worker.storage.database import Database
from worker.storage.lookup import look_up
from worker.storage.vault import Vault

DATABASE = "venue_perf_layout"
MOST_BYTES = 1_048_576
VAULT = Vault([SecretStr(LOCAL_KEY)])
ROWS, SEATS = 40, 40
OTHERS = 48
"""Layouts of the same size beside those that the commands name."""

COPY = """
INSERT INTO venue_layout
SELECT tenant_id, venue_id, gen_random_uuid(), name, kind, false, seats, standing, accessible,
       companion, plan
FROM venue_layout CROSS JOIN generate_series(1, $1::integer)
"""
Sections = list[dict[str, Any]]
TERMS = Terms(Publishers(None), Retries(attempts=1, first_seconds=1))


class LayoutCosts:
    """The scenario: one venue, and a command of each kind about one of its layouts."""

    def __init__(self, servers: Services, sections: int) -> None:
        self._servers = servers
        self._ids = {name: str(uuid7()) for name in ("tenantid", "subject")}
        self._sections = sections

    async def run(self, *, tracing: bool) -> list[Cost]:
        """Measure each command once: its time or, tracing, its memory."""
        url = self._servers.database.url
        async with (
            fresh_database(url, DATABASE) as own,
            Database(own, timeout_seconds=60) as database,
        ):
            first = str(uuid7())
            await self._measure(database, "create", "create", {
                "name": "Fenway Park", "address": {"country": "US"},
            })  # fmt: skip
            await self._measure(database, "first", "layout.add", self._add(first, self._listed()))
            async with database.transaction() as tx:
                await tx.execute(COPY, OTHERS - 1)
            return [
                await self._measure(database, name, verb, data, tracing=tracing)
                for name, verb, data in self._commands(first)
            ]

    def _commands(self, first: str) -> list[tuple[str, str, dict[str, Any]]]:
        numbered, listed = str(uuid7()), str(uuid7())
        return [
            ("add, numbered", "layout.add", self._add(numbered, self._numbered())),
            ("add, listed", "layout.add", self._add(listed, self._listed())),
            ("update, name", "layout.update", {"layout_id": listed, "name": "Winter"}),
            ("update, listed", "layout.update",
             {"layout_id": listed, "sections": self._listed("B")}),
            ("set-default, listed", "layout.set-default", {"layout_id": listed}),
            ("remove, listed", "layout.remove", {"layout_id": first}),
            ("venue.update, capacity", "update", {"capacity": {"max": 200_000}}),
            ("venue.update, name", "update", {"description": "An old ballpark"}),
        ]  # fmt: skip

    async def _measure(
        self,
        database: Database,
        name: str,
        verb: str,
        data: dict[str, Any],
        *,
        tracing: bool = False,
    ) -> Cost:
        delivery = Delivery(to_json(self._command(verb, data)))
        cost = Cost(name, len(delivery.body))
        with traced(cost) if tracing else nullcontext():
            async with watched(cost), database.transaction() as tx:
                await _handle(tx, delivery, cost)
        return cost

    def _command(self, verb: str, data: dict[str, Any]) -> dict[str, Any]:
        own = {"id": str(uuid7()), "type": f"venue.{verb}", "data": data}
        return {"specversion": "1.0", "source": "/perf", **self._ids, **own}

    def _add(self, layout_id: str, sections: Sections) -> dict[str, Any]:
        return {"layout_id": layout_id, "name": "Ball", "kind": "fixed", "sections": sections}

    def _numbered(self) -> Sections:
        return self._of({"from": 1, "to": SEATS})

    def _listed(self, prefix: str = "") -> Sections:
        return self._of([f"{prefix}{n}" for n in range(1, SEATS + 1)])

    def _of(self, row: object) -> Sections:
        rows = [{"label": str(n), "seats": row} for n in range(ROWS)]
        return [{"label": f"S{n}", "rows": rows} for n in range(self._sections)]

    def expansion(self) -> dict[str, float]:
        """Return how many milliseconds it takes to work out all seats, by form."""
        found = {}
        for name, sections in (("numbered", self._numbered()), ("listed", self._listed())):
            since = time.perf_counter()
            count = sum(1 for _ in seats(sections))
            found[f"{count:,} seats, {name}"] = (time.perf_counter() - since) * 1000
        return found


async def _handle(tx: Connection, delivery: Delivery, cost: Cost) -> None:
    now = datetime.now(UTC)
    with cost.step("decode"):
        message = read(delivery, MOST_BYTES, VAULT)
    await asyncio.sleep(0)
    with cost.step("load"):
        found = await look_up(tx, commands_of([message]), to_decide([message]))
        batch = deduplicate([message], found.known)
        states = await world.load(tx, found, batch.commands, Policy())
    with cost.step("decide"):
        decisions = await decide_all(batch, states, TERMS, now)
    with cost.step("save"):
        done = await save(tx, decisions, now, MOST_BYTES, VAULT)
    if (outcome := done.outcomes[0]) is None or outcome.result is not Result.APPLIED:
        raise RoundFailedError(f"{cost.name} was not applied: {outcome}")
    cost.event = sum(len(event.body.encode()) for event in done.events[-1:])
