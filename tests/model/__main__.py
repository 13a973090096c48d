"""`python -m tests.model`: very many random commands, and a table of what came of them."""

import asyncio
import time
from collections.abc import Iterator
from itertools import count
from typing import Annotated

import typer
import uvloop

from tests.model.machine import Machine, Tally, run
from tests.model.mutants import MUTANTS, broken
from tests.model.outcomes import CODES, table
from tests.model.real import Real, running, silent
from tests.support.databases import migrated_template, new_database
from worker.local import services

RUNS = 25
"""Machines between two lines that say how far it is."""


ENOUGH = 8_000
"""Commands within which a broken rule has to show."""


def main(
    *,
    commands: Annotated[int, typer.Option(min=1, help="commands sent in all")] = 100_000,
    seed: Annotated[int, typer.Option(help="everything random comes from it")] = 1,
    shrink: Annotated[bool, typer.Option(help="look for a shorter run that differs")] = False,
    mutants: Annotated[
        bool, typer.Option(help="break a rule, and the next: all must show")
    ] = False,
) -> None:
    """Send random commands to the real pipeline until it differs from the model, or all is sent."""
    silent()
    with services() as found, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        context = new_database(found, migrated_template(found))
        url = runner.run(context.__aenter__())
        try:
            with running(url, runner) as real:
                good = (
                    _all_mutants(real, runner, seed)
                    if mutants
                    else _long(real, runner, commands, seed, shrink=shrink)
                )
        finally:
            runner.run(context.__aexit__(None, None, None))
    raise typer.Exit(0 if good else 1)


def _long(real: Real, runner: asyncio.Runner, commands: int, seed: int, *, shrink: bool) -> bool:
    tally = Tally()
    try:
        for line in _parts(real, runner, tally, commands, seed, shrink=shrink):
            typer.echo(line)
    finally:
        typer.echo(table(tally))
    missing = [code for code in CODES if not tally.codes[code]]
    typer.echo(f"never seen: {', '.join(missing)}" if missing else "every code was seen")
    return not missing


def _parts(
    real: Real,
    runner: asyncio.Runner,
    tally: Tally,
    commands: int,
    seed: int,
    *,
    shrink: bool = False,
) -> Iterator[str]:
    """Run part after part, and say after each how far it is."""
    since = time.monotonic()
    for part in count():
        number = seed * 1_000_000 + part
        run(lambda: Machine(real, runner, tally), runs=RUNS, number=number, shrink=shrink)
        pace = tally.commands / (time.monotonic() - since)
        yield (
            f"{tally.commands:>7} commands in {tally.runs} runs, {tally.batches} batches, "
            f"{real.ahead} ahead of their turn: no difference, {pace:.0f}/s"
        )
        if tally.commands >= commands:
            return


def _all_mutants(real: Real, runner: asyncio.Runner, seed: int) -> bool:
    caught = [_shows(real, runner, seed, what) for what in MUTANTS]
    typer.echo(f"{sum(caught)} of {len(caught)} shown")
    return all(caught)


def _shows(real: Real, runner: asyncio.Runner, seed: int, what: str) -> bool:
    tally = Tally()
    try:
        with broken(what):
            for _ in _parts(real, runner, tally, ENOUGH, seed):
                pass
    except Exception as error:  # noqa: BLE001 - whatever it is, the broken rule has shown
        typer.echo(f"shown after {tally.commands:>5} commands: {what}\n    {str(error)[:200]}")
        return True
    typer.echo(f"NOT SHOWN in {tally.commands} commands: {what}")
    return False


if __name__ == "__main__":
    typer.run(main)
