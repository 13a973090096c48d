"""A private PostgreSQL from the programs installed here."""

import os
import shutil
import signal
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from worker.local.probes import database_version
from worker.local.programs import Program, account_named
from worker.local.server import (
    DATABASE,
    HOST,
    MAX_CONNECTIONS,
    PASSWORD,
    USER,
    ServicesUnavailable,
)

CREATE_DATABASE: Final = f"CREATE DATABASE {DATABASE};\n"


def find_programs() -> Path | None:
    """Find the directory with `initdb` and `postgres`, the newest where there are several."""
    # Debian keeps them off PATH, one directory for each major version.
    packaged = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if packaged:
        return max(packaged, key=lambda path: float(path.parent.name))
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


class Postgres(Program):
    """PostgreSQL on TCP only, with a superuser of ours and its usual durability."""

    stop_signal = signal.SIGINT  # fast shutdown: clients are disconnected, data are written

    def __init__(self, programs: Path, home: Path, port: int, ending: threading.Event) -> None:
        url = f"postgresql://{USER}:{PASSWORD}@{HOST}:{port}/{DATABASE}"
        super().__init__("PostgreSQL", url, database_version, home=home, ending=ending)
        self._programs = programs
        self._data = home / "data"
        self._port = port
        self._killed = False

    def _account(self) -> dict[str, Any]:
        if os.geteuid() != 0:
            return {}
        user = account_named("postgres")
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

    def _programs_directory(self) -> Path:
        return self._programs

    def _prepare(self) -> None:
        account = self._account()
        password = self._home / "password"
        password.write_text(f"{PASSWORD}\n")
        for path in (self._home, password) if account else ():
            os.chown(path, account["user"], account["group"])
        encoding = ("--encoding=UTF8", "--locale=C.UTF-8")
        access = (f"--username={USER}", "--auth=scram-sha-256", f"--pwfile={password}")
        self._run("initdb", *encoding, *access, "-D", str(self._data))
        # The single-user mode makes our database before the server is ever seen without it.
        self._run("postgres", "--single", "-D", str(self._data), "postgres", text=CREATE_DATABASE)

    def _run(self, program: str, *arguments: str, text: str = "") -> None:
        done = subprocess.run(  # noqa: S603 - PostgreSQL's own programs, with arguments of ours
            [str(self._programs / program), *arguments],
            cwd=self._home,
            input=text,
            capture_output=True,
            text=True,
            check=False,
            **self._account(),
        )
        if done.returncode != 0:
            raise ServicesUnavailable(
                f"PostgreSQL's {program} failed in {self._home}",
                f"see what it said\n{done.stderr.strip()}\n",
            )

    def _command(self) -> list[str]:
        settings = {
            "listen_addresses": HOST,
            "port": str(self._port),
            "unix_socket_directories": "",
            "max_connections": str(MAX_CONNECTIONS),
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [str(self._programs / "postgres"), "-D", str(self._data), *options]

    def start(self) -> None:
        """Start, which also clears away what a killed server left in shared memory."""
        super().start()
        self._killed = False

    def kill(self) -> None:
        """Kill, and remember that shared memory is left behind."""
        super().kill()
        self._killed = True

    def close(self) -> None:
        """Stop; a killed server is started once more, as only that frees its shared memory."""
        if self._killed:
            with suppress(ServicesUnavailable):
                self.start()
        super().close()
