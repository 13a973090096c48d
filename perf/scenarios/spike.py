"""Spike: a quiet queue, ten times as much for some seconds, and quiet again."""

import math
from collections.abc import Mapping
from dataclasses import replace

from perf.contestants import RoundFailedError
from perf.findings.document import Findings
from perf.findings.series import series
from perf.findings.thresholds import Figure, Threshold
from perf.load.bench import Bench, Load
from perf.load.latency import milliseconds
from perf.load.measured import WARM_SECONDS, Measured
from perf.load.run import measure
from perf.load.schedule import Step
from perf.scenarios.bars import Bars
from perf.scenarios.usual import usual

CALM_SECONDS = 10.0
AFTER_SECONDS = 40.0
WORSE = 2.0
"""Times the quiet p99 up to which latency counts as a quiet queue's again."""
HELD_SECONDS = 3
"""For which it has to be so."""
STRETCH_SECONDS = 0.5
"""Of time, for each of which p99 is looked at."""
STEP_SECONDS = 0.1
CALM_STEPS = int((CALM_SECONDS - WARM_SECONDS) / STEP_SECONDS)
RECOVERY = "from the backlog's end to a quiet queue's latency"
DRAINED = "from the spike's end to the backlog's"
PROMISES = (Threshold(RECOVERY, most=1), Threshold(DRAINED, most=20))


async def spike(bench: Bench, bars: Bars, rate: float, factor: float, seconds: float) -> Findings:
    """Send at `rate`, then at `factor` times it for so many seconds, then at `rate` again."""
    after = AFTER_SECONDS
    steps = (Step(rate, CALM_SECONDS), Step(rate * factor, seconds), Step(rate, after))
    load = Load(steps=steps)
    run = await measure(replace(bench, tell=bars.of("spike", load)), load)
    figures = usual(run) | _recovery(run, CALM_SECONDS + seconds)
    about = f"{rate:,.0f} commands a second, {rate * factor:,.0f} for {seconds:g} s, and again"
    return Findings("spike", about, figures, PROMISES, {"spike": series(run)})


def _recovery(run: Measured, over: float) -> dict[str, Figure]:
    quiet_ms = milliseconds(run.latency_between(WARM_SECONDS, CALM_SECONDS), 99)
    most = max(run.waiting_at(n * STEP_SECONDS) for n in range(int(over / STEP_SECONDS)))
    quiet = max(run.waiting_at(WARM_SECONDS + n * STEP_SECONDS) for n in range(CALM_STEPS))
    ended = over
    while run.waiting_at(ended) > quiet:
        ended += STEP_SECONDS
    p99s = {n: milliseconds(one, 99) for n, one in run.latency_by(STRETCH_SECONDS).items()}
    settled = settled_at(p99s, STRETCH_SECONDS, ended, quiet_ms * WORSE)
    if settled is None:
        raise RoundFailedError("latency did not become a quiet queue's again")
    return {
        "quiet latency p99": Figure(quiet_ms, "ms"),
        "backlog, most": Figure(most, "commands"),
        DRAINED: Figure(ended - over, "s"),
        RECOVERY: Figure(max(0.0, settled - ended), "s"),
    }


def settled_at(
    p99_ms: Mapping[int, float], each: float, after: float, limit_ms: float
) -> float | None:
    """Return the first time, from `after` on, from which p99 stays within a limit.

    Args:
        p99_ms: for commands that were meant for each stretch after the start, numbered from 0.
        each: seconds in a stretch.
        after: seconds after the start.
        limit_ms: must hold for `HELD_SECONDS` in a row.
    """
    for first in sorted(p99_ms):
        held = range(first, first + round(HELD_SECONDS / each))
        if (first + 1) * each > after and all(p99_ms.get(n, math.inf) <= limit_ms for n in held):
            return max(first * each, after)
    return None
