"""Sustained: a steady rate for some time, as a rate or as a share of what a full queue shows."""

from dataclasses import replace

from perf.findings.document import Findings
from perf.findings.series import series
from perf.findings.thresholds import Figure, Threshold
from perf.load.bench import Bench, Load
from perf.load.run import measure
from perf.load.schedule import Step
from perf.scenarios.bars import Bars
from perf.scenarios.usual import P99, usual

SATURATING = 8000
"""Commands in the full queue that tells the saturation rate."""
PROMISES = (Threshold(P99, most=500), Threshold("backlog at the end", most=500))


async def sustained(
    bench: Bench, bars: Bars, rate: float, seconds: float, share: float | None
) -> Findings:
    """Send at `rate`, or at a `share` of the saturation rate that is measured first."""
    figures = {}
    if share is not None:
        load = Load(count=SATURATING)
        full = await measure(replace(bench, tell=bars.of("full queue", load)), load)
        figures["full queue"] = Figure(full.per_second, "commands/s")
        rate = full.per_second * share
    load = Load(steps=(Step(rate, seconds),))
    run = await measure(replace(bench, tell=bars.of("sustained", load)), load)
    figures |= usual(run) | {"backlog at the end": Figure(run.waiting_at(seconds), "commands")}
    about = f"{rate:,.0f} commands a second for {seconds:,.0f} s"
    return Findings("sustained", about, figures, PROMISES, {"sustained": series(run)})
