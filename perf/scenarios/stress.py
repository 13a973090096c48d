"""Stress: the rate is raised in steps until the worker does not keep up. Where is the knee?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from perf.findings.document import Findings
from perf.findings.series import series
from perf.findings.thresholds import Figure, Threshold
from perf.load.bench import Bench, Load
from perf.load.latency import milliseconds
from perf.load.measured import WARM_SECONDS, Measured
from perf.load.run import measure
from perf.load.sampler import Sample
from perf.load.schedule import Step
from perf.scenarios.bars import Bars
from perf.scenarios.usual import costs, rates

GROWN = 0.05
"""The share of a step's commands by which the backlog may differ and not count as grown."""
LATE_SECONDS = 4.0
"""A backlog of so many seconds' commands: far beyond the knee, no more is sent."""
WHOLE = 0.99
"""The share of its commands without which a step was cut short and shows nothing."""
KNEE = "the knee"
PROMISES = (Threshold(KNEE, least=400),)


@dataclass(frozen=True, slots=True)
class Stage:
    """What one step showed: its rate, the backlog before and after it, and its p99."""

    rate: float
    seconds: float
    before: int
    after: int
    p99_ms: float

    def keeps_up(self, limit_ms: float) -> bool:
        """Tell whether the backlog did not grow and p99 stayed within the limit."""
        grown = self.after - self.before > GROWN * self.rate * self.seconds
        return not grown and self.p99_ms <= limit_ms


def knee(stages: Sequence[Stage], limit_ms: float) -> Stage | None:
    """Return the last step before the first that did not keep up; None if that is the first."""
    kept = list(takewhile(lambda stage: stage.keeps_up(limit_ms), stages))
    return kept[-1] if kept else None


async def stress(bench: Bench, bars: Bars, steps: Sequence[Step], limit_ms: float) -> Findings:
    """Send at each step's rate in turn; stop when far behind."""
    load = Load(steps=tuple(steps))

    def far_behind(sample: Sample) -> bool:
        rate = _rate_at(steps, sample.at)
        return sample.counts.sent - sample.counts.received > LATE_SECONDS * rate

    there = replace(bench, tell=bars.of("stress", load), stop_when=far_behind)
    run = await measure(there, load)
    stages = _stages(run)
    found = knee(stages, limit_ms)
    figures = {
        KNEE: Figure(found.rate if found else 0.0, "commands/s"),
        **({"p99 at the knee": Figure(found.p99_ms, "ms")} if found else {}),
        **rates(run),
        **costs(run),
    }
    first, last = steps[0].rate, steps[-1].rate
    about = (
        f"from {first:,.0f} to at most {last:,.0f} commands a second, each step "
        f"{steps[0].seconds:g} s; keeping up: no growing backlog, p99 within {limit_ms:g} ms"
    )
    rows = _rows(stages, limit_ms)
    return Findings("stress", about, figures, PROMISES, {"stress": series(run)}, rows)


def _rate_at(steps: Sequence[Step], at: float) -> float:
    since = 0.0
    for step in steps:
        since += step.seconds
        if at < since:
            return step.rate
    return steps[-1].rate


def _stages(run: Measured) -> list[Stage]:
    found, since = [], 0.0
    for step in run.steps:
        until = since + step.seconds
        latencies = run.latency_between(max(since, WARM_SECONDS), until)
        if latencies.get_total_count() < WHOLE * step.rate * (until - max(since, WARM_SECONDS)):
            break
        before, after = run.waiting_at(since), run.waiting_at(until)
        found.append(Stage(step.rate, step.seconds, before, after, milliseconds(latencies, 99)))
        since = until
    return found


def _rows(stages: Sequence[Stage], limit_ms: float) -> list[list[str]]:
    heads = ["commands/s", "backlog before", "backlog after", "p99 (ms)", "keeps up"]
    return [
        heads,
        *(
            [
                f"{one.rate:,.0f}", f"{one.before:,}", f"{one.after:,}", f"{one.p99_ms:,.1f}",
                "yes" if one.keeps_up(limit_ms) else "no",
            ]
            for one in stages
        ),
    ]  # fmt: skip
