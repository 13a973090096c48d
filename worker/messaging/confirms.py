"""Publishing many messages with one write, and telling apart what became of each."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from worker.breath import breathing
from worker.messaging.link import Link
from worker.messaging.received import properties_of
from worker.messaging.wire import Outgoing, frames

LOOK_SECONDS = 0.1
"""Between two looks whether the link is lost or blocked, while confirms are awaited."""

MOST_BYTES = 262_144
"""Of one write, about."""

T = TypeVar("T")


@dataclass(slots=True)
class Confirms(Generic[T]):
    """What the broker did not confirm.

    Attributes:
        refused: it said no, because a queue did.
        returned: it found no queue for them; of messages that ask to be returned.
        unconfirmed: the connection was lost, or the time ran out, before it said anything.
        failed: they could not even be sent, and why.
        blocked: the unconfirmed ones wait at a broker that has too little room, and will still
            arrive when it has.
    """

    refused: list[T] = field(default_factory=list)
    returned: list[T] = field(default_factory=list)
    unconfirmed: list[T] = field(default_factory=list)
    failed: list[tuple[T, Exception]] = field(default_factory=list)
    blocked: bool = False


class Lot(Generic[T]):
    """Messages on their way, by the tag that the broker confirms each under."""

    def __init__(self, first_tag: int) -> None:
        self.sent: dict[int, T] = {}
        self.ids: dict[str, T] = {}
        self.refused: list[T] = []
        self.returned: list[T] = []
        self.waiting: set[int] = set()
        self._oldest = first_tag

    def confirm(self, tag: int, *, multiple: bool, accepted: bool) -> None:
        """Take the broker's word on a tag, or on all up to it; what it said before stands."""
        tags = range(self._oldest, tag + 1) if multiple else range(tag, tag + 1)
        if multiple:
            self._oldest = max(self._oldest, tag + 1)
        for one in tags:
            if one in self.waiting:
                self.waiting.remove(one)
                if not accepted:
                    self.refused.append(self.sent[one])


class Outlet:
    """The one that publishes on a link; a lot at a time."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._next_tag = 1
        self._lot: Lot[Any] = Lot(1)
        self._settled = asyncio.Event()
        link.listen(self)

    async def publish(
        self, items: Sequence[T], message_of: Callable[[T], Outgoing], seconds: float
    ) -> Confirms[T]:
        """Publish the items, in order and without waiting for one another.

        Where any is unconfirmed after so many seconds the link is closed: whatever is wrong with
        it, a fresh one is the way to find out. Not so when the broker blocks it: on a fresh one
        each try would send a further copy, to be handed out when the broker goes on.
        """
        confirms: Confirms[T] = Confirms()
        lot: Lot[T] = Lot(self._next_tag)
        self._lot = lot
        parts: list[bytes] = []
        size = 0
        async for item in breathing(items):
            try:
                message = message_of(item)
                part = frames(self._link.raw, message)
            except Exception as error:  # noqa: BLE001 - one that cannot be written is told of
                confirms.failed.append((item, error))
                continue
            self._note(item, message)
            parts.append(part)
            size += len(part)
            if size > MOST_BYTES:
                self._link.write(b"".join(parts))
                parts, size = [], 0
        self._link.write(b"".join(parts))
        await self._until_settled(time.monotonic() + seconds)
        confirms.blocked = self._link.blocked
        confirms.refused, confirms.returned = lot.refused, lot.returned
        confirms.unconfirmed = [lot.sent[tag] for tag in sorted(lot.waiting)]
        if confirms.unconfirmed and not confirms.blocked:
            await self._link.close()
        return confirms

    def delivered(self, arguments: bytes, header: bytes, body: bytes) -> None:
        """Nothing: nothing is consumed here."""

    def returned(self, header: bytes) -> None:
        """Take note that a message could not be routed."""
        item = self._lot.ids.get(properties_of(header).get("message_id", ""))
        if item is not None:
            self._lot.returned.append(item)

    def confirmed(self, tag: int, *, multiple: bool, accepted: bool) -> None:
        """Take the broker's word on a publish, or on all of them up to it."""
        self._lot.confirm(tag, multiple=multiple, accepted=accepted)
        if not self._lot.waiting:
            self._settled.set()

    def _note(self, item: Any, message: Outgoing) -> None:  # noqa: ANN401 - of the lot in hand
        self._lot.sent[self._next_tag] = item
        self._lot.waiting.add(self._next_tag)
        self._next_tag += 1
        if message.mandatory:
            self._lot.ids[message.id] = item

    async def _until_settled(self, deadline: float) -> None:
        while self._lot.waiting and not self._link.lost.is_set() and not self._link.blocked:
            if time.monotonic() > deadline:
                return
            self._settled.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._settled.wait()
