"""The composition root: the only file that builds the worker's parts and joins them."""

from contextlib import AsyncExitStack

import structlog

from worker import __version__, metrics
from worker.aside import Aside
from worker.consumption import Consumption
from worker.domain.policy import Policy
from worker.gate import Gate
from worker.messaging.publisher import Publisher
from worker.messaging.replies import Replies
from worker.ops.checks import Checks
from worker.ops.health import TIMEOUT_SECONDS
from worker.ops.http import http_server
from worker.pipeline.decide import Terms
from worker.pipeline.life import Pipeline
from worker.pipeline.publish import Publishing
from worker.pipeline.publishers import read_publishers
from worker.pipeline.retries import Retries
from worker.queries.answering import Answering
from worker.queries.service import AT_ONCE, MOST_ANSWERS, Queries
from worker.retention import Retention, rules
from worker.running import run_until_signal
from worker.settings import Settings
from worker.storage.connection import BY_COST, GENERAL
from worker.storage.database import MOST_CONNECTIONS, Database
from worker.storage.vault import Vault

REPLIES_SECONDS = 2.0
QUERY_SECONDS = 5.0
"""Until a statement of a query is given up, where the settings do not say sooner."""

log = structlog.get_logger()


async def run(settings: Settings) -> None:
    """Run the worker until SIGTERM or SIGINT, then settle the batch in hand and return.

    Raises:
        OperatorError: something has to be put right before the worker can run.
    """
    metrics.build_info.info({"version": __version__})
    publishers = read_publishers(settings.publishers)
    vault = Vault(settings.secret_keys)
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(
            database_for(settings, settings.database_timeout_seconds, plans=GENERAL)
        )
        # Health has connections of its own, and less patience.
        health_database = await stack.enter_async_context(database_for(settings, TIMEOUT_SECONDS))
        # So do queries, which may not starve the commands of any.
        query_database = await stack.enter_async_context(
            database_for(
                settings,
                min(QUERY_SECONDS, settings.database_timeout_seconds),
                most_connections=AT_ONCE,
            )
        )
        publisher = Publisher(settings.amqp_url, settings.confirm_timeout_seconds)
        stack.push_async_callback(publisher.close)
        replies = Replies(settings.amqp_url)
        stack.push_async_callback(replies.close)
        policy = Policy(required_documents=settings.required_documents)
        answers = Replies(settings.amqp_url, name="venue-worker answers", most_waiting=MOST_ANSWERS)
        stack.push_async_callback(answers.close)
        publishing = Publishing(database, publisher)
        pipeline = Pipeline(
            database=database,
            publishing=publishing,
            replies=replies,
            terms=Terms(
                publishers,
                Retries(settings.attempts, settings.retry_seconds),
                policy,
            ),
            batch_size=settings.batch_size,
            most_bytes=settings.max_message_bytes,
            vault=vault,
        )
        health = Checks(
            database=health_database,
            pipeline_database=database,
            migrations=settings.migrations,
            consuming=lambda: consumption.check(),  # noqa: PLW0108 - built below, on what this finds
            publisher=publisher,
            parked_warning=settings.parked_warning,
        ).health()
        await stack.enter_async_context(http_server(health, settings.http_host, settings.http_port))
        gate = Gate(health)
        consumption = Consumption(
            settings.amqp_url, settings.prefetch, pipeline, gate, settings.partitions
        )
        aside = Aside(settings.amqp_url, database, pipeline, gate)

        await run_until_signal(
            [consumption.run(), aside.due(), aside.dead()],
            [
                health.run(),
                replies.run(),
                publishing.sweep_forever(),
                publisher.stay_connected(),
                answers.run(),
                Queries(settings.amqp_url, Answering(query_database, policy), answers).run(),
                Retention(database, rules(settings)).run(),
            ],
            stop=gate.stop,
            finish=lambda: replies.drained(REPLIES_SECONDS),
            grace_seconds=settings.grace_seconds,
        )
    log.info("stopped")


def database_for(
    settings: Settings,
    timeout_seconds: float,
    most_connections: int = MOST_CONNECTIONS,
    plans: str = BY_COST,
) -> Database:
    """Return the database of the settings, with the given patience."""
    return Database(
        settings.database_url,
        timeout_seconds=timeout_seconds,
        statement_cache_size=settings.statement_cache_size,
        most_connections=most_connections,
        plans=plans,
    )
