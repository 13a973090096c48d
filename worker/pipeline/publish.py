"""Step 7, publish: committed events to the broker, a venue's in order, and out of the outbox.

Nothing of a venue is sent while an older event of it is not confirmed: its events follow one
another. A venue whose event a subscriber refuses waits, and the others go on. From then on the
venue is the sweep's alone, until the refused event gets through.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence

from worker.domain.origin import VenueKey
from worker.errors import TransientError
from worker.messaging.publisher import Publisher
from worker.metrics import events_published_total, publish_confirm_seconds
from worker.pipeline.messages import Done
from worker.retry import forever
from worker.storage import outbox
from worker.storage.database import Database
from worker.storage.outbox import PendingEvent

SWEEP_SECONDS = 1.0
ABANDONED_SECONDS = 5.0
"""Age at which an event counts as left behind: by a worker that died, or by a refusal."""

FRESH_SECONDS = 1.0
"""For which no sweep takes what was just saved for left behind, even where a commit is slow."""

MOST_SWEPT = 500


class Publishing:
    """The one way in which events leave, for batches and for what was left behind."""

    def __init__(self, database: Database, publisher: Publisher) -> None:
        self._database = database
        self._publisher = publisher
        self._turn = asyncio.Lock()
        self._looked: dict[VenueKey, float] = {}

    async def publish(self, done: Done) -> None:
        """Publish a batch's events, and before them what is left of its venues.

        Returns when each is confirmed, or left to `sweep_forever`. A broker that has too little
        room takes no events, but has to be rid of commands: so they go on being handled, and their
        events wait in the outbox.
        """
        async with self._turn:
            if events := await self._to_publish(done):
                await self._publish(events)

    async def _to_publish(self, done: Done) -> list[PendingEvent]:
        doubtful = self._doubtful(done)
        left = await self._left(done, doubtful) if doubtful else []
        if not doubtful >= self._doubtful(done):  # looking took long, perhaps through an outage
            return await self._to_publish(done)
        return [event for event in done.events if event.key not in doubtful] + left

    def _doubtful(self, done: Done) -> set[VenueKey]:
        """Return the venues of which the outbox has to tell what is to be published now.

        Those that were looked up since the batch began, too: what is its own may have been seen
        there, and published. And after a while all: others may have swept it up, or met a refusal.
        """
        if time.monotonic() - done.begun_at >= FRESH_SECONDS:
            return done.venues | {event.key for event in done.events}
        looked = {key for key, at in self._looked.items() if at > done.begun_at}
        return done.venues | {event.key for event in done.events if event.key in looked}

    async def _left(self, done: Done, venues: set[VenueKey]) -> list[PendingEvent]:
        # Looked up now, when what was published before it has been noted.
        now = time.monotonic()
        recent = {key: at for key, at in self._looked.items() if now - at < FRESH_SECONDS}

        async def looked() -> list[PendingEvent]:
            async with self._database.transaction() as tx:
                return await outbox.to_publish(tx, venues, done.events, unbroken=not done.halved)

        left = await forever("looking what is to be published", TransientError).result_of(looked)
        self._looked = recent | dict.fromkeys(venues, time.monotonic())
        return left

    async def sweep_forever(self) -> None:
        """Publish what was left behind, until cancelled."""
        while True:
            async for attempt in forever("looking for unpublished events", TransientError):
                with attempt:
                    since = time.perf_counter()
                    more = await self._sweep()
                    seconds = time.perf_counter() - since
            if not more:
                # Looking takes long where very many venues wait: then look less often.
                await asyncio.sleep(max(SWEEP_SECONDS, 9 * seconds))

    async def _sweep(self) -> bool:
        # Within our turn, so that what a batch is publishing just now is not taken for abandoned.
        async with self._turn:
            # Losing a claim in a crash costs another copy of a refused event.
            async with self._database.transaction(durable=False) as tx:
                events, more = await outbox.claim(
                    tx, min_age_seconds=ABANDONED_SECONDS, most=MOST_SWEPT
                )
            blocked = not await self._publish(events)
        return more and not blocked

    async def _publish(self, events: Sequence[PendingEvent]) -> bool:
        since = time.perf_counter()
        published = await self._publisher.publish(events)
        publish_confirm_seconds.observe(time.perf_counter() - since)
        if published.confirmed or published.refused:
            await self._note(published.confirmed, published.refused)
        return not published.blocked

    async def _note(self, confirmed: list[PendingEvent], refused: list[PendingEvent]) -> None:
        for type_, count in Counter(event.type for event in confirmed).items():
            events_published_total.labels(type_).inc(count)
        async for attempt in forever("noting what was published", TransientError):
            with attempt:
                # Losing this in a crash costs a second copy, not an event: no need to wait for it.
                async with self._database.transaction(durable=False) as tx:
                    await outbox.forget(tx, confirmed)
                    if refused:
                        await outbox.hold(tx, refused)
