"""What one run has shown, and the series that reports are made of."""

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from hdrh.histogram import HdrHistogram  # type: ignore[import-untyped] # it has no types

from perf.contestants import RoundFailedError
from perf.load.latency import by_stretch, histogram
from perf.load.publisher import Sent
from perf.load.sampler import Sample
from perf.load.schedule import Step, offsets
from perf.load.subscriber import Received

WARM_SECONDS = 2.0
"""Latencies count from then on: connections, plans and caches of a fresh worker are made first."""

APART_SECONDS = 0.5
FEWEST = 20
"""Events that tell a rate."""


@dataclass(frozen=True)
class Measured:
    """One run. Times are seconds after the start.

    Attributes:
        steps: the rates that were meant; none where the queue was full at the start.
        start_ns: the start, in nanoseconds of CLOCK_MONOTONIC.
        batches: how many batches were at most how large.
        copies: how many events came once more.
    """

    steps: Sequence[Step]
    start_ns: int
    samples: Sequence[Sample]
    batches: Mapping[float, float]
    sent: Sequence[Sent]
    received: Received
    copies: int

    @cached_property
    def latencies_ns(self) -> list[int]:
        """From the intended time of each command to its event's arrival, in nanoseconds."""
        both = zip(self.received.intended, self.received.arrived, strict=True)
        return [arrived - intended for intended, arrived in both]

    @cached_property
    def latency(self) -> HdrHistogram:
        """All latencies of commands that were meant for after the warm-up."""
        return self.latency_between(WARM_SECONDS, math.inf)

    @cached_property
    def query_latency(self) -> HdrHistogram:
        """Of queries: from the intended time to the answer's arrival."""
        return histogram(
            after - before
            for one in self.sent
            for before, after in zip(one.asked, one.answered, strict=True)
        )

    def latency_by(self, seconds: float) -> dict[int, HdrHistogram]:
        """Return the latencies of commands that were meant for each such stretch of time."""
        return by_stretch(self.received.intended, self.latencies_ns, self.start_ns, seconds)

    @cached_property
    def messages(self) -> int:
        """Commands that were confirmed, the bad ones too."""
        return sum(len(one.good) + len(one.bad) for one in self.sent)

    @cached_property
    def per_second(self) -> float:
        """Commands a second, from when the first tenth of the events has come to the last.

        A bad command may have no event: the events tell when, and the commands how many. Events
        come batch by batch: of few batches it tells too much.

        Raises:
            RoundFailedError: there are too few events to tell.
        """
        events = self.received.arrived
        if len(events) < FEWEST:
            raise RoundFailedError(f"{len(events)} events are too few to tell a rate")
        first = self._tenth
        seconds = (events[-1] - events[first]) / 1e9
        return (len(events) - 1 - first) / seconds * self.messages / len(events)

    @property
    def _tenth(self) -> int:
        # Events before those that count: a worker has begun by then, and its first batch is done.
        return len(self.received.arrived) // 10

    @property
    def seconds(self) -> float:
        """When the last event came."""
        return (self.received.arrived[-1] - self.start_ns) / 1e9

    def waiting_at(self, seconds: float) -> int:
        """Return how many commands were meant to be sent by then whose events had not come."""
        until = self.start_ns + round(seconds * 1e9)
        return bisect_right(self._intended, until) - bisect_right(self.received.arrived, until)

    @cached_property
    def _intended(self) -> list[int]:
        return sorted(self.received.intended)

    def latency_between(self, since: float, until: float) -> HdrHistogram:
        """Return the latencies of the commands that were meant for that time."""
        first, last = (self.start_ns + at * 1e9 for at in (since, until))
        both = zip(self.received.intended, self.latencies_ns, strict=True)
        return histogram(latency for intended, latency in both if first <= intended < last)

    def meant_by(self) -> Counter[int]:
        """Return how many messages were meant for each second."""
        return Counter(int(offset) for offset in offsets(self.steps))

    def arrived_by(self) -> Counter[int]:
        """Return how many events came in each second."""
        return Counter(int((at - self.start_ns) // 1e9) for at in self.received.arrived)

    @cached_property
    def spaced(self) -> list[Sample]:
        """The samples that are far enough apart for a rate between two to say something."""
        found = list(self.samples[:1])
        for one in self.samples:
            if one.at - found[-1].at >= APART_SECONDS:
                found.append(one)
        return found

    def cores(self, group: str) -> list[tuple[float, float]]:
        """Return (time, cores used) by a group of processes, from one sample to the next."""
        return [
            (after.at, (after.cpu_seconds[group] - before.cpu_seconds[group])
             / (after.at - before.at))
            for before, after in pairwise(self.spaced)
        ]  # fmt: skip

    def backlog(self) -> list[tuple[float, int]]:
        """Return (time, commands confirmed whose events have not come)."""
        return [(one.at, one.counts.confirmed - one.counts.received) for one in self.samples]

    def cpu_us(self, group: str) -> float | None:
        """Return the CPU time of a group for each command, in µs, between two samples.

        From the first one that has seen a tenth of the events, so that neither a start of the
        worker nor its first batch count, to the last; None if no event came between the two.
        """
        seen = (one for one in self.samples if one.counts.received >= max(1, self._tenth))
        first = next(seen, self.samples[-1])
        last = self.samples[-1]
        events = last.counts.received - first.counts.received
        seconds = last.cpu_seconds[group] - first.cpu_seconds[group]
        share = self.messages / len(self.received.arrived)
        return seconds / (events * share) * 1e6 if events else None
