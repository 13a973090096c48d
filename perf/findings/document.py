"""All that a scenario found, as it is written to a file and shown in a table."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic_core import to_json
from rich.console import Console
from rich.table import Table

from perf.findings.page import page
from perf.findings.series import Series
from perf.findings.thresholds import Figure, Threshold, Verdict
from perf.measure import machine
from perf.report import RESULTS
from worker.local import Services

WHOLE = Verdict(
    "every confirmed command has its one outcome and its one event, none invented, each venue's "
    "in order",
    kept=True,
)
"""Of every run that came to figures: one that does not add up comes to none."""


@dataclass(frozen=True)
class Findings:
    """What a scenario found.

    Attributes:
        about: what was done, with its sizes, in a sentence.
        runs: the series of each run that is plotted, by its name.
        rows: a table, its heads first: of minutes, steps or rounds.
    """

    scenario: str
    about: str
    figures: Mapping[str, Figure]
    thresholds: Sequence[Threshold]
    runs: Mapping[str, Series] = field(default_factory=dict)
    rows: Sequence[Sequence[str]] = ()

    def verdicts(self) -> list[Verdict]:
        """Return each promise, and whether it was kept."""
        return [WHOLE, *(one.verdict(self.figures) for one in self.thresholds)]

    def document(self, services: Services) -> dict[str, Any]:
        """Return it as the results file has it."""
        return {
            "scenario": self.scenario,
            "about": self.about,
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": machine(),
            "servers": (services.kind, services.database.version, services.broker.version),
            "figures": {name: asdict(one) for name, one in self.figures.items()},
            "verdicts": [asdict(one) for one in self.verdicts()],
            "rows": self.rows,
            "runs": dict(self.runs),
        }


def save(findings: Findings, services: Services) -> Path:
    """Write the results file and the page beside it; return the page's path."""
    RESULTS.mkdir(exist_ok=True)
    document = findings.document(services)
    path = RESULTS / f"{findings.scenario}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    path.write_bytes(to_json(document, indent=2))
    shown = path.with_suffix(".html")
    shown.write_text(page(document))
    return shown


def show(findings: Findings, console: Console) -> None:
    """Print figures and promises."""
    table = Table(title=f"{findings.scenario}, {machine()}", caption=findings.about)
    table.add_column("figure")
    table.add_column("", justify="right", no_wrap=True)
    for name, figure in findings.figures.items():
        table.add_row(name, figure.text())
    console.print(table)
    if findings.rows:
        console.print(_rows(findings.rows))
    for one in findings.verdicts():
        mark = "[green]✓[/]" if one.kept else "[red]✗[/]"
        console.print(f"{mark} {one.text}", highlight=False)


def _rows(rows: Sequence[Sequence[str]]) -> Table:
    heads, *others = rows
    table = Table()
    for head in heads:
        table.add_column(head, justify="right")
    for row in others:
        table.add_row(*row)
    return table
