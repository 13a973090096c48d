"""The command `venue-worker` as an operator gives it."""

import asyncio
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from tests.support.process import ROOT


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command printed, and how it ended."""

    status: int
    output: str
    errors: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Its output as JSON Lines."""
        return [from_json(line) for line in self.output.splitlines()]


async def venue_worker(*words: str, text: str | None = None, **environment: str) -> Ended:
    """Run the command with the given words and variables, and wait for its end."""
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "worker", *words],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "200", **environment},
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)
