"""`python -m perf`: the measurements, one subcommand each."""

import asyncio
import logging
import sys
from collections.abc import Sequence
from functools import partial
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from perf.commands import MOST, make_commands
from perf.contestants import Contestant, Name, RoundFailedError, entrants, left_the_same, ours
from perf.findings.thresholds import ThresholdMissedError
from perf.flood import Flood
from perf.layout import LayoutCosts
from perf.layout_report import show_layouts
from perf.measure import Round, Spread
from perf.outage import Outage
from perf.outage_report import show_findings, show_header, show_sample
from perf.report import Results, save, show, show_costs
from perf.retention import DELETES, KEEPS, RetentionCosts
from perf.scenarios import cli
from perf.scenarios.bars import progress
from perf.servers import private_servers
from worker.local import ServicesUnavailable

MOST_ROUNDS = 50
console = Console()
app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


app.add_typer(cli.app)


@app.callback()
def perf() -> None:
    """Measure the worker beside others that give the same guarantees."""


@app.command()
def flood(
    *,
    commands: Annotated[
        int, typer.Option(min=1000, max=MOST, help="commands in the queue at the start")
    ] = 10_000,
    rounds: Annotated[
        int, typer.Option(min=1, max=MOST_ROUNDS, help="rounds of each worker, in turn")
    ] = 3,
    only: Annotated[
        list[Name] | None, typer.Option(help="who takes part; may be given again (default: all)")
    ] = None,
) -> None:
    """Measure how fast one process empties a full queue: ours, then each peer, and again."""
    with entrants(only or (), console.print) as chosen, private_servers(console) as servers:
        if not chosen:
            raise RoundFailedError("none of those that were chosen can run here")
        scenario = Flood(servers, make_commands(commands))
        measured = asyncio.run(_rounds(scenario, chosen, rounds))
        results = Results(
            scenario="flood",
            servers=(servers.kind, servers.database.version, servers.broker.version),
            commands=commands,
            body_bytes=Spread.of([len(command.body) for command in scenario.commands]),
            contestants=chosen,
            rounds=tuple(measured),
        )
    show(results, console)
    console.print(f"saved as {save(results).name} in perf/results")


@app.command()
def retention(
    *,
    rows: Annotated[
        int, typer.Option(min=1000, max=5_000_000, help="old outcomes, and as many old events")
    ] = 500_000,
    commands: Annotated[
        int, typer.Option(min=1000, max=MOST, help="half in the queue at the start, half steadily")
    ] = 10_000,
    rounds: Annotated[
        int, typer.Option(min=1, max=MOST_ROUNDS, help="rounds of each, in turn")
    ] = 3,
) -> None:
    """Measure what deleting old rows costs the commands, and how fast it goes."""
    with private_servers(console) as servers:
        scenario = RetentionCosts(servers, rows, make_commands(commands))
        measured = [
            asyncio.run(scenario.round(name, environment))
            for _ in range(rounds)
            for name, environment in (("keeping all", KEEPS), ("deleting", DELETES))
        ]
        speed = asyncio.run(scenario.speed())
    show_costs(measured, speed, console)


@app.command()
def outage(
    *,
    seconds: Annotated[
        float, typer.Option(min=5, max=3600, help="how long each server is away")
    ] = 60,
    rate: Annotated[int, typer.Option(min=10, max=1000, help="commands a second")] = 500,
    every: Annotated[float, typer.Option(min=1, max=60, help="seconds between two rows")] = 5,
) -> None:
    """Take away the broker, then the database, under a steady load: backlog, resume time, loss."""
    with private_servers(console) as servers:
        scenario = Outage(servers, seconds, rate, every)
        show_header(console)
        findings = asyncio.run(scenario.run(ours(), partial(show_sample, console=console)))
    show_findings(findings, console)
    if findings.lost or findings.unpublished:
        raise RoundFailedError("commands or events are lost")


@app.command()
def layout(
    *,
    sections: Annotated[
        int, typer.Option(min=1, max=100, help="of 1,600 seats each: 50 are a stadium")
    ] = 50,
    rounds: Annotated[int, typer.Option(min=1, max=MOST_ROUNDS, help="rounds in all")] = 3,
) -> None:
    """Measure the commands about large layouts: time by step, stalls of the event loop, memory."""
    with private_servers(console) as servers:
        scenario = LayoutCosts(servers, sections)
        timed = [asyncio.run(scenario.run(tracing=False)) for _ in range(rounds)]
        show_layouts(timed, asyncio.run(scenario.run(tracing=True)), console)
    for name, milliseconds in scenario.expansion().items():
        console.print(f"working out {name}: {milliseconds:.0f} ms")


async def _rounds(scenario: Flood, contestants: Sequence[Contestant], rounds: int) -> list[Round]:
    with progress(console) as shown:
        measured = [
            await _round(scenario, contestant, number, shown)
            for number in range(1, rounds + 1)
            for contestant in contestants
        ]
    if not left_the_same(measured, contestants):
        raise RoundFailedError("the same commands have left different rows behind")
    return measured


async def _round(scenario: Flood, contestant: Contestant, number: int, shown: Progress) -> Round:
    name, size = f"round {number}, {contestant.name}", len(scenario.commands)
    filling = shown.add_task(f"{name}: filling", total=size)
    handling = shown.add_task(f"{name}: handling", total=size)
    one = await scenario.round(
        contestant, number, partial(shown.advance, filling), partial(shown.advance, handling)
    )
    shown.console.print(
        f"{name}: {one.figures.per_second:,.0f} commands/s, {one.figures.cpu_us:,.0f} µs CPU each"
    )
    return one


if __name__ == "__main__":
    # A server that is away on purpose need not be told of at each attempt.
    logging.getLogger("aiormq").setLevel(logging.CRITICAL)
    try:
        app()
    except (RoundFailedError, ServicesUnavailable, ThresholdMissedError) as error:
        sys.exit(f"perf: {error}")
