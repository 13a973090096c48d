"""What a run is told: where it takes place, with which worker, and what is sent."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field

import asyncpg

from perf.contestants import Contestant, ours
from perf.load.publisher import Plan
from perf.load.sampler import Sample
from perf.load.schedule import Step
from perf.stage import fresh_database
from worker.local import Services
from worker.messaging.topology import COMMANDS

DATABASE = "venue_perf"
CHECKPOINT_SECONDS = 600.0

Tell = Callable[[Sample], None]
Beside = Callable[[str], AbstractAsyncContextManager[object]]
"""Something to do while the load is on, told the worker's HTTP address."""


@dataclass(frozen=True, slots=True)
class Load:
    """What is sent.

    Attributes:
        kind: of the letters.
        steps: paced by these rates; none: `count` messages are in the queue before a worker starts.
        seed: of what chance decides, such as which old venues are changed.
        existing: venues in the database before the start; made, but in one that is there already.
    """

    kind: str = "create"
    steps: tuple[Step, ...] = ()
    count: int = 0
    publishers: int = 2
    existing: int = 0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Bench:
    """Where runs take place.

    Attributes:
        environment: further settings of the worker.
        database: the URL of a database that is there already; none: an empty one for each run.
        beside: see `Beside`.
        stop_when: looks at each sample and tells whether to send no more.
    """

    services: Services
    contestant: Contestant = field(default_factory=ours)
    environment: Mapping[str, str] = field(default_factory=dict)
    database: str | None = None
    tell: Tell = lambda _sample: None
    beside: Beside = lambda _url: nullcontext()
    stop_when: Callable[[Sample], bool] = lambda _sample: False

    @asynccontextmanager
    async def own_database(self) -> AsyncIterator[str]:
        """Give the URL of a run's database."""
        if self.database:
            await _checkpoint(self.database)  # as a new one has had
            yield self.database
        else:
            async with fresh_database(self.services.database.url, DATABASE) as url:
                yield url

    @property
    def ours(self) -> bool:
        """Whether the worker is ours, which has an HTTP port and binds its queue itself."""
        return self.contestant == ours()

    def plans(self, load: Load) -> list[Plan]:
        """Return what each publisher of a load is to do."""
        # Only a running worker of ours has bound its queue to the exchange.
        through = COMMANDS if load.steps and self.ours else ""
        return [
            Plan(
                url=self.services.broker.url,
                exchange=through,
                queue=self.contestant.queue,
                kind=load.kind,
                existing=load.existing,
                steps=load.steps,
                count=load.count,
                index=index,
                seed=load.seed,
                publishers=load.publishers,
            )
            for index in range(load.publishers)
        ]


async def _checkpoint(url: str) -> None:
    connection = await asyncpg.connect(url, command_timeout=CHECKPOINT_SECONDS)
    try:
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()
