"""`venue-worker demo`."""

import asyncio

import typer

from worker.demo.run import run_demo
from worker.errors import OperatorError
from worker.local import ServicesUnavailable, services


def demo() -> None:
    """Run a worker on 279 real ballparks and check that all adds up."""
    try:
        with services(say=lambda line: typer.echo(line, err=True)) as found:
            asyncio.run(run_demo(found))
    except ServicesUnavailable as error:
        raise OperatorError(str(error)) from error
