"""The plots, each as SVG with its text as text, so that a page shows them without anything else."""

from collections.abc import Callable, Sequence
from io import StringIO

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from perf.findings.series import Series

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's, which colour-blind people tell apart; lines differ in style as well."""
STYLES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1)), (0, (3, 1, 1, 1, 1, 1)))
SECONDS = "time since the start (s)"
NINES = (50, 90, 99, 99.9, 99.99, 99.999)

mpl.rcParams |= {
    "svg.fonttype": "none",
    "svg.hashsalt": "venue",  # the same series make the same file
    "font.family": "sans-serif",
    "font.size": 12,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "axes.spines.top": False,
    "axes.spines.right": False,
}

Points = Sequence[tuple[float, float]]


def charts(run: Series) -> list[str]:
    """Return the plots that a run's series have enough for, as SVG."""
    drawn = [
        _chart(lambda axes: _throughput(axes, run)),
        _chart(lambda axes: _waiting(axes, run)),
        _chart(lambda axes: _cores(axes, run)),
        _chart(lambda axes: _memory(axes, run)),
    ]
    if run.get("latency_ms"):
        drawn[1:1] = [
            _chart(lambda axes: _latency(axes, run)),
            _chart(lambda axes: _distribution(axes, run)),
        ]
    if any(count for _, count in run["batches"]):
        drawn.append(_chart(lambda axes: _batches(axes, run)))
    return drawn


def _chart(draw: Callable[[Axes], None]) -> str:
    figure = Figure(figsize=(7.2, 4.2), layout="constrained")
    draw(figure.add_subplot())
    text = StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue().partition("?>")[2].partition(">")[2]  # without prolog and doctype


def _lines(axes: Axes, lines: dict[str, Points], x: str, y: str, title: str) -> None:
    for number, (name, points) in enumerate(lines.items()):
        along, up = zip(*points, strict=True) if points else ((), ())
        axes.plot(
            along, up, label=name, linewidth=2,
            color=COLOURS[number % len(COLOURS)], linestyle=STYLES[number % len(STYLES)],
        )  # fmt: skip
    axes.set(xlabel=x, ylabel=y, title=title)
    # Below the plot, where it hides nothing; a single line has its name too.
    axes.figure.legend(loc="outside lower center", ncols=3, frameon=False, handlelength=2.6)


def _throughput(axes: Axes, run: Series) -> None:
    _lines(axes, run["throughput"], SECONDS, "messages a second", "Throughput")
    axes.set_ylim(bottom=0)


def _latency(axes: Axes, run: Series) -> None:
    title = "Latency by the second a command was meant for"
    _lines(axes, run["latency_ms"], SECONDS, "latency (ms, log scale)", title)
    _log_ms(axes)


def _distribution(axes: Axes, run: Series) -> None:
    lines: dict[str, Points] = {
        name: [(1 / (1 - share / 100), ms) for share, ms in points]
        for name, points in run["distribution"].items()
    }
    title = "Latency, all of the run"
    _lines(axes, lines, "percentile (log scale toward 100 %)", "latency (ms, log scale)", title)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator([1 / (1 - nine / 100) for nine in NINES]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{100 * (1 - 1 / x):.6g} %"))
    _log_ms(axes)


def _log_ms(axes: Axes) -> None:
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:,g}"))


def _waiting(axes: Axes, run: Series) -> None:
    lines = {"in the queue": run["queue"], "confirmed, no event yet": run["backlog"]}
    _lines(axes, lines, SECONDS, "commands", "What waits")
    axes.set_ylim(bottom=0)


def _cores(axes: Axes, run: Series) -> None:
    _lines(axes, run["cores"], SECONDS, "CPU (cores)", "CPU by process")
    axes.set_ylim(bottom=0)


def _memory(axes: Axes, run: Series) -> None:
    lines = {"worker": run["worker_memory_mib"]}
    _lines(axes, lines, SECONDS, "resident memory (MiB)", "Memory of the worker")
    axes.set_ylim(bottom=0)


def _batches(axes: Axes, run: Series) -> None:
    some = [(size, count) for size, count in run["batches"] if count]
    axes.bar([size for size, _ in some], [count for _, count in some], color=COLOURS[0])
    axes.set(xlabel="commands in a batch", ylabel="batches", title="Batch sizes")
