"""Full queues side by side: rounds of each in turn, so that all meet the same machine."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from perf.findings.document import Findings
from perf.findings.series import series
from perf.findings.thresholds import Figure, Threshold
from perf.load.bench import Bench, Load
from perf.load.measured import Measured
from perf.load.run import measure
from perf.measure import Spread
from perf.scenarios.bars import Bars
from perf.scenarios.usual import Figures, costs, rates

FLOOD = "flood"
RATIO = "ratio of commands/s, pair by pair, median"


@dataclass(frozen=True, slots=True)
class Side:
    """One of them: what is in its queue, and where it runs."""

    name: str
    load: Load
    bench: Bench


async def side_by_side(
    sides: Sequence[Side], bars: Bars, rounds: int
) -> Mapping[str, list[Measured]]:
    """Run them in turn, `rounds` times; return what was measured, by name."""
    found: dict[str, list[Measured]] = {side.name: [] for side in sides}
    for number in range(1, rounds + 1):
        for side in sides:
            tell = bars.of(f"round {number}, {side.name}", side.load)
            load = replace(side.load, seed=number)
            found[side.name].append(await measure(replace(side.bench, tell=tell), load))
    return found


def compared(
    scenario: str, about: str, found: Mapping[str, list[Measured]], promises: Sequence[Threshold]
) -> Findings:
    """Say how the second of two compares with the first."""
    (first, base), (name, other) = found.items()
    ratio = Spread.of([b.per_second / a.per_second for a, b in zip(base, other, strict=True)])
    figures: Figures = {RATIO: Figure(ratio.median, "")}
    for one, runs in found.items():
        speed = Spread.of([run.per_second for run in runs])
        bytes_each = rates(runs[-1])["bytes a command, mean"]
        figures |= {
            f"{one}, median": Figure(speed.median, "commands/s"),
            f"{one}, bytes": Figure(speed.median * bytes_each.value / 1e6, "MB/s"),
            f"{one}, bytes a command, mean": bytes_each,
            **{f"{one}, {what}": figure for what, figure in _median_costs(runs).items()},
        }
    plots = {one: series(runs[-1], paced=False) for one, runs in found.items()}
    return Findings(scenario, f"{about}; {name} beside {first}, in turn", figures, promises,
                    plots, _rows(found))  # fmt: skip


def _median_costs(runs: Sequence[Measured]) -> Figures:
    each = [costs(run) for run in runs]
    return {
        what: replace(
            figure, value=statistics.median(one[what].value for one in each if what in one)
        )
        for what, figure in each[-1].items()
    }


def _rows(found: Mapping[str, list[Measured]]) -> list[list[str]]:
    speeds = [[f"{run.per_second:,.0f}" for run in runs] for runs in found.values()]
    heads = ["round", *(f"{name} (commands/s)" for name in found)]
    return [heads, *([f"{n}", *row] for n, row in enumerate(zip(*speeds, strict=True), start=1))]
