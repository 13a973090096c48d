"""When a command whose decision failed unexpectedly is tried again, and when no more."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

LONGEST = timedelta(hours=1)
GROWTH = 3
JITTER = 0.2
"""The part by which a delay is longer or shorter, so that what failed together parts ways."""


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a command is tried, and how long it waits in between.

    Attributes:
        attempts: tries in all.
        first_seconds: the first delay; each further one is three times as long, up to an hour.
    """

    attempts: int
    first_seconds: float

    def after(self, failed: int, now: datetime) -> datetime | None:
        """Return when to try again after so many failures, or None when they are enough."""
        if failed >= self.attempts:
            return None
        delay = min(timedelta(seconds=self.first_seconds * GROWTH ** min(failed - 1, 20)), LONGEST)
        return now + delay * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret
