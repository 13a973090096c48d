"""A run's series as the results file has them; all that is plotted is made of these."""

from itertools import pairwise
from typing import Any

from perf.load.latency import SHARES, distribution, milliseconds
from perf.load.measured import Measured

Series = dict[str, Any]
WORKER = "worker"


def series(run: Measured, *, paced: bool = True) -> Series:
    """Return the series of a run.

    Args:
        run: what was measured.
        paced: whether it was on an open loop; latency in a queue that was full from the start says
            nothing but how long it was.
    """
    found: Series = {
        "throughput": _throughput(run),
        "queue": [(one.at, one.queued) for one in run.samples],
        "backlog": run.backlog(),
        "cores": {group: run.cores(group) for group in run.samples[0].cpu_seconds},
        "worker_memory_mib": [(one.at, one.memory_mib[WORKER]) for one in run.samples],
        "batches": _batches(run),
    }
    return found | _latencies(run) if paced else found


def _throughput(run: Measured) -> dict[str, list[tuple[int, int]]]:
    meant, arrived = run.meant_by(), run.arrived_by()
    seconds = range(int(run.seconds) + 1)
    found = {"events received": [(second, arrived[second]) for second in seconds]}
    confirmed = [
        (after.at, (after.counts.confirmed - before.counts.confirmed) / (after.at - before.at))
        for before, after in pairwise(run.spaced)
    ]
    if meant:
        found["meant to be sent"] = [(second, meant[second]) for second in seconds]
        found["commands confirmed"] = [(round(at), round(rate)) for at, rate in confirmed]
    return found


def _latencies(run: Measured) -> Series:
    each = run.latency_by(1)
    found: Series = {
        "latency_ms": {
            f"p{share:g}": [(second, milliseconds(one, share)) for second, one in each.items()]
            for share in SHARES
        },
        "distribution": {"command → event": distribution(run.latency)},
        "histogram": run.latency.encode().decode(),
    }
    if run.query_latency.get_total_count():
        found["distribution"]["query → answer"] = distribution(run.query_latency)
    return found


def _batches(run: Measured) -> list[tuple[str, float]]:
    """Return (sizes, how many batches), from the counts of those up to each size."""
    counts = sorted(run.batches.items())
    found = []
    for (below, before), (size, count) in pairwise([(0.0, 0.0), *counts]):
        low = f"{below + 1:,.0f}"
        high = f"{size:,.0f}" if size != float("inf") else "more"
        found.append((low if low == high else f"{low}-{high}", count - before))
    return found
