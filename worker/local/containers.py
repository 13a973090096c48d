"""Both servers as containers: testcontainers creates and removes them, Docker controls them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from docker.errors import DockerException, NotFound  # type: ignore[import-untyped]
from requests.exceptions import RequestException
from testcontainers.core.container import DockerContainer

from worker.local.endings import running
from worker.local.images import USE_PROGRAMS, explained, require_images
from worker.local.ports import free_ports
from worker.local.probes import broker_version, database_version
from worker.local.server import (
    DATABASE,
    HOST,
    MAX_CONNECTIONS,
    PASSWORD,
    USER,
    CommandFailed,
    Controlled,
    Probe,
    Say,
    Services,
    ServicesUnavailable,
)

KIND: Final = "containers"
STOPS_WITHIN: Final = 60
LOG_LINES: Final = 15


@dataclass(frozen=True)
class Image:
    """What distinguishes one server's container from the other's."""

    server: str
    name: str
    port: int
    url: str
    probe: Probe
    environment: dict[str, str]
    command: list[str] = field(default_factory=list)


POSTGRES: Final = Image(
    server="PostgreSQL",
    name="postgres:17",
    port=5432,
    url=f"postgresql://{USER}:{PASSWORD}@{HOST}:{{port}}/{DATABASE}",
    probe=database_version,
    environment={
        "POSTGRES_USER": USER,
        "POSTGRES_PASSWORD": PASSWORD,
        "POSTGRES_DB": DATABASE,
    },
    command=["postgres", "-c", f"max_connections={MAX_CONNECTIONS}"],
)
RABBITMQ: Final = Image(
    server="RabbitMQ",
    name="rabbitmq:4-management",
    port=5672,
    url=f"amqp://{USER}:{PASSWORD}@{HOST}:{{port}}/",
    probe=broker_version,
    environment={"RABBITMQ_DEFAULT_USER": USER, "RABBITMQ_DEFAULT_PASS": PASSWORD},
)


class Container(Controlled):
    """A server in a container whose port on the loopback address is fixed, so restarts keep it."""

    def __init__(self, image: Image, port: int, ending: threading.Event) -> None:
        super().__init__(image.server, image.url.format(port=port), image.probe, ending)
        self._created = False
        self._container = DockerContainer(image.name, env=dict(image.environment))
        # docker-py takes an address with the port, which testcontainers passes on but does not say.
        self._container.ports = {str(image.port): (HOST, port)}  # type: ignore[dict-item]
        if image.command:
            self._container.with_command(image.command)

    def _launch(self) -> None:
        try:
            if self._created:
                self._container.get_wrapped_container().start()
            else:
                self._container.start()
                self._created = True
        except (DockerException, RequestException) as error:
            raise ServicesUnavailable(
                f"Docker could not start {self.name} ({explained(error)})", USE_PROGRAMS
            ) from error

    def _running(self) -> bool:
        return self._created and self._status() in {"running", "paused"}

    def _status(self) -> str:
        self._container.reload()
        return self._container.status

    def _log_tail(self) -> str:
        if not self._created:
            return ""
        log: bytes = self._container.get_wrapped_container().logs(tail=LOG_LINES)
        return log.decode(errors="replace")

    def stop(self) -> None:
        """Stop the container by its image's own signal; its file system stays."""
        self.resume()
        self._container.get_wrapped_container().stop(timeout=STOPS_WITHIN)

    def kill(self) -> None:
        """Kill the container and return once it is gone."""
        self.resume()  # Docker kills no paused container
        if self._running():
            self._container.get_wrapped_container().kill()
            self._container.wait()

    def pause(self) -> None:
        """Freeze every process in the container."""
        if self._status() == "running":
            self._container.get_wrapped_container().pause()

    def resume(self) -> None:
        """Thaw the container if it is frozen."""
        if self._created and self._status() == "paused":
            self._container.get_wrapped_container().unpause()

    def execute(self, *words: str) -> str:
        """Run a program in the container, as root."""
        done = self._container.get_wrapped_container().exec_run(list(words), user="root")
        said: str = done.output.decode(errors="replace")
        if done.exit_code != 0:
            raise CommandFailed(said)
        return said

    def close(self) -> None:
        """Remove the container with its volumes; one removed by other means is as good."""
        with suppress(NotFound):
            self.resume()
            self._container.stop()


@contextmanager
def services(say: Say) -> Iterator[Services]:
    """Run both servers as containers, with the images fetched first where they are missing."""
    require_images([POSTGRES.name, RABBITMQ.name], say)
    ending = threading.Event()
    database_port, broker_port = free_ports(2)
    database = Container(POSTGRES, database_port, ending)
    broker = Container(RABBITMQ, broker_port, ending)
    with running([database, broker], ending):
        yield Services(KIND, database, broker)
