"""The faults, done to real processes and connections, each healed before the next."""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Callable

from tests.chaos.plan import Fault
from tests.chaos.wire import Wire
from tests.chaos.workers import Workers
from worker.local import Server, Services

WAITS_SECONDS = 1.5
"""Long enough for a batch to be in hand."""


class Faults:
    """Does what the plan says.

    Attributes:
        done: how often which kind was done.
    """

    def __init__(self, services: Services, workers: Workers, broker: Wire, database: Wire) -> None:
        self.done: Counter[str] = Counter()
        self._workers = workers
        self._servers: dict[str, Server] = {
            "broker": services.broker,
            "database": services.database,
        }
        self._wires = {"broker": broker, "database": database}

    async def run(self, faults: list[Fault], say: Callable[[str], None]) -> None:
        """Do them in order, each at its time or when the one before it is over."""
        began = time.monotonic()
        for fault in faults:
            await asyncio.sleep(max(0.0, began + fault.at - time.monotonic()))
            say(fault.kind)
            await self._do(fault)
            self.done[fault.kind] += 1

    async def _do(self, fault: Fault) -> None:
        verb, what = fault.kind.split(" ", 1)
        if what.startswith("a worker that waits"):
            await self._to_a_waiting_worker(what.split()[-1], fault)
        elif what == "a worker":
            await self._to_a_worker(verb, fault)
        elif what.endswith("connections"):
            await self._to_a_wire(verb, self._wires[what.split("'")[0].split()[-1]], fault)
        else:
            await self._to_a_server(verb, self._servers[what.split()[-1]], fault)

    async def _to_a_worker(self, verb: str, fault: Fault) -> None:
        number = {"kill": signal.SIGKILL, "stop": signal.SIGTERM, "freeze": signal.SIGSTOP}[verb]
        self._workers.one(fault.share, number)
        if verb == "freeze":
            await asyncio.sleep(fault.seconds)
            self._workers.signal_all(signal.SIGCONT)

    async def _to_a_waiting_worker(self, server: str, fault: Fault) -> None:
        # Commands go on coming in; what is sent to the server does not arrive, and is gone.
        wire = self._wires[server]
        wire.silence("in")
        await asyncio.sleep(WAITS_SECONDS)
        await self._workers.kill_one(fault.share)
        wire.heal()

    async def _to_a_wire(self, verb: str, wire: Wire, fault: Fault) -> None:
        if verb == "cut":
            wire.cut_after(fault.offset)
            return
        wire.silence()
        await asyncio.sleep(fault.seconds)
        wire.heal()

    async def _to_a_server(self, verb: str, server: Server, fault: Fault) -> None:
        if verb == "pause":
            await asyncio.to_thread(server.pause)
            await asyncio.sleep(fault.seconds)
            await asyncio.to_thread(server.resume)
            return
        await asyncio.to_thread(server.kill if verb == "kill" else server.stop)
        await asyncio.sleep(min(fault.seconds, 3.0))
        await asyncio.to_thread(server.start)
