"""Kept events sent once more, as they were published, to one queue: on an operator's word."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from aiormq.exceptions import ChannelNotFoundEntity

from worker.errors import OperatorError
from worker.messaging.broker_errors import broker_errors
from worker.messaging.confirms import Confirms, Outlet
from worker.messaging.link import Link
from worker.messaging.publisher import chains, event_message
from worker.messaging.topology import is_own
from worker.messaging.wire import Outgoing
from worker.storage import history
from worker.storage.database import Database
from worker.storage.history import KeptEvent, Selection

PAGE = 500
CONFIRM_SECONDS = 30.0

Told = Callable[[Sequence[KeptEvent]], None]
"""Told of events that the queue has taken."""


async def check_queue(link: Link, queue: str) -> None:
    """See that events may be published to the queue.

    Raises:
        OperatorError: it is not there, or it is one of the worker's own.
    """
    if is_own(queue):
        raise OperatorError(f"{queue} is the worker's own: name a queue of the subscriber's")
    with broker_errors():
        try:
            await link.raw.queue_declare(queue, passive=True)
        except ChannelNotFoundEntity:
            raise _no_queue(queue) from None


async def republish(
    database: Database, link: Link, queue: str, selection: Selection, told: Told
) -> None:
    """Publish the events of a selection to the queue, a venue's in order, a page at a time.

    The queue takes each before a newer one of the same venue is sent.

    Raises:
        OperatorError: the queue is gone, or did not take an event; it says where to go on.
    """
    outlet = Outlet(link)
    while page := await _page(database, selection):
        confirms = await _send(outlet, queue, page)
        told(confirms.confirmed)
        _check(confirms, queue, selection.after)
        selection = replace(selection, after=page[-1].id)


async def _page(database: Database, selection: Selection) -> list[KeptEvent]:
    async with database.transaction() as tx:
        return await history.page(tx, selection, PAGE)


async def _send(outlet: Outlet, queue: str, page: Sequence[KeptEvent]) -> Confirms[KeptEvent]:
    def message(event: KeptEvent) -> Outgoing:
        return event_message(event, "", queue, mandatory=True)

    return await outlet.publish(chains(page), message, CONFIRM_SECONDS)


def _check(confirms: Confirms[KeptEvent], queue: str, after: str) -> None:
    for _, error in confirms.failed:
        raise error
    if confirms.returned:
        raise _no_queue(queue)
    if stopped := [*confirms.refused, *confirms.left]:
        why = "refused" if confirms.refused else "did not confirm"
        raise OperatorError(
            f"{queue} {why} event {stopped[0].id} of venue {stopped[0].venue_id}: once it takes "
            f"events again, go on with the same words and --after {after}"
        )


def _no_queue(queue: str) -> OperatorError:
    return OperatorError(f"there is no queue {queue}: declare it first")
