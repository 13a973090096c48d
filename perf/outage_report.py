"""The outage scenario for people: a row every few seconds while it runs, and what came of it."""

from rich.console import Console
from rich.table import Table

from perf.outage import Findings, Sample

ROW = "{:>5} {:<13} {:>7} {:>9} {:>7} {:>7} {:>8} {:>7} {:>6}"


def show_header(console: Console) -> None:
    """Print the names of the columns."""
    names = "s", "", "made", "confirmed", "unsent", "queued", "outcomes", "outbox", "ready"
    console.print(ROW.format(*names), style="bold")


def show_sample(sample: Sample, console: Console) -> None:
    """Print one row; a dash where nobody answered."""
    console.print(
        ROW.format(
            f"{sample.at:.0f}",
            sample.phase,
            sample.made,
            sample.confirmed,
            sample.unsent,
            _or_dash(sample.queued),
            _or_dash(sample.outcomes),
            _or_dash(sample.outbox),
            "yes" if sample.ready else "no",
        ),
        highlight=False,
    )


def show_findings(findings: Findings, console: Console) -> None:
    """Print how each outage passed, and the loss."""
    table = Table(title="seconds")
    table.add_column("away was")
    for name in ("for", "until told", "ready again", "first outcome", "backlog done"):
        table.add_column(name, justify="right")
    for one in findings.outages:
        figures = (one.away, one.told, one.ready_again, one.first_outcome, one.drained)
        table.add_row(one.server, *(f"{figure:.1f}" for figure in figures))
    console.print(table)
    console.print(
        f"{findings.confirmed:,} commands confirmed, {findings.lost} of them lost, "
        f"{findings.parked} parked; "
        f"{findings.events:,} events committed, {findings.unpublished} of them not published",
        highlight=False,
    )


def _or_dash(value: int | None) -> str:
    return "-" if value is None else str(value)
