"""Latencies as HdrHistograms: one for all of them, or one for each stretch of time.

Recorded in microseconds to three digits, from 1 µs to an hour.
"""

from collections.abc import Iterable, Sequence

from hdrh.histogram import HdrHistogram  # type: ignore[import-untyped] # it has no types

LOWEST_US, HIGHEST_US, DIGITS = 1, 3_600_000_000, 3
SHARES = (50.0, 90.0, 99.0, 99.9)
"""The percentiles that tables name."""


def histogram(latencies_ns: Iterable[int] = ()) -> HdrHistogram:
    """Return a histogram of latencies in nanoseconds."""
    made = HdrHistogram(LOWEST_US, HIGHEST_US, DIGITS)
    for latency in latencies_ns:
        made.record_value(min(max(latency // 1000, LOWEST_US), HIGHEST_US))
    return made


def merged(some: Iterable[HdrHistogram]) -> HdrHistogram:
    """Return one histogram of all that is in some."""
    made = histogram()
    for one in some:
        made.add(one)
    return made


def by_stretch(
    at_ns: Sequence[int], latencies_ns: Sequence[int], start_ns: int, seconds: float
) -> dict[int, HdrHistogram]:
    """Return a histogram for each stretch of so many seconds after the start that has any."""
    sorted_out: dict[int, list[int]] = {}
    for at, latency in zip(at_ns, latencies_ns, strict=True):
        sorted_out.setdefault(int((at - start_ns) / 1e9 // seconds), []).append(latency)
    return {number: histogram(some) for number, some in sorted(sorted_out.items())}


def milliseconds(of: HdrHistogram, share: float) -> float:
    """Return the latency in milliseconds that so many percent do not exceed."""
    return float(of.get_value_at_percentile(share)) / 1000


def distribution(of: HdrHistogram) -> list[tuple[float, float]]:
    """Return (percentile, milliseconds) from the median up, closer and closer to 100 %.

    It ends where a further step would tell of less than one latency.
    """
    points, beyond = [], 0.5
    while beyond * of.get_total_count() >= 1:
        share = 100 * (1 - beyond)
        points.append((share, milliseconds(of, share)))
        beyond /= 2**0.25
    return points
