"""Both servers as local programs: find or install them, choose ports, and clear away afterwards."""

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from worker.local import debian, postgres, rabbitmq
from worker.local.endings import running
from worker.local.ports import free_ports
from worker.local.postgres import Postgres
from worker.local.rabbitmq import RabbitMQ
from worker.local.server import Say, Services, ServicesUnavailable

KIND: Final = "local programs"


@contextmanager
def services(say: Say) -> Iterator[Services]:
    """Run both servers as private programs, installing them first where that is possible."""
    postgres_programs, rabbitmq_program = _programs(say)
    # Cleaning errors are ignored: a helper may still write while the directory goes.
    with tempfile.TemporaryDirectory(prefix="venue-", ignore_cleanup_errors=True) as name:
        home, ending = Path(name), threading.Event()
        home.chmod(0o711)  # PostgreSQL may have to run as another user, who must get through
        first, *others = free_ports(4)
        database = Postgres(postgres_programs, home / "postgres", first, ending)
        ports = (others[0], others[1], others[2])
        broker = RabbitMQ(rabbitmq_program, home / "rabbitmq", ports, ending)
        with running([database, broker], ending):
            yield Services(KIND, database, broker)


def _programs(say: Say) -> tuple[Path, Path]:
    if debian.can_install() and _missing():
        debian.install(_missing(), say)
    database, broker = postgres.find_programs(), rabbitmq.find_program()
    if database is None or broker is None:
        raise ServicesUnavailable(
            f"There are no programs for {' and '.join(_missing())} here",
            f"install them ({debian.command(_missing())}), start Docker, "
            "or set VENUE_DATABASE_URL and VENUE_AMQP_URL",
        )
    return database, broker


def _missing() -> list[str]:
    found = {"postgresql": postgres.find_programs(), "rabbitmq-server": rabbitmq.find_program()}
    return [package for package, path in found.items() if path is None]
