"""Growth: what a command costs worker and servers, by the size of batches and of commands."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import replace

from perf.findings.document import Findings
from perf.findings.thresholds import Figure, Threshold
from perf.load.bench import Bench, Load
from perf.load.letters import KIB, SIZES_KIB, padded
from perf.load.measured import Measured
from perf.scenarios.bars import Bars
from perf.scenarios.compare import Side, side_by_side
from worker.messaging.intake import MOST_BYTES

BATCHES = (1, 10, 50, 250, 1000)
USUAL = 250
LEAST_BATCHES = 20
"""In a queue, that a batch's beginning and end count for little."""
GROUPS = ("worker", "broker", "database")
FASTER = f"batches of {USUAL} beside single commands, times as fast"
PROMISES = (Threshold(FASTER, least=2),)


async def growth(bench: Bench, bars: Bars, commands: int, rounds: int) -> Findings:
    """Empty a full queue of each size in turn, so many times."""
    found = await side_by_side([*_batches(bench, commands), *_sizes(bench)], bars, rounds)
    pace = {name: statistics.median(run.per_second for run in runs) for name, runs in found.items()}
    figures = {FASTER: Figure(pace[_batch(USUAL)] / pace[_batch(1)], "")}
    about = (
        f"full queues of {commands:,} commands, {LEAST_BATCHES} batches at least, fewer of large "
        f"ones; medians of {rounds} rounds"
    )
    return Findings("growth", about, figures, PROMISES, rows=_rows(found))


def _batches(bench: Bench, commands: int) -> list[Side]:
    return [
        Side(
            _batch(size),
            Load(count=max(commands, LEAST_BATCHES * size)),
            replace(bench, environment=_in_batches_of(size)),
        )
        for size in BATCHES
    ]


def _in_batches_of(size: int) -> dict[str, str]:
    # What is handed out ahead is four batches, as by default, and enough to keep single ones busy.
    return {"VENUE_BATCH_SIZE": str(size), "VENUE_PREFETCH": str(max(100, 4 * size))}


def _sizes(bench: Bench) -> list[Side]:
    # Large commands make smaller batches.
    return [
        Side(
            f"commands of {kib} KiB",
            Load(padded(kib), count=LEAST_BATCHES * min(USUAL, MOST_BYTES // (kib * KIB))),
            bench,
        )
        for kib in SIZES_KIB
    ]


def _batch(size: int) -> str:
    return f"batches of {size:,}"


def _rows(found: Mapping[str, Sequence[Measured]]) -> list[list[str]]:
    heads = ["", "commands/s", *(f"{group} (µs a command)" for group in GROUPS)]
    return [heads, *([name, *_row(runs)] for name, runs in found.items())]


def _row(runs: Sequence[Measured]) -> list[str]:
    speed = statistics.median(run.per_second for run in runs)
    return [f"{speed:,.0f}", *(_cpu(runs, group) for group in GROUPS)]


def _cpu(runs: Sequence[Measured], group: str) -> str:
    known = [us for run in runs if (us := run.cpu_us(group)) is not None]
    return f"{statistics.median(known):,.0f}" if known else "-"
