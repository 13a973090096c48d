"""When work is taken up: while health says that the database is fit for it."""

import asyncio

import structlog

from worker.ops.health import NOT_YET, Health

REQUIRED = ("database", "migrations")
log = structlog.get_logger()


class Gate:
    """Open while the database answers and has no pending migrations, until the worker stops."""

    def __init__(self, health: Health) -> None:
        self._health = health
        self._wake = asyncio.Event()
        self._reported: dict[str, str] = {}
        self.stopping = False
        health.on_change(self.wake)

    def stop(self) -> None:
        """Let everybody who waits here go on, to find that the worker stops."""
        self.stopping = True
        self.wake()

    def wake(self) -> None:
        """Have everybody who waits for a change look again."""
        self._wake.set()

    def closed(self) -> dict[str, str]:
        """Return what keeps it closed: check and message."""
        unready = self._health.unready()
        return {name: unready[name] for name in REQUIRED if name in unready}

    async def opened(self) -> None:
        """Wait until it is open, or the worker stops; say once what keeps it closed."""
        while not self.stopping and (closed := self.closed()):
            if closed != self._reported and NOT_YET not in closed.values():
                log.warning("no commands are taken", why=closed)
                self._reported = closed
            await self.change()
        self._reported = {}

    def to_leave(self) -> bool:
        """Tell whether work in progress has to end as well, but for the batch in hand."""
        # A database that is away is waited for, see `giving_back`; one that is to be migrated first
        # may not want what we would write.
        return self.stopping or self.closed().keys() == {"migrations"}

    async def to_be_left(self) -> None:
        """Wait until then."""
        while not self.to_leave():
            await self.change()

    async def change(self) -> None:
        """Wait for the next look at anything, or for somebody to say `wake`."""
        self._wake.clear()
        await self._wake.wait()
