"""Mixed: 70 % queries, half `venue.get` and half `venue.history`; of the commands 80 % create.

`venue.list`, which people ask most, does not exist yet; `venue.history` stands in for it.
"""

from dataclasses import replace

from perf.findings.document import Findings
from perf.findings.series import series
from perf.findings.thresholds import Figure, Threshold
from perf.load.bench import Bench, Load
from perf.load.letters import MIXED
from perf.load.run import measure
from perf.load.schedule import Step
from perf.scenarios.bars import Bars
from perf.scenarios.usual import P99, latencies, usual

EXISTING = 1000
QUERY = "query latency"
UNANSWERED = "queries without a good answer"
PROMISES = (
    Threshold(P99, most=500),
    Threshold(f"{QUERY} p99", most=500),
    Threshold(UNANSWERED, most=0),
)


async def mixed(bench: Bench, bars: Bars, rate: float, seconds: float) -> Findings:
    """Send queries and commands together, `rate` messages a second."""
    load = Load(MIXED, (Step(rate, seconds),), existing=EXISTING)
    run = await measure(replace(bench, tell=bars.of("mixed", load)), load)
    figures = usual(run) | latencies(run.query_latency, QUERY)
    figures |= {
        "queries": Figure(run.query_latency.get_total_count(), ""),
        UNANSWERED: Figure(sum(one.unanswered for one in run.sent), ""),
    }
    about = (
        f"{rate:,.0f} messages a second for {seconds:g} s: 35 % venue.get, 35 % venue.history, "
        f"24 % venue.create, 6 % venue.update; {EXISTING:,} venues at the start"
    )
    return Findings("mixed", about, figures, PROMISES, {"mixed": series(run)})
