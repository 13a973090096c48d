"""How long the stages of a batch take, as a metric."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from worker.metrics import batch_duration_seconds


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Measure what is within, if it succeeds, as the named stage."""
    since = time.perf_counter()
    yield
    batch_duration_seconds.labels(name).observe(time.perf_counter() - since)
