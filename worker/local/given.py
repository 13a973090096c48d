"""Servers somebody else runs: we are told their URLs and may use them, no more."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NoReturn

from worker.local.probes import NoAnswer, broker_version, database_version
from worker.local.server import NotControllable, Probe, Say, Services, ServicesUnavailable

KIND: Final = "given URLs"
DATABASE_URL: Final = "VENUE_DATABASE_URL"
BROKER_URL: Final = "VENUE_AMQP_URL"


class Given:
    """A server behind a given URL; every control is refused."""

    def __init__(self, name: str, variable: str, probe: Probe) -> None:
        self._name = name
        self.url = os.environ[variable]
        try:
            self.version = probe(self.url)
        except NoAnswer as reason:
            raise ServicesUnavailable(
                f"{name} does not answer at the URL in {variable} ({reason})",
                f"start it, correct the URL, or unset {DATABASE_URL} and {BROKER_URL}",
            ) from reason

    def start(self) -> None:
        """Refuse."""
        self._refuse("started")

    def stop(self) -> None:
        """Refuse."""
        self._refuse("stopped")

    def kill(self) -> None:
        """Refuse."""
        self._refuse("killed")

    def pause(self) -> None:
        """Refuse."""
        self._refuse("paused")

    def resume(self) -> None:
        """Refuse."""
        self._refuse("resumed")

    def execute(self, *_: str) -> str:
        """Refuse."""
        self._refuse("given commands")

    def _refuse(self, done: str) -> NoReturn:
        raise NotControllable(
            f"{self._name} cannot be {done} from here because it was given by URL: "
            f"unset {DATABASE_URL} and {BROKER_URL} to use private servers."
        )


def are_given() -> bool:
    """Tell whether both URLs are set; one without the other is a mistake worth naming."""
    names = [name for name in (DATABASE_URL, BROKER_URL) if os.environ.get(name)]
    if len(names) == 1:
        raise ServicesUnavailable(
            f"Only {names[0]} is set", f"set both {DATABASE_URL} and {BROKER_URL}, or neither"
        )
    return bool(names)


@contextmanager
def services(_say: Say) -> Iterator[Services]:
    """Use the servers at the given URLs, once both have answered."""
    yield Services(
        KIND,
        Given("PostgreSQL", DATABASE_URL, database_version),
        Given("RabbitMQ", BROKER_URL, broker_version),
    )
