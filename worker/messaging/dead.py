"""What the broker gave up on (`venue.dead`), as a source of deliveries that are only to be parked.

A command gets there when its delivery limit is over: as a rule because it ends the process each
time it is handled. So it is read only to park it with what its envelope says; should even that end
the process a few times, it is parked unread.
"""

from dataclasses import replace
from typing import Any

from worker.messaging.delivery import Delivery, GivenUp
from worker.messaging.intake import Intake
from worker.messaging.link import set_up_link
from worker.messaging.topology import DEAD, declare

PREFETCH = 20
REASONS = {
    "rejected": "workers died while they handled it alone",
    "delivery_limit": "RabbitMQ has delivered it as often as it may",
}
MOST_READS = 3
"""Deliveries after which it is parked unread; some may be lost connections and not its fault."""


class DeadLetters:
    """The source, as long as its channel lives."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    @classmethod
    async def open(cls, url: str) -> "DeadLetters":
        """Connect and register a consumer.

        Raises:
            BrokerUnavailableError: it did not work and may work later.
            OperatorError: a queue differs from what this version declares.
        """
        async with set_up_link(url, "venue-worker dead letters", prefetch=PREFETCH) as link:
            await declare(link.channel)
            return cls(await Intake.register(link, DEAD))

    def has(self, count: int) -> bool:
        """Tell whether so many are at hand."""
        return self._intake.has(count)

    async def take(self, most: int) -> list[Delivery]:
        """Wait for what the broker gave up on; none when told to stop."""
        return [_given_up(delivery) for delivery in await self._intake.take(most)]

    async def settle(self, deliveries: list[Delivery]) -> None:
        """Acknowledge the batch."""
        await self._intake.settle(deliveries)

    def stop(self) -> None:
        """Give out no more."""
        self._intake.stop()

    async def close(self) -> None:
        """Close the channel and the connection."""
        await self._intake.close()


def _given_up(delivery: Delivery) -> Delivery:
    death = _first_death(delivery)
    queue, reason = death.get("queue", "a queue"), str(death.get("reason"))
    why = f"{REASONS.get(reason, reason)}, in {queue}: it may end the process"
    match death.get("routing-keys"):
        case [str(first), *_]:
            routing_key = first
        case _:  # whoever wrote straight to this queue may have put anything there
            routing_key = delivery.routing_key
    return replace(
        delivery,
        exchange=str(death.get("exchange", delivery.exchange)),
        routing_key=routing_key,
        given_up=GivenUp(why, safe_to_read=delivery.count < MOST_READS),
    )


def _first_death(delivery: Delivery) -> dict[str, Any]:
    deaths = delivery.headers.get("x-death")
    return (
        deaths[-1] if isinstance(deaths, list) and deaths and isinstance(deaths[-1], dict) else {}
    )
