"""The subscriber of `venue.queries`: a FastStream broker on a connection of its own.

It never reconnects by itself: FastStream's queues come back after the loss of a node, its consumers
may not. When anything of it is lost, all of it is made anew. Answers go out on yet another
connection (`messaging/replies.py`), since the broker closes one for a made-up `reply_to`.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from aio_pika import IncomingMessage
from faststream import AckPolicy
from faststream.rabbit import Channel, RabbitBroker, RabbitMessage, RabbitQueue

from worker import metrics
from worker.errors import BrokerUnavailableError, OperatorError, VenueWorkerError
from worker.messaging.broker_errors import broker_errors
from worker.messaging.delivery import Delivery
from worker.messaging.link import OPEN_SECONDS, with_heartbeat
from worker.messaging.replies import Replies, Reply, correlation_of, reply_address
from worker.messaging.topology import QUERIES, declare_queries
from worker.queries.answering import Answering
from worker.queries.connections import Connections, in_time
from worker.queries.decode import decode
from worker.queries.watch import plain_channel, until_lost
from worker.retry import forever

AT_ONCE = 4
"""Queries that are answered at a time, and connections to the database for them: with more queries
than connections they would wait for one another, and fail for it."""

MOST_ANSWERS = 200
"""Answers kept for a broker that does not take them; beyond it the oldest are dropped."""

STOP_SECONDS = 1.0
DROPPED = "dropped"
log = structlog.get_logger()


class Queries:
    """Answers queries until cancelled, through any outage; nothing else depends on it."""

    def __init__(self, url: str, answering: Answering, answers: Replies) -> None:
        self._url = with_heartbeat(url).update_query(name="venue-worker queries")
        self._answering = answering
        self._answers = answers
        self._answered = False
        self._differs = False

    async def run(self) -> None:
        """Take queries and answer them, until cancelled.

        Raises:
            OperatorError: the queue existed with other arguments before anything was answered.
        """
        while True:
            async for attempt in forever("taking queries", BrokerUnavailableError):
                with attempt, self._while_commands_go_on():
                    await self._session()

    @contextmanager
    def _while_commands_go_on(self) -> Iterator[None]:
        # A worker that starts refuses; one that runs would stop taking commands for it.
        try:
            yield
        except OperatorError as error:
            if not self._answered:
                raise
            if not self._differs:
                log.error("queries are not answered", error=str(error))  # noqa: TRY400 - it is told
            self._differs = True
            raise BrokerUnavailableError(str(error)) from error

    async def _session(self) -> None:
        lost = asyncio.Event()
        broker = self._broker(lost)
        connections = Connections(broker)
        with _failures():
            try:
                async with asyncio.timeout(OPEN_SECONDS):
                    channel = await plain_channel(await broker.connect())
                    await declare_queries(channel)
                    await broker.start()
                self._answered, self._differs = True, False
                log.info("answering queries")
                await until_lost(channel, lost)
            finally:
                if not lost.is_set():  # a lost one has nothing to be left in order
                    await in_time(broker.stop)
                await connections.close()

    def _broker(self, lost: asyncio.Event) -> RabbitBroker:
        broker = RabbitBroker(
            self._url,
            timeout=OPEN_SECONDS,
            default_channel=Channel(prefetch_count=AT_ONCE),
            on_close=[lambda *_: lost.set()],
            graceful_timeout=STOP_SECONDS,
            apply_types=False,
            logger=None,
        )
        subscriber = broker.subscriber(
            RabbitQueue(QUERIES, declare=False),
            ack_policy=AckPolicy.ACK,
            no_reply=True,
            decoder=_whole,
        )
        subscriber(self._take)
        return broker

    async def _take(self, message: RabbitMessage) -> None:
        started = time.perf_counter()
        delivery = _delivery(message.raw_message)
        query = decode(delivery)
        reply_to = reply_address(delivery)
        if reply_to is None:
            log.debug("a query that asks for no answer is dropped", type=query.type)
            metrics.queries_total.labels(query.type, DROPPED).inc()
            return
        answer = await self._answering.answer(query)
        metrics.queries_total.labels(query.type, answer.status).inc()
        correlation_id = correlation_of(delivery, answer.query_id)
        self._answers.send([Reply(reply_to, correlation_id, answer.body())])
        # Not acknowledged before: while no answer goes out, no further query is taken.
        await self._answers.gone()
        metrics.query_duration_seconds.labels(query.type).observe(time.perf_counter() - started)


@contextmanager
def _failures() -> Iterator[None]:
    # Whatever FastStream makes of an outage, commands are not to stop for it.
    try:
        with broker_errors():
            yield
    except VenueWorkerError:
        raise
    except Exception as error:
        log.exception("taking queries failed")
        raise BrokerUnavailableError(f"taking queries failed: {error!r}") from error


async def _whole(message: RabbitMessage) -> RabbitMessage:
    # Undecoded: how a message is to be read, and what is wrong with it, is for `decode` to say.
    return message


def _delivery(message: IncomingMessage) -> Delivery:
    names = ("content_type", "correlation_id", "message_id", "reply_to")
    return Delivery(
        message.body,
        headers=dict(message.headers),
        properties={name: getattr(message, name) for name in names},
    )
