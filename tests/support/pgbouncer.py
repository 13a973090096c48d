"""PgBouncer in transaction mode, as a program of the test's own."""

import shutil
import subprocess
from pathlib import Path

import port_for
import psycopg
import pytest
from yarl import URL

from tests.support.waiting import until

CONFIGURATION = """
[databases]
{name} = host=127.0.0.1 port={server} dbname={name} user={user} password={password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 5
"""


class PgBouncer:
    """One, in front of one database.

    Attributes:
        url: the database's, by way of it.
    """

    def __init__(self, database_url: str, directory: Path) -> None:
        program = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin")
        if program is None:
            pytest.skip("pgbouncer is not installed: on Debian, apt-get install pgbouncer")
        url = URL(database_url)
        port = port_for.select_random()
        self.url = str(url.with_port(port))
        self._configuration = directory / "pgbouncer.ini"
        self._configuration.write_text(
            CONFIGURATION.format(
                name=url.name, server=url.port, user=url.user, password=url.password, port=port
            )
        )
        # It refuses to be root, and then has to be able to read its file.
        self._user = ["-u", "postgres"] if Path("/root").owner() == "root" else []
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Start it, and return once it lets through."""
        self._launch()
        await until(self._answers, "pgbouncer answers")

    def _launch(self) -> None:
        words = [self._program, "-q", *self._user, str(self._configuration)]
        self._process = subprocess.Popen(words, stdin=subprocess.DEVNULL)

    def kill(self) -> None:
        """End it as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self.url, connect_timeout=2) as connection:
                connection.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True
