"""Events to the broker, each confirmed, over a connection that carries nothing else."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

import structlog

from worker.domain.origin import VenueKey
from worker.errors import BrokerUnavailableError
from worker.messaging.confirms import Outlet
from worker.messaging.envelope import STRUCTURED
from worker.messaging.link import Link, set_up_link
from worker.messaging.topology import EVENTS, declare
from worker.messaging.wire import Outgoing, event_properties
from worker.retry import forever
from worker.storage.outbox import PendingEvent

E = TypeVar("E", bound=PendingEvent)
log = structlog.get_logger()


@dataclass(slots=True)
class Published:
    """What became of events.

    Attributes:
        refused: the broker refused them because a subscriber's queue did; nothing that stands
            behind them was sent.
        blocked: whether the broker takes no messages just now; what is in neither list is left.
    """

    confirmed: list[PendingEvent] = field(default_factory=list)
    refused: list[PendingEvent] = field(default_factory=list)
    blocked: bool = False


class Publisher:
    """Publishes to `venue.events`. Reconnects as often as it takes; cancel it to give up."""

    def __init__(self, url: str, confirm_timeout_seconds: float) -> None:
        self._url = url
        self._timeout = confirm_timeout_seconds
        self._outlet: Outlet | None = None
        self._opening = asyncio.Lock()

    def connected(self) -> bool:
        """Whether there is a connection to publish on, and the broker answers."""
        return self._outlet is not None and self._outlet.link.works

    @property
    def blocked(self) -> bool:
        """Whether the broker takes no messages just now, for want of memory or disk."""
        return self._outlet is not None and self._outlet.link.blocked

    async def publish(self, events: Iterable[PendingEvent]) -> Published:
        """Publish events, those of one venue one after the other.

        Returns when each is confirmed, or refused, or stands behind a refused one of its venue; or
        else when the broker takes no messages.
        """
        published = Published()
        left = list(events)
        async for attempt in forever("publishing events", BrokerUnavailableError):
            with attempt:
                left = await self._publish(left, published)
                if left and not published.blocked:
                    raise BrokerUnavailableError(f"{len(left)} events were not confirmed")
        return published

    async def stay_connected(self) -> None:
        """Reconnect whenever the connection is lost, until cancelled."""
        while True:
            async for attempt in forever("connecting to publish", BrokerUnavailableError):
                with attempt:
                    outlet = await self._connected()
            await outlet.link.lost.wait()

    async def _connected(self) -> Outlet:
        async with self._opening:
            if self._outlet is None or self._outlet.link.lost.is_set():
                self._outlet = Outlet(await self._open())
            return self._outlet

    async def _open(self) -> Link:
        async with set_up_link(self._url, "venue-worker events") as link:
            await declare(link.channel)
        return link

    async def close(self) -> None:
        """Close the connection."""
        if self._outlet is not None:
            await self._outlet.link.close()

    async def _publish(
        self, events: list[PendingEvent], published: Published
    ) -> list[PendingEvent]:
        outlet = await self._connected()
        published.blocked = outlet.link.blocked
        if published.blocked:
            return events
        confirms = await outlet.publish(chains(events), _published, self._timeout)
        published.confirmed += confirms.confirmed
        published.refused += confirms.refused
        published.blocked = confirms.blocked
        for event, error in confirms.failed:
            # A defect of ours. It stays in the outbox, is told of there, and the others go on.
            log.error("an event cannot be published", event_id=event.id, exc_info=error)
        return confirms.left


def chains(events: Iterable[E]) -> list[list[E]]:
    """Return the events of each venue, by their places in the outbox."""
    venues: dict[VenueKey, list[E]] = defaultdict(list)
    for event in sorted(events, key=lambda event: event.position):
        venues[event.key].append(event)
    return list(venues.values())


def _published(event: PendingEvent) -> Outgoing:
    return event_message(event, EVENTS, event.type)


def event_message(
    event: PendingEvent, exchange: str, routing_key: str, *, mandatory: bool = False
) -> Outgoing:
    """Return an event's message, the same at every publication but for where it goes."""
    properties = event_properties(STRUCTURED, event.type, event.id, event.venue_id)
    return Outgoing(exchange, routing_key, properties, event.body.encode(), mandatory, event.id)
