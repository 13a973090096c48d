"""The scenarios as subcommands: sizes in, table and page out; status 1 for a missed promise."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Annotated

import typer
from rich.console import Console

from perf.contestants import Contestant, contestants
from perf.findings.document import Findings, save, show
from perf.findings.thresholds import demand
from perf.load.bench import Bench
from perf.load.processes import limit_memory
from perf.load.schedule import Step
from perf.scenarios import sides
from perf.scenarios.bars import Bars, bars
from perf.scenarios.growth import growth as growth_of
from perf.scenarios.history import history as history_of
from perf.scenarios.live import live as live_of
from perf.scenarios.mixed import mixed as mixed_of
from perf.scenarios.quiet import quiet as quiet_of
from perf.scenarios.soak import soak as soak_of
from perf.scenarios.spike import spike as spike_of
from perf.scenarios.stress import stress as stress_of
from perf.scenarios.sustained import sustained as sustained_of
from perf.servers import private_servers

console = Console()
app = typer.Typer()

Rate = Annotated[float, typer.Option(min=1, max=20_000, help="commands a second")]
Seconds = Annotated[float, typer.Option(min=3, max=3600, help="for how long")]
Commands = Annotated[int, typer.Option(min=100, max=200_000, help="commands in each full queue")]
Rounds = Annotated[int, typer.Option(min=1, max=50, help="rounds of each, in turn")]


def _do(
    scenario: Callable[[Bench, Bars], Awaitable[Findings]],
    contestant: str | None = None,
    database_memory: str | None = None,
) -> None:
    with private_servers(console) as servers:
        if database_memory:
            limit_memory(servers.database.url, database_memory)
        bench = Bench(servers)
        if contestant:
            bench = replace(bench, contestant=_named(contestant))
        findings = asyncio.run(_done(scenario, bench))
        if database_memory:
            about = f"{findings.about}; database held to {database_memory} of memory"
            # How fast it is then is told, not asked for: that is up to the disk.
            findings = replace(findings, about=about, thresholds=())
        page = save(findings, servers)
    show(findings, console)
    console.print(f"saved in perf/results: {page.name}, and {page.stem}.json")
    demand(findings.verdicts())


async def _done(scenario: Callable[[Bench, Bars], Awaitable[Findings]], bench: Bench) -> Findings:
    with bars(console) as some:
        return await scenario(bench, some)


def _named(name: str) -> Contestant:
    by_name = {one.name.lower(): one for one in contestants()}
    if name.lower() not in by_name:
        raise typer.BadParameter(f"{name} is none of {', '.join(by_name)}")
    return by_name[name.lower()]


@app.command()
def sustained(
    *,
    rate: Rate = 500,
    seconds: Seconds = 30,
    share: Annotated[
        float | None,
        typer.Option(min=0.05, max=2, help="of what a full queue shows, instead of a rate"),
    ] = None,
) -> None:
    """A steady rate on an open loop."""
    _do(lambda bench, some: sustained_of(bench, some, rate, seconds, share))


@app.command()
def quiet(
    *,
    rate: Rate = 50,
    seconds: Seconds = 30,
    contestant: Annotated[str | None, typer.Option(help="whose worker; ours if none")] = None,
) -> None:
    """A trickle: what a command takes from publisher to subscriber where nothing waits."""
    _do(lambda bench, some: quiet_of(bench, some, rate, seconds), contestant)


@app.command()
def spike(
    *,
    rate: Annotated[float, typer.Option(min=20, max=2000, help="commands a second")] = 200,
    factor: Annotated[float, typer.Option(min=1, max=100, help="times the rate, at the peak")] = 10,
    seconds: Annotated[float, typer.Option(min=1, max=60, help="the peak lasts")] = 10,
) -> None:
    """Quiet, ten times as much, quiet: how long until latency is a quiet queue's again?"""
    _do(lambda bench, some: spike_of(bench, some, rate, factor, seconds))


@app.command()
def stress(
    *,
    first: Rate = 400,
    more: Annotated[float, typer.Option(min=1, max=10_000, help="more in each step")] = 200,
    steps: Annotated[int, typer.Option(min=2, max=50, help="at most")] = 10,
    seconds: Annotated[float, typer.Option(min=3, max=600, help="each step lasts")] = 8,
    limit: Annotated[float, typer.Option(min=1, help="of p99, in milliseconds")] = 500,
) -> None:
    """The rate raised in steps until the worker does not keep up: names the knee."""
    rates = [Step(first + n * more, seconds) for n in range(steps)]
    _do(lambda bench, some: stress_of(bench, some, rates, limit))


@app.command()
def soak(
    *,
    rate: Rate = 300,
    minutes: Annotated[float, typer.Option(min=0.2, max=180, help="for how long")] = 20,
) -> None:
    """A steady rate for long: memory and p99 by the minute."""
    _do(lambda bench, some: soak_of(bench, some, rate, minutes))


@app.command()
def mixed(*, rate: Rate = 300, seconds: Seconds = 30) -> None:
    """70 % queries (venue.get, and venue.history as there is no venue.list yet), 30 % commands."""
    _do(lambda bench, some: mixed_of(bench, some, rate, seconds))


@app.command("hot-venue")
def hot_venue(*, commands: Commands = 5000, rounds: Rounds = 3) -> None:
    """A full queue of updates of one venue, beside a flood."""
    _do(lambda bench, some: sides.hot_venue(bench, some, commands, rounds))


@app.command()
def large(*, commands: Commands = 5000, rounds: Rounds = 3) -> None:
    """A full queue of 64 KiB commands, beside a flood."""
    _do(lambda bench, some: sides.large(bench, some, commands, rounds))


@app.command()
def garbage(*, commands: Commands = 5000, rounds: Rounds = 3) -> None:
    """A full queue of which every other message is bad, beside a flood."""
    _do(lambda bench, some: sides.garbage(bench, some, commands, rounds))


@app.command()
def history(
    *,
    rows: Annotated[
        int, typer.Option(min=20_000, max=50_000_000, help="venues, and as many outcomes")
    ] = (10_000_000),
    commands: Commands = 10_000,
    rounds: Rounds = 3,
    updates: Annotated[bool, typer.Option(help="of old venues anywhere, not new ones")] = False,
    database_memory: Annotated[
        str | None, typer.Option(help="hold PostgreSQL's container to it, such as 512m")
    ] = None,
) -> None:
    """A flood on a database that holds millions of rows, beside one on an empty database."""
    _do(
        lambda bench, some: history_of(bench, some, rows, commands, rounds, updates=updates),
        database_memory=database_memory,
    )


@app.command()
def growth(*, commands: Commands = 5000, rounds: Rounds = 3) -> None:
    """What a command costs in smaller and larger batches, and as smaller and larger ones."""
    _do(lambda bench, some: growth_of(bench, some, commands, rounds))


@app.command()
def live(
    *,
    commands: Commands = 20_000,
    per_second: Annotated[float, typer.Option(min=1, max=200, help="probes a second")] = 50,
) -> None:
    """The p99 of /health/live probes while a full queue is emptied."""
    _do(lambda bench, some: live_of(bench, some, commands, per_second))
