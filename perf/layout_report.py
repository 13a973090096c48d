"""What commands about layouts cost: how it is watched, and a table for people."""

import asyncio
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial

from rich.console import Console
from rich.table import Table


@dataclass(slots=True)
class Cost:
    """What one command took: milliseconds by step, kilobytes, megabytes."""

    name: str
    body: int
    steps: dict[str, float] = field(default_factory=dict)
    event: int = 0
    stall: float = 0.0
    memory: float = 0.0

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Note how long a step takes."""
        since = time.perf_counter()
        yield
        self.steps[name] = (time.perf_counter() - since) * 1000


@asynccontextmanager
async def watched(cost: Cost) -> AsyncIterator[None]:
    """Note for how long nothing else had a turn."""

    async def watch() -> None:
        while True:
            since = time.perf_counter()
            await asyncio.sleep(0)
            cost.stall = max(cost.stall, (time.perf_counter() - since) * 1000)

    task = asyncio.create_task(watch())
    try:
        await asyncio.sleep(0)
        yield
        await asyncio.sleep(0)
    finally:
        task.cancel()


@contextmanager
def traced(cost: Cost) -> Iterator[None]:
    """Note the most memory in use; this takes time itself."""
    tracemalloc.start()
    yield
    cost.memory = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()


def _milliseconds(step: str, cost: Cost) -> str:
    return f"{cost.steps[step]:.1f}"


COLUMNS: dict[str, Callable[[Cost], str]] = {
    "command KB": lambda cost: f"{cost.body / 1000:.1f}",
    **{f"{step} ms": partial(_milliseconds, step) for step in ("decode", "load", "decide", "save")},
    "longest stall ms": lambda cost: f"{cost.stall:.1f}",
    "event KB": lambda cost: f"{cost.event / 1000:.1f}",
}


def show_layouts(
    rounds: Sequence[Sequence[Cost]], traced: Sequence[Cost], console: Console
) -> None:
    """Print what each command takes, of several rounds the least: the rest is the machine's."""
    table = Table("command", *COLUMNS, "peak MiB")
    for same, *timed in zip(traced, *rounds, strict=True):
        texts = (min((text(one) for one in timed), key=float) for text in COLUMNS.values())
        table.add_row(same.name, *texts, f"{same.memory:.1f}")
    console.print(table)
