"""A prober: asks a worker for `/health/live` at fixed times, as an orchestrator would."""

import http.client
import time
from array import array
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlsplit

from perf.load.line import READY_SECONDS, Line, member

PATH = "/health/live"
PATIENCE_SECONDS = 30.0
"""Longer than any answer that would still tell something."""
START_SECONDS = 60.0
AGAIN_SECONDS = 0.02


@dataclass(slots=True)
class Probes:
    """What came of the probes.

    Attributes:
        latencies_ns: from when each was meant to when its answer was there.
        failed: how many had no answer, or not 200.
    """

    latencies_ns: "array[int]" = field(default_factory=lambda: array("q"))
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Probing:
    """Probes a second, to this URL."""

    url: str
    per_second: float


class Prober:
    """Probes in a process of its own for the time of each `beside` block.

    Attributes:
        probes: what came of the last one.
    """

    def __init__(self, per_second: float) -> None:
        self.probes = Probes()
        self._per_second = per_second

    @asynccontextmanager
    async def beside(self, url: str) -> AsyncIterator[None]:
        """Probe the worker at this address for the time of a block."""
        async with member(probe, Probing(url, self._per_second)) as prober:
            yield
            prober.say("end")
            self.probes = await prober.line.hear(READY_SECONDS)


def probe(plan: Probing, line: Line) -> None:
    """Be the prober until told to end, from the worker's first answer on; then report."""
    probes, host = Probes(), urlsplit(plan.url).netloc
    _first_answer(host, line)
    start, number = time.monotonic_ns(), 0
    while not line.pipe.poll():
        due = start + round(number / plan.per_second * 1e9)
        time.sleep(max(0, due - time.monotonic_ns()) / 1e9)
        number += 1
        if _answers(host):
            probes.latencies_ns.append(time.monotonic_ns() - due)
        else:
            probes.failed += 1
    line.pipe.send(probes)


def _first_answer(host: str, line: Line) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _answers(host) and time.monotonic() < deadline and not line.pipe.poll():
        time.sleep(AGAIN_SECONDS)


def _answers(host: str) -> bool:
    connection = http.client.HTTPConnection(host, timeout=PATIENCE_SECONDS)
    try:
        connection.request("GET", PATH)
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return answer.status == HTTPStatus.OK
