"""Live: does the worker say that it lives while it has all hands full?"""

from dataclasses import replace

from perf.findings.document import Findings
from perf.findings.series import series
from perf.findings.thresholds import Figure, Threshold
from perf.load.bench import Bench, Load
from perf.load.latency import histogram
from perf.load.prober import PATH, Prober
from perf.load.run import measure
from perf.scenarios.bars import Bars
from perf.scenarios.usual import costs, latencies, rates

PROBE = "probe"
FAILED = "probes that failed"
PROMISES = (Threshold(f"{PROBE} p99", most=200), Threshold(FAILED, most=0))


async def live(bench: Bench, bars: Bars, commands: int, per_second: float) -> Findings:
    """Probe while a full queue is emptied."""
    prober, load = Prober(per_second), Load(count=commands)
    there = replace(bench, tell=bars.of("flood", load), beside=prober.beside)
    run = await measure(there, load)
    figures = {
        "probes": Figure(len(prober.probes.latencies_ns), ""),
        FAILED: Figure(prober.probes.failed, ""),
        **latencies(histogram(prober.probes.latencies_ns), PROBE),
        **rates(run),
        **costs(run),
    }
    about = (
        f"GET {PATH}, {per_second:g} times a second on connections of their own, from the worker's "
        f"first answer on, while it empties a queue of {commands:,} commands"
    )
    return Findings("live", about, figures, PROMISES, {"flood": series(run, paced=False)})
