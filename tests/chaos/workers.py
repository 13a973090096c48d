"""Worker processes under a supervisor that starts again whichever ends."""

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

AGAIN_SECONDS = 0.2
STOP_SECONDS = 40.0


class Workers:
    """So many `venue-worker run`, kept running until told otherwise.

    Attributes:
        ends: how often which exit status was seen.
        starts: how many processes there were.
    """

    def __init__(
        self, count: int, mutant: str | None, environment: Mapping[str, str], home: Path
    ) -> None:
        command = ["-m", "worker"] if mutant is None else ["-m", "tests.chaos.mutants", mutant]
        self._command = [sys.executable, *command, "run"]
        self._environment = {**os.environ, **environment}
        self._home = home
        self._processes: list[subprocess.Popen[bytes] | None] = [None] * count
        self._stopping = False
        self.ends: Counter[int] = Counter()
        self.starts = 0

    async def keep_running(self) -> None:
        """Start all, and again whichever has ended, until `stop`."""
        while not self._stopping:
            for number, process in enumerate(self._processes):
                if process is not None and process.poll() is not None:
                    self.ends[process.returncode] += 1
                    self._processes[number] = None
                if self._processes[number] is None:
                    self._processes[number] = self._started(number)
            await asyncio.sleep(AGAIN_SECONDS)

    def _started(self, number: int) -> subprocess.Popen[bytes]:
        self.starts += 1
        with (self._home / f"worker-{number}.log").open("ab") as log:
            return subprocess.Popen(self._command, env=self._environment, stdout=log, stderr=log)

    def one(self, share: float, number: signal.Signals) -> None:
        """Send a signal to one of them."""
        if (chosen := self._chosen(share)) is not None:
            chosen.send_signal(number)

    async def kill_one(self, share: float) -> None:
        """Kill one of them, and return once it is gone."""
        if (chosen := self._chosen(share)) is not None:
            chosen.kill()
            await asyncio.to_thread(chosen.wait)

    def _chosen(self, share: float) -> subprocess.Popen[bytes] | None:
        running = [one for one in self._processes if one is not None and one.poll() is None]
        return running[int(share * len(running))] if running else None

    def signal_all(self, number: signal.Signals) -> None:
        """Send a signal to all of them."""
        for process in self._processes:
            if process is not None and process.poll() is None:
                process.send_signal(number)

    async def stop(self) -> list[int]:
        """End them in an orderly way; return their exit statuses."""
        self._stopping = True
        self.signal_all(signal.SIGTERM)
        running = [one for one in self._processes if one is not None]
        waits = (asyncio.to_thread(one.wait, STOP_SECONDS) for one in running)
        await asyncio.gather(*waits, return_exceptions=True)
        return [one.poll() if one.poll() is not None else -1 for one in running]  # type: ignore[misc]

    def kill(self) -> None:
        """End what is left."""
        self._stopping = True
        for process in self._processes:
            if process is not None:
                with suppress(ProcessLookupError):
                    process.kill()
                process.wait()
