"""`python -m tests.chaos`: a run of chaos, or one for each mutant of the worker."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from tests.chaos.mutants import MUTANTS
from tests.chaos.plan import Plan
from tests.chaos.report import markdown, shown
from tests.chaos.run import Result, run
from tests.support.bus import reset_broker
from tests.support.databases import migrated_template, new_database
from worker.local import Services, services

MUTANT_KINDS = (
    "kill a worker that waits for the database",
    "kill a worker that waits for the broker",
    "kill a worker",
    "kill the database",
    "cut the database's connections",
)


def main(
    *,
    seed: Annotated[int, typer.Option(help="everything random comes from it")] = 1,
    minutes: Annotated[float, typer.Option(min=0.1, help="how long commands are sent")] = 20.0,
    commands: Annotated[int, typer.Option(min=10, help="commands sent in all")] = 200_000,
    faults: Annotated[int, typer.Option(min=1, help="faults in that time")] = 100,
    workers: Annotated[int, typer.Option(min=1)] = 2,
    partitions: Annotated[int, typer.Option(min=1)] = 1,
    mutant: Annotated[str | None, typer.Option(help="break the worker on purpose")] = None,
    mutants: Annotated[bool, typer.Option(help="a short run for every mutant")] = False,
    ledger: Annotated[Path | None, typer.Option(help="write the ledger here, as Markdown")] = None,
) -> None:
    """Break things at random while commands flow, then check that all adds up."""
    plan = Plan(seed, minutes * 60, commands, faults, workers, partitions=partitions)
    with services() as found:
        template = migrated_template(found)
        if mutants:
            _all_mutants(found, template, broken(plan))
        if mutant is not None:
            plan = broken(plan)
        result = asyncio.run(one_run(found, template, plan, mutant))
    typer.echo(shown(result))
    if ledger is not None:
        ledger.write_text(markdown(result))
    raise typer.Exit(0 if result.good else 1)


async def one_run(found: Services, template: str, plan: Plan, mutant: str | None = None) -> Result:
    """Run on a fresh database and a broker without anything of ours."""
    async with new_database(found, template) as url:
        await reset_broker(found.broker.url)
        return await run(found, url, plan, mutant, say)


def broken(plan: Plan) -> Plan:
    """Return the plan for a broken worker: what hits it with work in hand, and less wait."""
    return replace(plan, kinds=MUTANT_KINDS, workers=1, peace_seconds=80)


def say(line: str) -> None:
    """Show progress."""
    typer.echo(line, err=True)


def _all_mutants(found: Services, template: str, plan: Plan) -> None:
    caught: dict[str, list[str]] = {}
    for name in MUTANTS:
        say(f"mutant {name}")
        result = asyncio.run(one_run(found, template, plan, name))
        caught[name] = [f"{what}: {count}" for what, count in result.ledger.wrong.items() if count]
    for name, what in caught.items():
        typer.echo(f"{'caught ' if what else 'MISSED '} {name}: {'; '.join(what)}")
    raise typer.Exit(0 if all(caught.values()) else 1)


if __name__ == "__main__":
    typer.run(main)
