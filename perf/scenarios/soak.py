"""Soak: a steady rate for long. Does memory grow, does latency?"""

import statistics
from dataclasses import replace

from perf.findings.document import Findings
from perf.findings.series import series
from perf.findings.thresholds import Figure, Threshold
from perf.load.bench import Bench, Load
from perf.load.latency import milliseconds
from perf.load.measured import Measured
from perf.load.run import measure
from perf.load.schedule import Step
from perf.scenarios.bars import Bars
from perf.scenarios.usual import P99, usual

MINUTE = 60.0
GROWTH = "growth of the worker's memory, least squares"
PROMISES = (Threshold(P99, most=500), Threshold(GROWTH, most=30))
TELLING_MINUTES = 5
"""For less than which the growth is that of a worker that has just begun, and nothing promised."""


async def soak(bench: Bench, bars: Bars, rate: float, minutes: float) -> Findings:
    """Send at `rate` for so many minutes."""
    load = Load(steps=(Step(rate, minutes * MINUTE),))
    run = await measure(replace(bench, tell=bars.of("soak", load)), load)
    figures = usual(run) | {GROWTH: Figure(growth(_memory(run)), "MiB/h")}
    promises = PROMISES if minutes >= TELLING_MINUTES else PROMISES[:1]
    about = f"{rate:,.0f} commands a second for {minutes:g} minutes"
    return Findings("soak", about, figures, promises, {"soak": series(run)}, _minutes(run))


def growth(memory: list[tuple[float, float]]) -> float:
    """Return the slope, in MiB an hour, of (second, MiB), without the first quarter.

    A worker that has just begun fills its caches and pools; of ten minutes at most.
    """
    first = min(memory[-1][0] / 4, 10 * MINUTE)
    later = [(at, mib) for at, mib in memory if at >= first]
    slope = statistics.linear_regression(*zip(*later, strict=True)).slope
    return slope * 3600


def _memory(run: Measured) -> list[tuple[float, float]]:
    return [(one.at, one.memory_mib["worker"]) for one in run.samples]


def _minutes(run: Measured) -> list[list[str]]:
    rows = [["minute", "latency p50 (ms)", "latency p99 (ms)", "worker memory (MiB)"]]
    for number, latencies in run.latency_by(MINUTE).items():
        memory = [mib for at, mib in _memory(run) if number * MINUTE <= at < (number + 1) * MINUTE]
        p50, p99 = (milliseconds(latencies, share) for share in (50, 99))
        mib = f"{statistics.median(memory):.1f}" if memory else "-"
        rows.append([f"{number + 1}", f"{p50:.1f}", f"{p99:.1f}", mib])
    return rows
