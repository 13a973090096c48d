"""What happens when: drawn from the seed alone."""

import random
from dataclasses import dataclass
from typing import Final

KINDS: Final = {
    "kill a worker": 16,
    "kill a worker that waits for the database": 4,
    "kill a worker that waits for the broker": 4,
    "stop a worker": 8,
    "freeze a worker": 6,
    "cut the broker's connections": 16,
    "cut the database's connections": 16,
    "silence the broker's connections": 5,
    "silence the database's connections": 5,
    "restart the broker": 3,
    "kill the broker": 3,
    "pause the broker": 5,
    "restart the database": 3,
    "kill the database": 5,
    "pause the database": 5,
}
"""Every kind of fault, and how often it comes beside the others."""

SECONDS: Final = (1.0, 14.0)
"""How long what lasts may last: shorter and longer than the heartbeat."""

CUT_BYTES: Final = 200_000


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    Attributes:
        at: seconds after the beginning.
        share: from 0 to 1: which worker.
        seconds: how long it lasts, where it does.
        offset: after how many more bytes a connection is cut.
    """

    at: float
    kind: str
    share: float
    seconds: float
    offset: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A run.

    Attributes:
        seed: everything random comes from it.
        seconds: how long commands are sent.
        peace_seconds: how long all may take to come to rest afterwards.
    """

    seed: int
    seconds: float
    commands: int
    faults: int
    workers: int = 2
    publishers: int = 2
    partitions: int = 1
    kinds: tuple[str, ...] = tuple(KINDS)
    peace_seconds: float = 180.0

    @property
    def rate(self) -> float:
        """Commands a second, of all publishers together."""
        return self.commands / self.seconds

    def drawn(self) -> list[Fault]:
        """Return the faults, in order; each kind once before any comes by chance."""
        rng = random.Random(self.seed)
        kinds = list(self.kinds)
        rng.shuffle(kinds)
        weights = [KINDS[kind] for kind in self.kinds]
        kinds += rng.choices(self.kinds, weights, k=max(0, self.faults - len(kinds)))
        step = self.seconds / (self.faults + 1)
        return [
            Fault(
                at=(number + rng.uniform(0.5, 1.0)) * step,
                kind=kind,
                share=rng.random(),
                seconds=min(rng.uniform(*SECONDS), max(1.0, step)),
                offset=rng.randrange(CUT_BYTES),
            )
            for number, kind in enumerate(kinds[: self.faults])
        ]
