"""Commands whose time has come, as a source of deliveries beside the broker's queues.

They were deferred, or failed and are tried again, or an operator replays them; here they enter the
same steps as a new message. Taking one moves its time ahead, so that it comes again should the
process die; the row itself goes, or waits again, in the transaction of the outcome.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from worker.errors import TransientError
from worker.messaging.delivery import Delivery, GivenUp, restored
from worker.pipeline.messages import Message
from worker.retry import forever
from worker.storage import deferred
from worker.storage.connection import Connection
from worker.storage.database import Database
from worker.storage.deferred import Due
from worker.storage.vault import Vault

LOOK_SECONDS = 0.5
MOST_TAKES = 6
"""After so many takes without an end to it, a command is believed to end the process."""


class DueCommands:
    """The source. One for each worker: what one has taken the others leave alone."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Give out no more."""
        self._stopping.set()

    def has(self, count: int) -> bool:  # noqa: ARG002 - the database would have to be asked
        """No: there is no hurry."""
        return False

    async def take(self, most: int) -> list[Delivery]:
        """Wait for commands that are due; none when told to stop."""
        while not self._stopping.is_set():
            look = forever("looking for due commands", TransientError)
            if due := await look.result_of(partial(self._due, most)):
                return [_delivery(one) for one in due]
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._stopping.wait()
        return []

    async def settle(self, _: list[Delivery]) -> None:
        """Nothing: the rows went with the outcomes."""

    async def _due(self, most: int) -> list[Due]:
        if self._stopping.is_set():
            return []
        async with self._database.transaction() as tx:
            return await deferred.take(tx, most, self._vault)


async def taken_over(tx: Connection, messages: Sequence[Message]) -> frozenset[int]:
    """Return the places of due commands that another worker has taken since we took them.

    We were slow, or waited through an outage; the rows that are ours still are locked.
    """
    shelved = {n: m.delivery.shelved for n, m in enumerate(messages) if m.delivery.shelved}
    ours = await deferred.still_ours(tx, list(shelved.values()))
    return frozenset(place for place, one in shelved.items() if one.id not in ours)


def _delivery(due: Due) -> Delivery:
    given_up = None
    takes = due.shelved.takes
    if takes > MOST_TAKES:
        why = f"it was taken up {takes - 1} times and never came to an end: it may end the process"
        given_up = GivenUp(why, safe_to_read=takes == MOST_TAKES + 1)
    if due.unopened:
        given_up = GivenUp(due.unopened, safe_to_read=False)
    return restored(due.body, due.properties, due.shelved, given_up)
