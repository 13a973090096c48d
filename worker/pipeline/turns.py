"""Two batches of a source at work at once: the second is decided and saved while the first is.

The second is committed after the first, and may begin before that only where it asks for nothing
that the first is about to leave: so it decides what it would decide after the first. An attempt
ahead that comes to nothing is made again in its turn (`docs/decisions/0016-turns.md`).
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from types import TracebackType
from typing import Any, Self

from worker.messaging.delivery import Delivery
from worker.pipeline.decode import Unreadable
from worker.pipeline.messages import Done, Message, commands_of, venues_of
from worker.storage import world
from worker.storage.footprint import Footprint
from worker.storage.world import World

PATIENCE_SECONDS = 1.0
"""For which a batch that is saved waits for the one before it: that one may wait for a third, of
another worker, which waits for this one, and no server can see that."""


def asked(messages: list[Message]) -> Footprint:
    """Return what deciding and parking the messages looks at."""
    return replace(
        world.asked(commands_of(messages)),
        venues=frozenset(venues_of(messages)),
        bodies=frozenset(m.delivery.body for m in messages if isinstance(m.content, Unreadable)),
    )


class OvertakenError(Exception):
    """The batch before was not committed at its first try: this one begins anew in its turn."""


class Turn:
    """A batch's place behind the one before it, and its work.

    Attributes:
        deliveries: the batch.
        messages: what was read of them, once it is.
        work: what commits it; to be awaited.
        decided: set when it is known what it leaves, or the work is over.
    """

    messages: list[Message]
    work: asyncio.Task[Done]

    def __init__(self, deliveries: list[Delivery], before: "Turn | None" = None) -> None:
        self.deliveries = deliveries
        self.decided = asyncio.Event()
        self._before = before
        self._states: World | None = None
        self._at_once: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    @cached_property
    def _asks(self) -> Footprint:
        return asked(self.messages)

    @property
    def is_next(self) -> bool:
        """Whether no batch is before it, or that one is done with."""
        return self._before is None

    def may_go_ahead(self) -> bool:
        """Tell whether the batch before is being saved, and leaves nothing this one asks for."""
        return self._before is not None and self._before.leaves_alone(self._asks)

    def leaves_alone(self, asks: Footprint) -> bool:
        """Tell whether this batch is being saved, for the first time, and leaves none of that."""
        if self._states is None or self._at_once.done():
            return False
        return not self._states.left(self._asks).meets(asks)

    @contextmanager
    def trying(self) -> Iterator[None]:
        """Note whether the first try to commit the batch does."""
        committed = False
        try:
            yield
            committed = True
        finally:
            if not self._at_once.done():
                self._at_once.set_result(committed)

    def leaves(self, states: World) -> None:
        """Say what is about to be saved; what that leaves is worked out for who asks."""
        self._states = states
        self.decided.set()

    async def to_commit(self) -> None:
        """Wait until the batch before is committed.

        Raises:
            OvertakenError: it is not, at its first try or before long.
        """
        if self._before is None:
            return
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                committed = await self._before.at_once()
        except TimeoutError:
            committed = False
        if not committed:
            raise OvertakenError
        self._before = None

    async def at_once(self) -> bool:
        """Tell, once it is known, whether the first try has committed this batch."""
        return await asyncio.shield(self._at_once)

    async def comes(self) -> None:
        """Wait until the batch before is done with, however many tries it takes."""
        if self._before is not None:
            await asyncio.wait({self._before.work})
        self._before = None


class Turns:
    """The batches of a source that are at work, two at most; none is left behind."""

    def __init__(self, work: Callable[[Turn], Coroutine[Any, Any, Done]]) -> None:
        self._work = work
        self._last: Turn | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        if self._last is not None:
            self._last.work.cancel()
            await asyncio.wait({self._last.work})

    def begin(self, deliveries: list[Delivery], before: Turn | None = None) -> Turn:
        """Begin the work on a batch, perhaps while the one before it is being saved."""
        turn = Turn(deliveries, before)
        turn.work = asyncio.create_task(self._work(turn))
        turn.work.add_done_callback(lambda _: turn.decided.set())
        self._last = turn
        return turn
