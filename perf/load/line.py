"""What a process of the load has to do with the one that started it: a pipe and some counters."""

import asyncio
import multiprocessing
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from ctypes import c_uint64
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.sharedctypes import RawArray
from typing import Any

from perf.contestants import RoundFailedError

SPAWN = multiprocessing.get_context("spawn")
"""Started anew: a fork of a process with threads and open connections is neither whole nor safe."""
FIRST, SECOND, STOPPED = range(3)
READY_SECONDS = 120.0
END_SECONDS = 60.0


@dataclass(slots=True)
class Line:
    """One end of it.

    Attributes:
        counters: read by the one, written by the other, without asking: two figures, and whether
            to stop early.
    """

    pipe: "Connection[Any, Any]"
    counters: Any

    async def hear(self, seconds: float) -> Any:  # noqa: ANN401 - any value can be pickled
        """Return the next message from the other end.

        Raises:
            RoundFailedError: none came in time, or the other process ended without one.
        """
        try:
            if await asyncio.to_thread(self.pipe.poll, seconds):
                return await asyncio.to_thread(self.pipe.recv)
        except EOFError:
            raise RoundFailedError("a process of the load ended early") from None
        raise RoundFailedError(f"a process of the load said nothing within {seconds:.0f} s")


@dataclass(slots=True)
class Member:
    """A process of the load, as the one that started it sees it."""

    process: BaseProcess
    line: Line

    async def ready(self) -> None:
        """Wait until it has said so."""
        await self.line.hear(READY_SECONDS)

    def say(self, word: object) -> None:
        """Send it a message."""
        self.line.pipe.send(word)


@asynccontextmanager
async def member(work: Callable[[Any, Line], None], plan: object) -> AsyncIterator[Member]:
    """Have a process do `work(plan, line)` for the time of a block; it is gone afterwards."""
    ours, theirs = SPAWN.Pipe()
    counters = RawArray(c_uint64, 3)
    line = Line(theirs, counters)
    process = SPAWN.Process(target=_undisturbed, args=(work, plan, line), daemon=True)
    process.start()
    theirs.close()
    try:
        yield Member(process, Line(ours, counters))
    finally:
        process.terminate()
        await asyncio.to_thread(process.join, END_SECONDS)
        ours.close()


def _undisturbed(work: Callable[[Any, Line], None], plan: object, line: Line) -> None:
    """Do the work; Ctrl-C reaches all processes, and the one that started this one ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    work(plan, line)
