"""The command `venue-worker` as people run it: a process, what it prints, and how it ends."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from subprocess import PIPE
from typing import Any

from tests.support.process import ROOT


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command came to."""

    status: int | None
    output: str
    errors: str

    def documents(self) -> list[Any]:
        """Return its output as JSON Lines; it must have succeeded."""
        assert self.status == 0, self.errors
        return [json.loads(line) for line in self.output.splitlines()]

    def sentence(self) -> str:
        """Return the one line with which it failed."""
        assert self.status == 1, self.output
        assert self.errors.count("\n") == 1, self.errors
        return self.errors


async def run(*arguments: str, seconds: float = 60.0, **environment: str) -> Ended:
    """Run it to its end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "worker", *arguments,
        cwd=ROOT, stdout=PIPE, stderr=PIPE, env={**os.environ, **environment},
    )  # fmt: skip
    output, errors = await asyncio.wait_for(process.communicate(), seconds)
    return Ended(process.returncode, output.decode(), errors.decode())


@asynccontextmanager
async def running(*arguments: str, **environment: str) -> AsyncIterator[asyncio.StreamReader]:
    """Give its standard output while it runs; it is ended at the end of the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "worker", *arguments,
        cwd=ROOT, stdout=PIPE, env={**os.environ, **environment},
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield process.stdout
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def documents(output: asyncio.StreamReader, count: int) -> list[Any]:
    """Read so many JSON Lines."""
    async with asyncio.timeout(30):
        return [json.loads(await output.readline()) for _ in range(count)]
