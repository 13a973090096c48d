"""Commands go back to the broker when the database is away for long; short outages are waited out.

Another worker may reach the database that this one cannot. And a broker that waits too long for
settlements (30 minutes by default) takes commands back by itself, again and again if they are
fetched again, and counts each time: an outage of a day would use up their deliveries. So they go
back once, and no more are taken until the database is fit.
"""

import asyncio
import time
from typing import Protocol

import structlog

from worker.gate import Gate

GIVE_BACK_SECONDS = 30.0
"""Seconds without a fit database after which commands go back."""

LOOK_SECONDS = 1.0
log = structlog.get_logger()


class Holder(Protocol):
    """What holds messages of the broker."""

    async def close(self) -> None:
        """Let go of them."""


async def give_back(gate: Gate, holder: Holder) -> None:
    """Close what holds messages once the database has been unfit for too long; return then.

    The batch in hand goes on being tried: it tells when the database is fit again, and if another
    worker has decided its commands by then, it finds them decided.
    """
    fit_at = time.monotonic()
    while time.monotonic() - fit_at < GIVE_BACK_SECONDS:
        await asyncio.sleep(LOOK_SECONDS)
        if "database" not in gate.closed():
            fit_at = time.monotonic()
    log.warning("commands go back to the broker", why=gate.closed())
    await holder.close()
