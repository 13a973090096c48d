"""Events to the broker, each confirmed, over a connection that carries nothing else."""

import asyncio
from collections.abc import Sequence

from worker.errors import BrokerBlockedError, BrokerUnavailableError
from worker.messaging.confirms import Outlet
from worker.messaging.envelope import STRUCTURED
from worker.messaging.link import Link, set_up_link
from worker.messaging.topology import EVENTS, declare
from worker.messaging.wire import Outgoing, event_properties
from worker.retry import forever
from worker.storage.outbox import PendingEvent

BLOCKED = "RabbitMQ takes no messages just now: a memory or disk alarm"


class Publisher:
    """Publishes to `venue.events`. Reconnects as often as it takes; cancel it to give up."""

    def __init__(self, url: str, confirm_timeout_seconds: float) -> None:
        self._url = url
        self._timeout = confirm_timeout_seconds
        self._link: Link | None = None
        self._outlet: Outlet | None = None
        self._opening = asyncio.Lock()

    def connected(self) -> bool:
        """Whether there is a connection to publish on, and the broker answers."""
        return self._link is not None and self._link.works

    @property
    def blocked(self) -> bool:
        """Whether the broker takes no messages just now, for want of memory or disk."""
        return self._link is not None and self._link.blocked

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
                    link, _ = await self._connected()
            await link.lost.wait()

    async def _connected(self) -> tuple[Link, Outlet]:
        async with self._opening:
            if self._link is None or self._outlet is None or self._link.lost.is_set():
                self._link = await self._open()
                self._outlet = Outlet(self._link)
            return self._link, self._outlet

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
        link, outlet = await self._connected()
        if link.blocked:
            raise BrokerBlockedError(BLOCKED)
        confirms = await outlet.publish(events, _message, self._timeout)
        for _, error in confirms.failed:
            raise error
        refused += confirms.refused
        if confirms.unconfirmed and confirms.blocked:
            raise BrokerBlockedError(BLOCKED)
        return confirms.unconfirmed


def _message(event: PendingEvent) -> Outgoing:
    properties = event_properties(STRUCTURED, event.type, event.id, event.venue_id)
    return Outgoing(EVENTS, event.type, properties, event.body.encode())
