"""`python -m tests.model`: very many random commands, and a table of what came of them."""

import asyncio
import time
from typing import Annotated

import typer

from tests.model.machine import Machine, Tally, run
from tests.model.outcomes import CODES, table
from tests.model.real import Real, running, silent
from tests.support.databases import migrated_template, new_database
from worker.local import services

RUNS = 25
"""Machines between two lines that say how far it is."""


def main(
    *,
    commands: Annotated[int, typer.Option(min=1, help="commands sent in all")] = 100_000,
    seed: Annotated[int, typer.Option(help="everything random comes from it")] = 1,
    shrink: Annotated[bool, typer.Option(help="look for a shorter run that differs")] = False,
) -> None:
    """Send random commands to the real pipeline until it differs from the model, or all is sent."""
    tally = Tally()
    silent()
    with services() as found:
        template = migrated_template(found)
        with asyncio.Runner() as runner:
            context = new_database(found, template)
            url = runner.run(context.__aenter__())
            try:
                with running(url, runner) as real:
                    _run(real, runner, tally, commands, seed, shrink=shrink)
            finally:
                typer.echo(table(tally))
                runner.run(context.__aexit__(None, None, None))
    missing = [code for code in CODES if not tally.codes[code]]
    if missing:
        typer.echo(f"never seen: {', '.join(missing)}")
    raise typer.Exit(1 if missing else 0)


def _run(
    real: Real, runner: asyncio.Runner, tally: Tally, commands: int, seed: int, *, shrink: bool
) -> None:
    since = time.monotonic()
    part = 0
    while tally.commands < commands:
        number = seed * 1_000_000 + part
        run(lambda: Machine(real, runner, tally), runs=RUNS, number=number, shrink=shrink)
        part += 1
        seconds = time.monotonic() - since
        typer.echo(
            f"{tally.commands:>7} commands in {tally.runs} runs, {tally.batches} batches: "
            f"no difference; {tally.commands / seconds:.0f}/s"
        )


if __name__ == "__main__":
    typer.run(main)
