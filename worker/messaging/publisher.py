"""Events to the broker, each confirmed, over a connection that carries nothing else."""

import asyncio
from collections.abc import Sequence

from aiormq import spec

from worker.errors import BrokerBlockedError, BrokerUnavailableError
from worker.messaging.confirms import publish_all
from worker.messaging.envelope import STRUCTURED
from worker.messaging.link import Link, set_up_link
from worker.messaging.topology import EVENTS, declare
from worker.retry import forever
from worker.storage.outbox import PendingEvent

PERSISTENT = 2
BLOCKED = "RabbitMQ takes no messages just now: a memory or disk alarm"


class Publisher:
    """Publishes to `venue.events`. Reconnects as often as it takes; cancel it to give up."""

    def __init__(self, url: str, confirm_timeout_seconds: float) -> None:
        self._url = url
        self._timeout = confirm_timeout_seconds
        self._link: Link | None = None
        self._opening = asyncio.Lock()

    def connected(self) -> bool:
        """Whether there is a connection to publish on, and the broker answers."""
        return self._link is not None and self._link.works

    async def blocked(self) -> bool:
        """Whether the broker takes no messages just now, for want of memory or disk."""
        return self._link is not None and await self._link.blocked()

    async def publish(self, events: Sequence[PendingEvent]) -> list[PendingEvent]:
        """Publish all at once, at most one event a venue, until each is confirmed or refused.

        Returns:
            The events that the broker refused because a subscriber's queue did.

        Raises:
            BrokerBlockedError: the broker takes no messages; some may be confirmed all the same.
        """
        refused: list[PendingEvent] = []
        left = list(events)
        async for attempt in forever("publishing events", BrokerUnavailableError):
            with attempt:
                left = await self._publish(left, refused)
                if left:
                    raise BrokerUnavailableError(f"{len(left)} events were not confirmed")
        return refused

    async def stay_connected(self) -> None:
        """Reconnect whenever the connection is lost, until cancelled."""
        while True:
            async for attempt in forever("connecting to publish", BrokerUnavailableError):
                with attempt:
                    link = await self._connected()
            await link.lost.wait()

    async def _connected(self) -> Link:
        async with self._opening:
            if self._link is None or self._link.lost.is_set():
                self._link = await self._open()
            return self._link

    async def _open(self) -> Link:
        async with set_up_link(self._url, "venue-worker events") as link:
            await declare(link.channel)
        return link

    async def close(self) -> None:
        """Close the connection."""
        if self._link is not None:
            await self._link.close()

    async def _publish(
        self, events: list[PendingEvent], refused: list[PendingEvent]
    ) -> list[PendingEvent]:
        link = await self._connected()
        if await link.blocked():
            raise BrokerBlockedError(BLOCKED)
        confirms = await publish_all(link, events, lambda event: self._publish_one(link, event))
        for _, error in confirms.failed:
            raise error
        refused += confirms.refused
        if confirms.unconfirmed and confirms.blocked:
            raise BrokerBlockedError(BLOCKED)
        return confirms.unconfirmed

    async def _publish_one(self, link: Link, event: PendingEvent) -> None:
        await link.raw.basic_publish(
            event.body.encode(),
            exchange=EVENTS,
            routing_key=event.type,
            properties=event_properties(event),
            timeout=self._timeout,
            wait=False,
        )


def event_properties(event: PendingEvent) -> spec.Basic.Properties:
    """Return the properties of an event's message, the same at every publication."""
    return spec.Basic.Properties(
        content_type=STRUCTURED,
        delivery_mode=PERSISTENT,
        message_id=event.id,
        message_type=event.type,
        headers={"venue-id": event.venue_id},
    )
