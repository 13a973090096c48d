"""What is measured of a process and of a machine, and what is made of it: medians and ratios."""

import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import psutil  # type: ignore[import-untyped] # its types are no requirement of ours

GIB = 1024**3


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of some rounds, and the extremes."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Summarise at least one value."""
        return cls(statistics.median(values), min(values), max(values))

    def text(self, digits: int = 0) -> str:
        """Write it for people: the median, and the extremes in brackets."""
        return f"{self.median:,.{digits}f} ({self.least:,.{digits}f} … {self.most:,.{digits}f})"


@dataclass(frozen=True, slots=True)
class Figures:
    """What one worker process did from its first outcome to its last.

    Attributes:
        commands: outcomes from the first one seen to the last.
        seconds: meanwhile, by the wall clock.
        cpu_seconds: of the worker process meanwhile, user and system.
        start_seconds: from starting the process to its first outcome.
        memory_mib: resident memory of the process at the last outcome.
    """

    commands: int
    seconds: float
    cpu_seconds: float
    start_seconds: float
    memory_mib: float

    @property
    def per_second(self) -> float:
        """Commands per second."""
        return self.commands / self.seconds

    @property
    def cpu_us(self) -> float:
        """CPU of the worker process per command, in microseconds."""
        return self.cpu_seconds / self.commands * 1e6


@dataclass(frozen=True, slots=True)
class Round:
    """One worker process emptying one full queue.

    Attributes:
        contestant: whose process it was.
        number: which round, from 1.
        unacknowledged: commands left in the queue after the process ended.
        rows: a digest of the rows it left behind.
    """

    contestant: str
    number: int
    figures: Figures
    unacknowledged: int
    rows: str


class Watched:
    """A process that is measured, as the operating system sees it."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)

    def alive(self) -> bool:
        """Tell whether it still runs."""
        running = self._process.is_running()
        return bool(running and self._process.status() != psutil.STATUS_ZOMBIE)

    def cpu_seconds(self) -> float:
        """Return the CPU time it has used, user and system, in seconds."""
        times = self._process.cpu_times()
        return float(times.user + times.system)

    def memory_mib(self) -> float:
        """Return its resident memory in MiB."""
        return float(self._process.memory_info().rss / 1024**2)


def ratios(ours: Sequence[Round], theirs: Sequence[Round]) -> list[float]:
    """Return how many times as many commands per second ours did, round by round."""
    return [
        one.figures.per_second / other.figures.per_second
        for one, other in zip(ours, theirs, strict=True)
    ]


def machine() -> str:
    """Name the machine by what matters here."""
    return f"{os.cpu_count()} cores, {psutil.virtual_memory().total / GIB:.0f} GiB"
