"""Publishing many messages at once, in chains, and telling apart what became of each.

The messages of a chain follow one another: each is sent the moment the one before it is confirmed,
and none after one that was refused. Chains do not wait for each other.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from worker.breath import breathing
from worker.messaging.link import Link
from worker.messaging.received import properties_of
from worker.messaging.tap import Listener
from worker.messaging.wire import Outgoing, frames

LOOK_SECONDS = 0.1
"""Between two looks whether the link is lost or blocked, while confirms are awaited."""

MOST_BYTES = 262_144
"""Of one write, about."""

T = TypeVar("T")


@dataclass(slots=True)
class Confirms(Generic[T]):
    """What became of a lot; what stands behind a refused or returned one was not sent, nor is left.

    Attributes:
        refused: the broker said no, because a queue did.
        returned: it found no queue for them; of messages that ask to be returned.
        left: not confirmed when the connection was lost, or the time ran out, or not sent by then.
        failed: they could not even be sent, and why.
        blocked: what is left waits for a broker that has too little room; some of it may be with
            the broker, and will still arrive when it has.
    """

    confirmed: list[T] = field(default_factory=list)
    refused: list[T] = field(default_factory=list)
    returned: list[T] = field(default_factory=list)
    left: list[T] = field(default_factory=list)
    failed: list[tuple[T, Exception]] = field(default_factory=list)
    blocked: bool = False


class Lot(Generic[T]):
    """Chains on their way, by the tag under which the broker confirms the first of each."""

    def __init__(self, chains: Iterable[Sequence[T]], next_tag: int) -> None:
        self.chains = [deque(chain) for chain in chains]
        self.confirms: Confirms[T] = Confirms()
        self.next_tag = next_tag
        self.sent: dict[int, deque[T]] = {}
        self._oldest = next_tag
        self._asked: dict[str, deque[T]] = {}
        self._returned: set[int] = set()

    def send(self, chain: deque[T], message: Outgoing) -> None:
        """Note that the first of a chain is sent now."""
        self.sent[self.next_tag] = chain
        self.next_tag += 1
        if message.mandatory:
            self._asked[message.id] = chain

    def give_up(self, chain: deque[T], error: Exception) -> None:
        """Note that the first of a chain cannot be sent."""
        self.confirms.failed.append((chain[0], error))
        chain.clear()

    def handed_back(self, message_id: str) -> None:
        """Note that a message found no queue; the broker confirms it all the same."""
        if chain := self._asked.get(message_id):
            self._returned.add(id(chain))

    def confirm(self, tag: int, *, multiple: bool, accepted: bool) -> list[deque[T]]:
        """Take the broker's word on a tag, or on all up to it; return chains that may go on."""
        tags = range(self._oldest, tag + 1) if multiple else range(tag, tag + 1)
        if multiple:
            self._oldest = max(self._oldest, tag + 1)
        ready = []
        for one in tags:
            chain = self.sent.pop(one, None)
            if chain is None:
                continue
            self._end(chain, accepted=accepted)
            if chain:
                ready.append(chain)
        return ready

    def _end(self, chain: deque[T], *, accepted: bool) -> None:
        first = chain.popleft()
        if accepted and id(chain) not in self._returned:
            self.confirms.confirmed.append(first)
            return
        (self.confirms.returned if accepted else self.confirms.refused).append(first)
        chain.clear()


class Outlet(Listener):
    """The one that publishes on a link; a lot at a time.

    Attributes:
        link: alive, or lost for good, and the outlet with it.
    """

    def __init__(self, link: Link) -> None:
        self.link = link
        self._lot: Lot[Any] = Lot([], 1)
        self._message_of: Callable[[Any], Outgoing]
        self._ready: list[deque[Any]] = []
        # All that has a tag and is not written, in the order of tags: there is no other way out.
        self._framed = bytearray()
        self._confirmed_at = 0.0
        self._settled = asyncio.Event()
        link.listen(self)

    async def publish(
        self, chains: Iterable[Sequence[T]], message_of: Callable[[T], Outgoing], seconds: float
    ) -> Confirms[T]:
        """Publish the chains, until nothing was confirmed for so many seconds.

        Where anything is left the link is closed: whatever is wrong with it, a fresh one is the
        way to find out. Not so when the broker blocks it: on a fresh one each try would send a
        further copy, to be handed out when the broker goes on.
        """
        lot: Lot[T] = Lot(chains, self._lot.next_tag)
        self._lot, self._message_of, self._ready = lot, message_of, []
        try:
            async for chain in breathing(lot.chains):
                self._frame(chain)
                if len(self._framed) > MOST_BYTES:
                    self._write()
        finally:
            # Also when cancelled: the broker counts what it gets, and is to count as we do.
            self._write()
        await self._until_settled(seconds)
        confirms = lot.confirms
        confirms.blocked = self.link.blocked
        confirms.left = [item for chain in lot.chains for item in chain]
        if confirms.left and not confirms.blocked:
            await self.link.close()
        return confirms

    def returned(self, header: bytes) -> None:
        """Take note that a message could not be routed."""
        self._lot.handed_back(properties_of(header).get("message_id", ""))

    def confirmed(self, tag: int, *, multiple: bool, accepted: bool) -> None:
        """Take the broker's word on a publish, or on all of them up to it."""
        self._ready += self._lot.confirm(tag, multiple=multiple, accepted=accepted)
        self._confirmed_at = time.monotonic()
        if not self._lot.sent and not self._ready:
            self._settled.set()

    def all_told(self) -> None:
        """Send what stands behind all that was confirmed, at once: each of them waits for it."""
        if not self._ready:
            return
        ready, self._ready = self._ready, []
        for chain in ready:
            self._frame(chain)
        self._write()
        if not self._lot.sent:  # none of them could be sent
            self._settled.set()

    def _frame(self, chain: deque[Any]) -> None:
        try:
            message = self._message_of(chain[0])
            framed = frames(self.link.raw, message)
        except Exception as error:  # noqa: BLE001 - one that cannot be written is told of
            self._lot.give_up(chain, error)
            return
        self._lot.send(chain, message)
        self._framed += framed

    def _write(self) -> None:
        self.link.write(bytes(self._framed))
        self._framed.clear()

    async def _until_settled(self, seconds: float) -> None:
        self._confirmed_at = time.monotonic()
        while (self._lot.sent or self._ready) and self._alive(seconds):
            self._settled.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._settled.wait()

    def _alive(self, seconds: float) -> bool:
        lost = self.link.lost.is_set() or self.link.blocked
        return not lost and time.monotonic() - self._confirmed_at < seconds
