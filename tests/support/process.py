"""The worker as its users run it: a process of its own, started, signalled and ended by its id."""

import asyncio
import math
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp

from tests.support.waiting import No, until

COLOUR = re.compile(rb"\x1b\[[0-9;]*m")
PORT = re.compile(rb'"port": (\d+), "event": "http port"|http port .*\bport=(\d+)')
ROOT = Path(__file__).resolve().parents[2]


class WorkerProcess:
    """One `venue-worker run`.

    Attributes:
        log: where its standard error goes.
        module: what `python -m` runs, with the argument `run`.
        starts: how often it was started.
    """

    module = "worker"

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self.log = log
        self.starts = 0
        self.environment = {
            **os.environ,
            **environment,
            # Its own choice: another's worker on a port chosen here would answer in its place.
            "VENUE_HTTP_PORT": "0",
            "VENUE_LOG_LEVEL": "info",
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._logged_before = 0

    @property
    def port(self) -> int:
        """The port of its HTTP server; 0 until it has told, since it was started last."""
        if not self.log.exists():
            return 0
        told = PORT.findall(COLOUR.sub(b"", self.log.read_bytes()[self._logged_before :]))
        return int(b"".join(told[-1])) if told else 0

    def start(self) -> None:
        """Start the process; it may have run and ended before."""
        self.starts += 1
        self._logged_before = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self.module, "run"],
                cwd=ROOT,
                env=self.environment,
                stderr=log,
                stdout=log,
            )

    @property
    def running(self) -> subprocess.Popen[bytes]:
        """The process."""
        assert self._process is not None, "not started"
        return self._process

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.running.send_signal(number)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let it do nothing meanwhile, so that the load is not over before what takes a while."""
        self.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it as a crash would."""
        self.running.kill()
        self.running.wait(10)

    async def keep_running(self) -> None:
        """Start it again whenever it has ended, as a supervisor does, until cancelled."""
        while True:
            await until(lambda: self.running.poll() is not None, "it ends", math.inf)
            self.start()

    async def stop(self, seconds: float = 30.0) -> int:
        """Send SIGTERM, wait, and return the exit status."""
        self.running.terminate()
        return await asyncio.to_thread(self.running.wait, seconds)

    def end(self) -> None:
        """Make sure that it is gone, frozen or not."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait(10)

    async def get(self, path: str, seconds: float = 5.0) -> tuple[int, Any]:
        """Return status and JSON of a page of its HTTP port."""
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(seconds)) as session,
            session.get(f"http://127.0.0.1:{self.port}{path}") as response,
        ):
            return response.status, await response.json(content_type=None)

    async def status(self, path: str = "/health/ready") -> int:
        """Return the status of a page, 0 if nobody answers."""
        return (await self._answer(path))[0]

    async def _answer(self, path: str) -> tuple[int, Any]:
        try:
            return await self.get(path)
        except (aiohttp.ClientError, TimeoutError) as error:
            return 0, error

    async def ready(self, seconds: float = 120.0) -> None:
        """Wait until it takes commands."""

        async def is_ready() -> bool | No:
            assert self.running.poll() is None, f"the worker ended: {self.log.read_text()[-3000:]}"
            status, found = await self._answer("/health/ready")
            return status == 200 or No(found)

        await until(is_ready, "the worker is ready", seconds)
