"""Quiet: a trickle, which shows what one command takes where nothing waits."""

from dataclasses import replace

from perf.findings.document import Findings
from perf.findings.series import series
from perf.findings.thresholds import Threshold
from perf.load.bench import Bench, Load
from perf.load.run import measure
from perf.load.schedule import Step
from perf.scenarios.bars import Bars
from perf.scenarios.usual import P50, P99, usual

PROMISES = (Threshold(P50, most=10), Threshold(P99, most=20))


async def quiet(bench: Bench, bars: Bars, rate: float, seconds: float) -> Findings:
    """Send a few commands a second to any contestant."""
    load = Load(steps=(Step(rate, seconds),), publishers=1)
    name = bench.contestant.name
    run = await measure(replace(bench, tell=bars.of(name, load)), load)
    about = f"{name}: {rate:,.0f} commands a second for {seconds:,.0f} s"
    return Findings("quiet", about, usual(run), PROMISES, {name: series(run)})
