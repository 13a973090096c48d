"""Going through parked commands in small transactions, each command once."""

from collections.abc import Awaitable, Callable
from functools import partial

from worker.cli.with_database import database
from worker.errors import ContendedError, OperatorError
from worker.output import people
from worker.retry import a_few_times
from worker.storage import parked
from worker.storage.connection import Connection
from worker.storage.database import Database
from worker.storage.parked import Wanted

STEP = 500
FIRST = "00000000-0000-0000-0000-000000000000"

Action = Callable[[Connection, list[str]], Awaitable[None]]


async def deal_with(wanted: Wanted, action: Action, done: str) -> int:
    """Do something with all that fit and wait for an operator; return how many they were.

    Those that a worker parks again meanwhile are not done a second time.

    Raises:
        OperatorError: none fits, or some of the ids that were named are not parked (any more).
    """
    count, last = 0, FIRST
    async with database() as db:
        while True:
            # A worker may be parking some of them again, or have taken them up, in another order.
            step = partial(_step, db, wanted, action, last)
            ids = await a_few_times(ContendedError).result_of(step)
            count += len(ids)
            if len(ids) < STEP:
                break
            last = ids[-1]
            people.print(f"{count} {done}")
    missing = len(set(wanted.ids or ())) - count
    if not count or missing > 0:
        which = f"{missing} of the ids are not parked" if wanted.ids else "no parked command fits"
        raise OperatorError(f"{count} {done}, {which}: see `venue-worker parked list`")
    return count


async def _step(db: Database, wanted: Wanted, action: Action, last: str) -> list[str]:
    async with db.transaction() as tx:
        ids = await parked.chosen(tx, wanted, last, STEP)
        if ids:
            await action(tx, ids)
        return ids
