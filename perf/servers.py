"""The servers of a measurement: always private ones, as measuring deletes queues."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from perf.contestants import RoundFailedError
from worker.local import Services, services
from worker.local.given import KIND as GIVEN


@contextmanager
def private_servers(console: Console) -> Iterator[Services]:
    """Have both servers for the time of a block.

    Raises:
        RoundFailedError: they are not ours.
        ServicesUnavailable: they cannot be had.
    """
    with services() as servers:
        if servers.kind == GIVEN:
            raise RoundFailedError(
                "measuring deletes queues: unset the URLs to use private servers"
            )
        console.print(servers.describe())
        yield servers
