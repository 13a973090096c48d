"""When each message is meant to be sent, whatever becomes of those before it: an open loop.

A publisher that waits for a slow service before it sends the next message leaves out just those
messages that would have waited longest ("coordinated omission"). So the times are fixed before the
start, and latency is counted from them, not from when a message could be sent.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice


@dataclass(frozen=True, slots=True)
class Step:
    """A steady rate, in messages a second, for some seconds."""

    rate: float
    seconds: float

    @property
    def count(self) -> int:
        """How many messages that makes."""
        return round(self.rate * self.seconds)


def offsets(steps: Sequence[Step]) -> Iterator[float]:
    """Give each message's intended time, in seconds after the start."""
    since = 0.0
    for step in steps:
        yield from (since + n / step.rate for n in range(step.count))
        since += step.seconds


def share(steps: Sequence[Step], index: int, publishers: int) -> Iterator[float]:
    """Give the intended times of one of several publishers, which take turns."""
    return islice(offsets(steps), index, None, publishers)


def total(steps: Sequence[Step]) -> int:
    """Return how many messages there are in all steps."""
    return sum(step.count for step in steps)
