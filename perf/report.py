"""What a measurement came to: a table for people, a JSON file for programs."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic_core import to_json
from rich.console import Console
from rich.table import Table

from perf.contestants import Contestant
from perf.measure import Round, Spread, machine, ratios
from perf.retention import Costs

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Results:
    """All rounds of one run, and under which conditions they took place.

    Attributes:
        servers: the versions of both servers, and how they were run.
        body_bytes: sizes of the commands' bodies.
    """

    scenario: str
    servers: tuple[str, str, str]
    commands: int
    body_bytes: Spread
    contestants: tuple[Contestant, ...]
    rounds: tuple[Round, ...]

    def of(self, contestant: Contestant) -> list[Round]:
        """Return the contestant's rounds, in order."""
        return [one for one in self.rounds if one.contestant == contestant.name]

    def ratios(self) -> dict[str, Spread]:
        """Return how many times as many commands per second the first did as each other."""
        first, *others = self.contestants
        return {one.name: Spread.of(ratios(self.of(first), self.of(one))) for one in others}

    def document(self) -> dict[str, Any]:
        """Return it as the results file has it."""
        return {
            "scenario": self.scenario,
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": machine(),
            "servers": self.servers,
            "commands": self.commands,
            "body_bytes": asdict(self.body_bytes),
            "settings": {one.name: dict(one.settings) for one in self.contestants},
            "rounds": [asdict(one) for one in self.rounds],
            "per_second": {one.name: asdict(_per_second(self.of(one))) for one in self.contestants},
            "cpu_us": {one.name: asdict(_cpu_us(self.of(one))) for one in self.contestants},
            "ratios": {name: asdict(ratio) for name, ratio in self.ratios().items()},
        }


def save(results: Results) -> Path:
    """Write the results file and return its path."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{results.scenario}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    path.write_bytes(to_json(results.document(), indent=2))
    return path


def show(results: Results, console: Console) -> None:
    """Print the table: median, and least and most in brackets."""
    table = Table(title=f"{results.scenario}: {results.commands:,} commands, {machine()}")
    table.add_column("one process of", no_wrap=True)
    for name in ("commands/s", "CPU µs a command", "MiB"):
        table.add_column(name, justify="right", no_wrap=True)
    for contestant in results.contestants:
        rounds = results.of(contestant)
        table.add_row(
            contestant.name,
            _per_second(rounds).text(),
            _cpu_us(rounds).text(),
            f"{max(one.figures.memory_mib for one in rounds):.0f}",
        )
    console.print(table)
    first = results.contestants[0].name
    for name, ratio in results.ratios().items():
        console.print(f"commands/s, ratio pair by pair: {first} {ratio.text(2)} to {name}")
    for contestant in results.contestants:
        settings = ", ".join(f"{name} {value}" for name, value in contestant.settings.items())
        console.print(f"{contestant.name}: {settings}")
    console.print(
        f"median (least … most) of {len(results.rounds) // len(results.contestants)} rounds; "
        f"bodies of {results.body_bytes.text()} bytes; {', '.join(results.servers)}",
        soft_wrap=True,
    )


def show_costs(rounds: Sequence[Costs], speed: dict[str, float], console: Console) -> None:
    """Print what deleting costs: median, and least and most in brackets."""
    table = Table(title=f"retention, {machine()}")
    table.add_column("worker", no_wrap=True)
    for name in ("commands/s, full queue", "p50 ms", "p99 ms", "rows deleted/s"):
        table.add_column(name, justify="right", no_wrap=True)
    for name in dict.fromkeys(one.name for one in rounds):
        mine = [one for one in rounds if one.name == name]
        table.add_row(
            name,
            Spread.of([one.flood_per_second for one in mine]).text(),
            Spread.of([one.latency_ms(0.5) for one in mine]).text(1),
            Spread.of([one.latency_ms(0.99) for one in mine]).text(1),
            Spread.of([one.deleted_per_second for one in mine]).text(),
        )
    console.print(table)
    for name, per_second in speed.items():
        console.print(f"{name}: {per_second:,.0f} rows/s without pauses")


def _per_second(rounds: Sequence[Round]) -> Spread:
    return Spread.of([one.figures.per_second for one in rounds])


def _cpu_us(rounds: Sequence[Round]) -> Spread:
    return Spread.of([one.figures.cpu_us for one in rounds])
