"""Which kept events a selection has."""

from datetime import timedelta

import asyncpg

from tests.support.commands import Venue, new_id
from tests.support.kept import add_events, now
from worker.storage import history
from worker.storage.database import Database
from worker.storage.history import Selection


async def test_selections(database_url: str, database: asyncpg.Connection) -> None:
    """Venue, tenant and time choose, each alone and together; events come in order of time."""
    one, other = Venue(), Venue()
    old = await add_events(database, one, 3, days=20)
    of_sibling = await add_events(database, Venue(tenant=one.tenant), 2, days=15)
    new = await add_events(database, one, 3, days=10, above=3)
    of_namesake = await add_events(database, Venue(id=one.id), 2, days=5)
    of_other = await add_events(database, other, 2, days=1)
    moment = await now(database)
    everything = Selection(None, None, moment - timedelta(days=99), moment)
    early, late = moment - timedelta(days=17), moment - timedelta(days=7)
    async with Database(database_url, timeout_seconds=10) as ours, ours.transaction() as tx:
        for selection, expected in (
            (everything, [*old, *of_sibling, *new, *of_namesake, *of_other]),
            (Selection(None, one.id, everything.since, moment), [*old, *new, *of_namesake]),
            (Selection(one.tenant, one.id, everything.since, moment), [*old, *new]),
            (Selection(one.tenant, None, everything.since, moment), [*old, *of_sibling, *new]),
            (Selection(None, None, early, moment), [*of_sibling, *new, *of_namesake, *of_other]),
            (Selection(None, None, early, late), [*of_sibling, *new]),
            (Selection(None, one.id, everything.since, late), [*old, *new]),
            (Selection(None, one.id, everything.since, moment, after=new[0]),
             [*new[1:], *of_namesake]),
            (Selection(new_id(), None, everything.since, moment), []),
        ):  # fmt: skip
            page = await history.page(tx, selection, 100)
            assert [event.id for event in page] == expected, selection
        assert [event.id for event in await history.page(tx, everything, 4)] == [
            *old,
            of_sibling[0],
        ]
