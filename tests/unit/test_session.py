"""A queue's session begins anew after an outage, though the outage has shut the gate."""

import asyncio
from contextlib import suppress

import pytest

from tests.support.waiting import until
from worker.errors import DatabaseUnavailableError
from worker.gate import Gate
from worker.ops import health
from worker.ops.health import Check, Health, Severity
from worker.retry import waits_for
from worker.sharing.session import Session


class Outage:
    """A database that is lost while the session begins, until it is mended."""

    def __init__(self) -> None:
        self.lost = False
        self.tries = 0

    async def check(self) -> Check:
        """Tell of it, and of who waits because of it, as health does."""
        ready = not self.lost and not waits_for(DatabaseUnavailableError)
        return Check(Severity.OK if ready else Severity.ERROR, "away", ready=ready)

    async def once(self) -> None:
        """Fail the first time."""
        self.tries += 1
        if self.tries == 1:
            self.lost = True
            raise DatabaseUnavailableError("away")
        await asyncio.Event().wait()


async def _fine() -> Check:
    return Check()


async def test_the_gate_opens_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed last is not told of while the session waits at the gate, nor while it is up."""
    monkeypatch.setattr(health, "INTERVAL_SECONDS", 0.01)
    outage = Outage()
    watched = Health({"database": outage.check, "migrations": _fine}, frozenset({"database"}))
    gate = Gate(watched)
    session = Session("q", 0, "amqp://nowhere", 1, None, gate)  # type: ignore[arg-type]
    monkeypatch.setattr(Session, "_once", lambda _: outage.once())
    watching = asyncio.create_task(watched.run())
    consuming = session.start()
    try:
        await until(lambda: outage.lost and gate.closed(), "the gate is shut")
        outage.lost = False
        await until(lambda: outage.tries == 2, "the session begins anew", seconds=10)
        await until(lambda: not gate.closed(), "the gate stays open", seconds=10)
        assert waits_for(DatabaseUnavailableError) == []
    finally:
        for task in (watching, consuming):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
