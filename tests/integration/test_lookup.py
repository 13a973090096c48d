"""What is looked up for a batch goes with the commands that are decided, and with no others."""

from collections.abc import AsyncIterator

import pytest

from tests.unit.samples import FIELDS, MOST, NOW, TENANT, VAULT, VENUE, command
from worker.domain.command import Command
from worker.domain.policy import Policy
from worker.messaging.delivery import Delivery
from worker.pipeline.decide import Terms, decide_all
from worker.pipeline.deduplicate import deduplicate
from worker.pipeline.messages import Message
from worker.pipeline.publishers import Publishers
from worker.pipeline.retries import Retries
from worker.pipeline.save import save
from worker.storage import world
from worker.storage.database import Database
from worker.storage.lookup import look_up

OTHER_VENUE = "0197aaaa-0000-7000-8000-00000000eeee"
TERMS = Terms(Publishers(None), Retries(1, 1.0))


@pytest.fixture
async def ours(database_url: str) -> AsyncIterator[Database]:
    """The database as the worker uses it."""
    async with Database(database_url, timeout_seconds=10) as one:
        yield one


async def test_the_slug_goes_with_the_name(ours: Database) -> None:
    """Also where the same id comes again in the batch with another name, which is a conflict."""
    commands = [_create("Alpha"), _create("Beta"), _create("Gamma", subject=OTHER_VENUE)]
    messages = [Message(Delivery(b""), one) for one in commands]
    async with ours.transaction() as tx:
        found = await look_up(tx, commands, commands)
        batch = deduplicate(messages, found.known)
        states = await world.load(tx, found, batch.commands, Policy())
        decisions = await decide_all(batch, states, TERMS, NOW)
        await save(tx, decisions, NOW, MOST, VAULT)
    async with ours.transaction() as tx:
        found = await look_up(tx, [_create("Beta")], commands)
    assert {key: venue.slug for key, venue in found.venues.items()} == {(TENANT, VENUE): "alpha"}
    assert found.taken == {TENANT: {"alpha"}}
    assert len(found.known) == 1


async def test_a_command_that_failed_locks_nothing(ours: Database) -> None:
    """It is to be put aside; whatever is in the way of its venue must not be in the way of that."""
    async with ours.transaction() as tx:
        created = _create("Alpha")
        batch = deduplicate([Message(Delivery(b""), created)], {})
        states = await world.load(tx, await look_up(tx, [], []), batch.commands, Policy())
        decisions = await decide_all(batch, states, TERMS, NOW)
        await save(tx, decisions, NOW, MOST, VAULT)
    async with ours.transaction() as tx:
        found = await look_up(tx, [created], [])
    assert (found.venues, len(found.known)) == ({}, 1)


def _create(name: str, *, subject: str = VENUE) -> Command:
    return command("venue.create", {**FIELDS, "name": name}, subject=subject)
