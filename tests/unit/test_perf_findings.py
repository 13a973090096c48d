"""Measuring: percentiles, the knee, recovery, growth, promises, and the page that shows them."""

import pytest

from perf.findings.page import page
from perf.findings.series import Series
from perf.findings.thresholds import Figure, Threshold, ThresholdMissedError, demand
from perf.load.latency import by_stretch, distribution, histogram, merged, milliseconds
from perf.load.sampler import batches_in
from perf.scenarios.soak import growth
from perf.scenarios.spike import settled_at
from perf.scenarios.stress import Stage, knee

MS = 1_000_000


def test_merged_histograms_are_those_of_all_latencies() -> None:
    """As if one had recorded them all."""
    first, second = range(MS, 100 * MS, MS), range(100 * MS, 1000 * MS, MS)
    both = merged([histogram(first), histogram(second)])
    whole = histogram([*first, *second])
    assert both.get_total_count() == 999
    assert both.encode() == whole.encode()
    assert milliseconds(both, 50) == pytest.approx(500, rel=1e-3)
    assert milliseconds(both, 99) == pytest.approx(990, rel=1e-3)


def test_a_stretch_has_the_latencies_that_were_meant_for_it() -> None:
    """By when they were meant, counted from the start; an empty stretch is left out."""
    second = 1000 * MS
    found = by_stretch([0, second - 1, 2 * second], [MS, 3 * MS, 5 * MS], 0, 1.0)
    assert {n: one.get_total_count() for n, one in found.items()} == {0: 2, 2: 1}
    assert milliseconds(found[2], 50) == pytest.approx(5, rel=1e-3)


def test_a_distribution_goes_no_further_than_there_are_latencies() -> None:
    """The last of a hundred is the 99th percent; beyond it nothing is known."""
    shares = [share for share, _ in distribution(histogram(n * MS for n in range(1, 101)))]
    assert shares[0] == 50
    assert shares == sorted(shares)
    assert 98 < shares[-1] <= 99


def stage(rate: float, after: int = 0, p99_ms: float = 10) -> Stage:
    """Return a step of ten seconds without a backlog before it."""
    return Stage(rate, 10, 0, after, p99_ms)


def test_the_knee_is_the_last_step_that_kept_up() -> None:
    """Neither a growing backlog nor a late one; what comes after a failure does not count."""
    late, behind = stage(300, p99_ms=600), stage(300, after=2000)
    for failed in (late, behind):
        found = knee([stage(100), stage(200), failed, stage(400)], 500)
        assert found is not None
        assert found.rate == 200
    assert knee([behind], 500) is None
    assert knee([stage(100, after=40)], 500) == stage(100, after=40), "in hand, not in arrears"


def test_latency_is_a_quiet_queues_again_once_it_stays_so() -> None:
    """Not for one good second between bad ones, and not before the backlog is gone."""
    p99 = {0: 5.0, 1: 90.0, 2: 5.0, 3: 80.0, 4: 6.0, 5: 5.0, 6: 5.0}
    assert settled_at(p99, 1, after=1.5, limit_ms=10) == 4
    assert settled_at(p99, 1, after=4.25, limit_ms=10) == 4.25
    assert settled_at({0: 90.0, 1: 90.0}, 1, after=0, limit_ms=10) is None
    halves = {n: 90.0 if n == 3 else 5.0 for n in range(10)}
    assert settled_at(halves, 0.5, after=1.2, limit_ms=10) == 2


def test_growth_leaves_out_the_beginning() -> None:
    """A worker that fills its caches does not leak; 1 MiB in 100 s is 36 an hour."""
    flat = [(float(n), 50.0 + min(n, 20)) for n in range(100)]
    assert growth(flat) == pytest.approx(0)
    assert growth([(float(n), n / 100) for n in range(100)]) == pytest.approx(36)


def test_a_missed_promise_is_named_in_one_line() -> None:
    """With the figure and its limit; kept ones are not."""
    figures = {"p99": Figure(623.4, "ms"), "knee": Figure(800, "commands/s")}
    verdicts = [
        one.verdict(figures) for one in (Threshold("p99", most=500), Threshold("knee", least=400))
    ]
    assert [one.kept for one in verdicts] == [False, True]
    with pytest.raises(ThresholdMissedError) as raised:
        demand(verdicts)
    assert str(raised.value) == "missed: p99: 623 ms, at most 500 ms"
    demand(verdicts[1:])


@pytest.mark.parametrize(
    ("value", "text"),
    [(1234567.8, "1,234,568 x"), (12.34, "12.3 x"), (0.01234, "0.0123 x"), (0, "0 x"), (4, "4 x")],
)
def test_figures_have_three_digits_that_count(value: float, text: str) -> None:
    """Whole numbers have all of theirs."""
    assert Figure(value, "x").text() == text


def test_batch_sizes_are_read_from_metrics() -> None:
    """The buckets of the histogram, by their upper ends."""
    text = (
        "# TYPE venue_worker_batch_size histogram\n"
        'venue_worker_batch_size_bucket{le="1.0"} 3\n'
        'venue_worker_batch_size_bucket{le="+Inf"} 5\n'
        "venue_worker_batch_size_count 5\nvenue_worker_batch_size_sum 17\n"
    )
    assert batches_in(text) == {1.0: 3.0, float("inf"): 5.0}


RUN: Series = {
    "throughput": {"events received": [(0, 10), (1, 12)], "meant to be sent": [(0, 11), (1, 11)]},
    "queue": [(0, 0), (1, 2)],
    "backlog": [(0, 0), (1, 3)],
    "cores": {"worker": [(1, 0.5)], "broker": [(1, 0.2)], "database": [(1, 0.1)]},
    "worker_memory_mib": [(0, 80), (1, 81)],
    "batches": [("1", 3), ("2-5", 0)],
    "latency_ms": {"p50": [(0, 3), (1, 4)], "p99": [(0, 30), (1, 40)]},
    "distribution": {"command → event": [(50, 3), (90, 9), (99, 30)]},
}
LABELS = (
    "time since the start (s)", "messages a second", "latency (ms, log scale)", "CPU (cores)",
    "percentile (log scale toward 100 %)", "resident memory (MiB)", "commands in a batch",
    "batches", "events received", "meant to be sent", "in the queue", "confirmed, no event yet",
    "p50", "p99", "worker", "broker", "database", "99 %",
)  # fmt: skip


def test_the_page_has_every_label_and_needs_nothing_else() -> None:
    """Units on all axes, text as text, the promise that was missed; nothing fetched or run."""
    document = {
        "scenario": "sustained", "about": "some <load>", "time": "now", "machine": "2 cores",
        "servers": ("containers", "PostgreSQL 17", "RabbitMQ 4"),
        "figures": {"latency p99": {"value": 40.0, "unit": "ms"}},
        "verdicts": [{"text": "p99: too much", "kept": False}],
        "rows": [["minute", "p99"], ["1", "40"]], "runs": {"sustained": RUN},
    }  # fmt: skip
    shown = page(document)
    for label in (*LABELS, "some &lt;load&gt;", "40 ms", "✗ p99: too much"):
        assert f"{label}<" in shown, label
    assert "2 cores" in shown
    for outside in ("<script", "<link", "src=", 'href="http', "@import"):
        assert outside not in shown
