"""What a server under our control is, and what all have in common: launching and waiting."""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import urlsplit

from worker.local.probes import NoAnswer

USER: Final = "venue"
PASSWORD: Final = "venue"  # noqa: S105 - a throw-away server on the loopback address keeps no secrets
DATABASE: Final = "venue"
HOST: Final = "127.0.0.1"
MAX_CONNECTIONS: Final = 200

ANSWERS_WITHIN: Final = 60.0
LOOK_AGAIN_AFTER: Final = 0.1

Say = Callable[[str], None]
Probe = Callable[[str], str]


class ServicesUnavailable(Exception):  # noqa: N818 - it reads as what happened
    """PostgreSQL and RabbitMQ cannot be had this way: what is wrong, and what to do about it."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}: {remedy}.")
        self.problem = problem


class NotControllable(Exception):  # noqa: N818 - it reads as what happened
    """This server was given to us, so it is not ours to stop, kill or pause."""


class CommandFailed(Exception):  # noqa: N818 - it reads as what happened
    """A program beside a server did not end well; the text is what it said."""


class Server(Protocol):
    """One server, and what can be done to it."""

    url: str
    version: str

    def start(self) -> None:
        """Start it on the port and with the data it had; return once it answers."""

    def stop(self) -> None:
        """Stop it in an orderly way; data and port stay."""

    def kill(self) -> None:
        """End it at once, as a crash would."""

    def pause(self) -> None:
        """Freeze it: connections stay open and nothing answers."""

    def resume(self) -> None:
        """Let it run on after `pause`."""

    def execute(self, *words: str) -> str:
        """Run a program where the server runs, such as its own control command; return its output.

        Raises:
            CommandFailed: it did not end well.
        """


@dataclass(frozen=True)
class Services:
    """The two servers and where they came from."""

    kind: str
    database: Server
    broker: Server

    def describe(self) -> str:
        """Say in one line what runs where."""
        database, broker = urlsplit(self.database.url), urlsplit(self.broker.url)
        return (
            f"{self.kind}: {self.database.version} on port {database.port or 5432}, "
            f"{self.broker.version} on port {broker.port or 5672}"
        )


class Controlled(ABC):
    """A server that is ours: how to launch it differs, how to wait for it does not."""

    def __init__(self, name: str, url: str, probe: Probe, ending: threading.Event) -> None:
        self.name = name
        self.url = url
        self.version = "version unknown"
        self._probe = probe
        self._ending = ending

    def start(self) -> None:
        """Launch the server unless it runs, and return once it answers in its own protocol."""
        if not self._running():
            self._launch()
        self.version = self._answer()

    def _answer(self) -> str:
        reason = "it ended at once"
        deadline = time.monotonic() + ANSWERS_WITHIN
        while self._running() and time.monotonic() < deadline and not self._ending.is_set():
            try:
                return self._probe(self.url)
            except NoAnswer as no_answer:
                reason = str(no_answer)
            self._ending.wait(LOOK_AGAIN_AFTER)
        raise self._no_answer(reason)

    def _no_answer(self, reason: str) -> ServicesUnavailable:
        if self._ending.is_set():
            return ServicesUnavailable(f"{self.name} was stopped while it started", "try again")
        state = f"within {ANSWERS_WITHIN:.0f} s" if self._running() else "and has ended"
        return ServicesUnavailable(
            f"{self.name} did not answer on {HOST}:{urlsplit(self.url).port} {state} ({reason})",
            f"see the end of its log\n{self._log_tail()}\n",
        )

    @abstractmethod
    def _launch(self) -> None: ...
    @abstractmethod
    def _running(self) -> bool: ...
    @abstractmethod
    def _log_tail(self) -> str: ...
    @abstractmethod
    def close(self) -> None:
        """End the server for good, in whatever state it is, and leave nothing behind."""
