"""A server as a local program: mirakuru starts and stops it, psutil freezes its processes."""

import atexit
import os
import pwd
import signal
import subprocess
import threading
from abc import abstractmethod
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import psutil  # type: ignore[import-untyped] # its types are no requirement of ours
from mirakuru import SimpleExecutor
from mirakuru.base import cleanup_subprocesses
from mirakuru.exceptions import ProcessFinishedWithError

from worker.local.server import CommandFailed, Controlled, Probe, ServicesUnavailable

STOPS_WITHIN: Final = 60
LOG_LINES: Final = 15

# At exit mirakuru kills every process whose mark contains our process id as a mere substring, which
# may hit another program's servers. Ours are closed by `endings`, so its net is not needed.
atexit.unregister(cleanup_subprocesses)


class Program(Controlled):
    """A server run as a local program, with everything it writes below one directory."""

    stop_signal = signal.SIGTERM

    def __init__(
        self, name: str, url: str, probe: Probe, *, home: Path, ending: threading.Event
    ) -> None:
        super().__init__(name, url, probe, ending)
        self._home = home
        self._log = home / "server.log"
        self._executor: SimpleExecutor | None = None
        self._frozen: list[psutil.Process] = []

    @abstractmethod
    def _command(self) -> list[str]: ...

    @abstractmethod
    def _programs_directory(self) -> Path: ...

    def _prepare(self) -> None:
        """Make what the first start needs."""

    def _environment(self) -> dict[str, str]:
        return {}

    def _account(self) -> dict[str, Any]:
        """Name the user to run as, in the words of `subprocess`."""
        return {}

    def _launch(self) -> None:
        if not self._home.exists():
            self._home.mkdir()
            self._prepare()
        with self._log.open("ab") as log:
            self._executor = SimpleExecutor(
                self._command(),
                cwd=str(self._home),
                timeout=STOPS_WITHIN,
                stop_signal=self.stop_signal,
                envvars=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                popen_kwargs=self._account(),
            ).start()

    def execute(self, *words: str) -> str:
        """Run a program with the server's environment: its own ones, or the system's."""
        program, *arguments = words
        own = self._programs_directory() / program
        done = subprocess.run(  # noqa: S603 - the server's own programs, and those of tests
            [str(own) if own.exists() else program, *arguments],
            env={**os.environ, **self._environment()},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise CommandFailed(done.stdout)
        return done.stdout

    def _running(self) -> bool:
        return self._executor is not None and self._executor.running()

    def _log_tail(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines() if self._log.exists() else []
        return "\n".join(lines[-LOG_LINES:])

    def _processes(self) -> list[psutil.Process]:
        process = self._executor.process if self._executor else None
        if process is None:
            return []
        with suppress(psutil.NoSuchProcess):
            top = psutil.Process(process.pid)
            return [top, *top.children(recursive=True)]
        return []

    def stop(self) -> None:
        """Ask the server to end, wait for it, and clear away helpers it started."""
        self.resume()
        if self._executor:
            # A shell that saw the signal twice may end with an error; the server has ended orderly.
            with suppress(ProcessFinishedWithError):
                self._executor.stop()
            self._executor.kill()

    def kill(self) -> None:
        """Kill the server and its children, and return once they are gone."""
        processes = self._processes()
        if self._executor:
            self._executor.kill()
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(processes, timeout=STOPS_WITHIN)
        self._frozen = []

    def pause(self) -> None:
        """Freeze the parent first: after that it cannot start another child."""
        self._frozen = self._processes()[:1]
        self._suspend()
        self._frozen = self._processes()
        self._suspend()

    def _suspend(self) -> None:
        for process in self._frozen:
            with suppress(psutil.NoSuchProcess):
                process.suspend()

    def resume(self) -> None:
        """Thaw what was frozen, the parent last."""
        for frozen in reversed(self._frozen):
            with suppress(psutil.NoSuchProcess):
                frozen.resume()
        self._frozen = []

    def close(self) -> None:
        """Stop the server; its directory goes with the one above it."""
        self.stop()


def account_named(name: str) -> pwd.struct_passwd:
    """Look up a system user that must exist."""
    try:
        return pwd.getpwnam(name)
    except KeyError:
        raise ServicesUnavailable(
            f"PostgreSQL refuses to run as root and there is no user {name!r}",
            "run this as an ordinary user, or create that user",
        ) from None
