"""Publishing several messages at once, and telling apart what became of each."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from aiormq.exceptions import DeliveryError

from worker.breath import breathing
from worker.messaging.broker_errors import is_brokers
from worker.messaging.link import Link

T = TypeVar("T")


@dataclass(slots=True)
class Confirms(Generic[T]):
    """What the broker did not confirm.

    Attributes:
        refused: it said no, because a queue did.
        unconfirmed: the connection was lost, or the time ran out, before it said anything.
        failed: they could not even be sent, and why.
        blocked: the unconfirmed ones wait at a broker that has too little room, and will still
            arrive when it has.
    """

    refused: list[T] = field(default_factory=list)
    unconfirmed: list[T] = field(default_factory=list)
    failed: list[tuple[T, BaseException]] = field(default_factory=list)
    blocked: bool = False


async def publish_all(
    link: Link, items: Sequence[T], publish: Callable[[T], Coroutine[Any, Any, object]]
) -> Confirms[T]:
    """Publish the items, in order and without waiting for one another.

    Where any is unconfirmed the link is closed: whatever is wrong with it, a fresh one is the way
    to find out. Not so when the broker blocks it: on a fresh one each try would send a further
    copy, to be handed out when the broker goes on.
    """
    tasks = [asyncio.create_task(publish(item)) async for item in breathing(items)]
    giving_up = asyncio.create_task(_give_up_when_blocked(link, tasks))
    try:
        results = await asyncio.gather(*tasks, return_exceptions=True)
    finally:
        giving_up.cancel()
    confirms: Confirms[T] = Confirms(blocked=await link.blocked())
    for item, result in zip(items, results, strict=True):
        if isinstance(result, DeliveryError):
            confirms.refused.append(item)
        elif isinstance(result, BaseException) and is_brokers(result):
            confirms.unconfirmed.append(item)
        elif isinstance(result, BaseException):
            confirms.failed.append((item, result))
    if confirms.unconfirmed and not confirms.blocked:
        await link.close()
    return confirms


async def _give_up_when_blocked(link: Link, tasks: Sequence[asyncio.Task[object]]) -> None:
    await link.until_blocked()
    if not link.lost.is_set():
        for task in tasks:
            task.cancel()
