"""Publishing several messages at once, and telling apart what became of each."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from aiormq.exceptions import DeliveryError

from worker.breath import breathing
from worker.messaging.link import Link, of_the_broker

T = TypeVar("T")


@dataclass(slots=True)
class Confirms(Generic[T]):
    """What the broker did not confirm.

    Attributes:
        refused: it said no, because a queue did.
        unconfirmed: the connection was lost, or the time ran out, before it said anything.
        failed: they could not even be sent, and why.
    """

    refused: list[T] = field(default_factory=list)
    unconfirmed: list[T] = field(default_factory=list)
    failed: list[tuple[T, BaseException]] = field(default_factory=list)


async def publish_all(
    link: Link, items: Sequence[T], publish: Callable[[T], Coroutine[Any, Any, object]]
) -> Confirms[T]:
    """Publish the items, in order and without waiting for one another.

    Where any is unconfirmed the link is closed: whatever is wrong with it, a fresh one is the way
    to find out.
    """
    tasks = [asyncio.create_task(publish(item)) async for item in breathing(items)]
    results = await asyncio.gather(*tasks, return_exceptions=True)
    confirms: Confirms[T] = Confirms()
    for item, result in zip(items, results, strict=True):
        if isinstance(result, DeliveryError):
            confirms.refused.append(item)
        elif isinstance(result, asyncio.CancelledError) or (
            isinstance(result, BaseException) and of_the_broker(result)
        ):
            confirms.unconfirmed.append(item)
        elif isinstance(result, BaseException):
            confirms.failed.append((item, result))
    if confirms.unconfirmed:
        await link.close()
    return confirms
