"""The check of every run: what publishers were confirmed, against outcomes and events.

It knows nothing of the worker but the contract: one outcome and one event for each command, none
besides, and a venue's events in the order of its versions.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from perf.load.subscriber import Received


@dataclass(frozen=True, slots=True)
class Ledger:
    """All that there is to compare.

    Attributes:
        good: ids of confirmed commands that are to be applied.
        bad: ids of confirmed ones that are to be parked.
        unconfirmed: ids of sent ones that may or may not have arrived.
        outcomes: the kept status of each decided command.
        parked: how many commands are parked.
        left: how many events are still in the outbox.
    """

    good: set[str]
    bad: set[str]
    unconfirmed: set[str]
    outcomes: Mapping[str, str]
    parked: int
    left: int
    received: Received

    def faults(self) -> list[str]:
        """Say what does not add up; nothing if all does."""
        return [f"{count:,} {what}" for what, count in self._counts() if count]

    def _counts(self) -> Iterator[tuple[str, int]]:
        applied = {one for one, status in self.outcomes.items() if status == "applied"}
        told = set(self.received.commands)
        yield "commands were not confirmed", len(self.unconfirmed)
        yield "confirmed commands have no outcome", len(self.good - self.outcomes.keys())
        yield (
            "outcomes are of commands nobody sent",
            len(self.outcomes.keys() - self.good - self.unconfirmed),
        )
        yield "commands were refused", len(self.outcomes) - len(applied)
        yield "confirmed commands have no event", len(self.good - told)
        yield (
            "events are of commands nobody sent",
            len(told - self.good - self.bad - self.unconfirmed),
        )
        yield "commands have more than one event", self._several()
        yield "events came out of order", out_of_order(self.received)
        yield "bad commands are not parked", max(0, len(self.bad) - self.parked)
        yield "good commands are parked", max(0, self.parked - len(self.bad))
        yield "events are still in the outbox", self.left

    def _several(self) -> int:
        distinct = dict(zip(self.received.ids, self.received.commands, strict=True))
        return len(distinct) - len(set(distinct.values()))

    def copies(self) -> int:
        """Return how many events came once more, which the contract allows."""
        return len(self.received.ids) - len(set(self.received.ids))


def out_of_order(received: Received) -> int:
    """Count events whose venue's version does not follow the one that came before it."""
    last: dict[str, int] = {}
    seen: set[str] = set()
    wrong = 0
    rows = zip(received.ids, received.venues, received.versions, strict=True)
    for event_id, venue, version in rows:
        if version and event_id not in seen:
            wrong += venue in last and version != last[venue] + 1
            last[venue] = version
            seen.add(event_id)
    return wrong
