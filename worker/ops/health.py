"""Health: the checks of the contract (section 6), run in the background, answered from memory.

An answer never waits for what it is about: a database that hangs makes its check fail by a timeout,
and the HTTP port says so at once.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Any

INTERVAL_SECONDS = 1.0
TIMEOUT_SECONDS = 2.0
STALE_SECONDS = 10.0
NOT_YET = "not checked yet"


class Severity(IntEnum):
    """How bad a check's finding is; the worst one is the whole's."""

    OK = 0
    WARNING = 1
    ERROR = 2


WHOLE = {Severity.OK: "ok", Severity.WARNING: "degraded", Severity.ERROR: "unhealthy"}


@dataclass(frozen=True, slots=True)
class Check:
    """What a check found.

    Attributes:
        ready: whether the worker can do its work as far as this check goes.
    """

    severity: Severity = Severity.OK
    message: str = "ok"
    details: Mapping[str, Any] = field(default_factory=dict)
    ready: bool = True
    response_time_ms: float = 0.0
    at: float = field(default_factory=time.monotonic)

    def document(self) -> dict[str, Any]:
        """Return it as `/health/full` shows it."""
        return {
            "status": self.severity.name.lower(),
            "message": self.message,
            "response_time_ms": round(self.response_time_ms, 2),
            "details": dict(self.details),
        }


Probe = Callable[[], Awaitable[Check]]


class Health:
    """The latest finding of each check.

    Attributes:
        required: the checks that decide whether the worker is ready.
    """

    def __init__(self, probes: Mapping[str, Probe], required: frozenset[str]) -> None:
        self._probes = probes
        self.required = required
        self._listeners: list[Callable[[], None]] = []
        never = Check(Severity.ERROR, NOT_YET, ready=False)
        self.checks: dict[str, Check] = dict.fromkeys(probes, never)

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call the listener after each check."""
        self._listeners.append(listener)

    async def run(self) -> None:
        """Run every check every second, each on its own, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for name in self._probes:
                group.create_task(self._repeat(name))

    def current(self) -> dict[str, Check]:
        """Return the findings; one that is too old to be believed is an error."""
        oldest = time.monotonic() - STALE_SECONDS
        return {
            name: check
            if check.at >= oldest
            else Check(Severity.ERROR, f"no answer for over {STALE_SECONDS:.0f} s", ready=False)
            for name, check in self.checks.items()
        }

    def unready(self) -> dict[str, str]:
        """Return what keeps the worker from its work: check and message."""
        return {
            name: check.message
            for name, check in self.current().items()
            if name in self.required and not check.ready
        }

    def document(self) -> dict[str, Any]:
        """Return `/health/full`."""
        checks = self.current()
        worst = max(check.severity for check in checks.values())
        return {
            "status": WHOLE[worst],
            "checks": {name: check.document() for name, check in checks.items()},
        }

    async def _repeat(self, name: str) -> None:
        while True:
            self.checks[name] = await _examined(self._probes[name])
            for listener in self._listeners:
                listener()
            await asyncio.sleep(INTERVAL_SECONDS)


async def _examined(probe: Probe) -> Check:
    since = time.perf_counter()
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            check = await probe()
    except TimeoutError:
        check = Check(Severity.ERROR, f"no answer within {TIMEOUT_SECONDS:.0f} s", ready=False)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what the check found
        check = Check(Severity.ERROR, str(error) or type(error).__name__, ready=False)
    return replace(check, response_time_ms=(time.perf_counter() - since) * 1000)
