"""The worker of the demo: a process of its own, as it runs in production."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from worker.errors import OperatorError

READY_SECONDS = 30.0
STOP_SECONDS = 30.0


class DemoWorker:
    """A running worker and where its HTTP port listens."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self._log = log

    async def get(self, path: str) -> tuple[int, Any]:
        """Return status and JSON of a page."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{self._port()}{path}") as response,
        ):
            return response.status, await response.json()

    async def ready(self) -> None:
        """Wait until it takes commands.

        Raises:
            OperatorError: it ended, or was not ready in time.
        """
        try:
            async with asyncio.timeout(READY_SECONDS):
                while not await self._is_ready():  # noqa: ASYNC110 - another process sets no event
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise self._failed(f"is not ready after {READY_SECONDS:.0f} s") from None

    async def stop(self) -> int:
        """Send SIGTERM and return the exit status."""
        self.process.terminate()
        return await asyncio.to_thread(self.process.wait, STOP_SECONDS)

    async def _is_ready(self) -> bool:
        if self.process.poll() is not None:
            raise self._failed(f"ended with status {self.process.returncode}")
        try:
            return (await self.get("/health/ready"))[0] == 200  # noqa: PLR2004 - HTTP's OK
        except (aiohttp.ClientError, LookupError):
            return False

    def _port(self) -> int:
        for line in self._log.read_text().splitlines():
            if line.startswith("{") and json.loads(line).get("event") == "http port":
                return int(json.loads(line)["port"])
        raise LookupError("it does not listen yet")

    def _failed(self, how: str) -> OperatorError:
        end = "\n".join(self._log.read_text().splitlines()[-10:])
        return OperatorError(f"the demo's worker {how}; the end of its log:\n{end}")


@asynccontextmanager
async def demo_worker(amqp_url: str, database_url: str, log: Path) -> AsyncIterator[DemoWorker]:
    """Give a ready worker; it is gone at the end, however the block ends."""
    environment = {
        **os.environ,
        "VENUE_AMQP_URL": amqp_url,
        "VENUE_DATABASE_URL": database_url,
        "VENUE_HTTP_PORT": "0",
        "VENUE_LOG_FORMAT": "json",
    }
    command = [sys.executable, "-m", "worker", "run"]
    with (
        log.open("wb") as output,
        subprocess.Popen(command, env=environment, stderr=output) as process,  # noqa: ASYNC220, S603 - our own program
    ):
        worker = DemoWorker(process, log)
        try:
            await worker.ready()
            yield worker
        finally:
            if process.poll() is None:
                process.kill()
