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
ASKED = "share of the time probed"
# A worker that answers nothing all the time is asked once, and that is no good p99.
PROMISES = (
    Threshold(f"{PROBE} p99", most=50),
    Threshold(FAILED, most=0),
    Threshold(ASKED, least=0.8),
)


async def live(bench: Bench, bars: Bars, commands: int, per_second: float) -> Findings:
    """Probe while a full queue is emptied."""
    prober, load = Prober(per_second), Load(count=commands)
    there = replace(bench, tell=bars.of("flood", load), beside=prober.beside)
    run = await measure(there, load)
    probes = len(prober.probes.latencies_ns)
    figures = {
        "probes": Figure(probes, ""),
        ASKED: Figure(probes / (per_second * run.seconds), ""),
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
