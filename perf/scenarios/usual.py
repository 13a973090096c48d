"""The figures that most scenarios give of a run."""

from hdrh.histogram import HdrHistogram  # type: ignore[import-untyped] # it has no types

from perf.findings.thresholds import Figure
from perf.load.latency import SHARES, milliseconds
from perf.load.measured import Measured

Figures = dict[str, Figure]
P50, P99 = "latency p50", "latency p99"


def usual(run: Measured) -> Figures:
    """Return throughput, latency, CPU and memory of a run on an open loop."""
    return {**rates(run), **latencies(run.latency), **costs(run)}


def rates(run: Measured) -> Figures:
    """Return how many commands there were and how fast they came out."""
    size = sum(one.body_bytes for one in run.sent) / max(run.messages, 1)
    return {
        "commands": Figure(run.messages, ""),
        "bytes a command, mean": Figure(size, "bytes"),
        "commands done": Figure(run.per_second, "/s"),
        "events that came once more": Figure(run.copies, ""),
    }


def latencies(of: HdrHistogram, what: str = "latency") -> Figures:
    """Return the percentiles that tables name."""
    return {
        **{f"{what} p{share:g}": Figure(milliseconds(of, share), "ms") for share in SHARES},
        f"{what} max": Figure(of.get_max_value() / 1000, "ms"),
    }


def costs(run: Measured) -> Figures:
    """Return CPU a command by process, and the worker's memory."""
    return {
        **{
            f"CPU of {group}": Figure(us, "µs a command")
            for group in run.samples[0].cpu_seconds
            if (us := run.cpu_us(group)) is not None
        },
        "worker memory, most": Figure(max(one.memory_mib["worker"] for one in run.samples), "MiB"),
    }
