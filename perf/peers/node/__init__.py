"""The Node peer: a worker on amqplib and pg, as the HTTP service before this one was written."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

from perf.missing import MissingError
from worker.local.server import Say

HERE: Final = Path(__file__).parent
QUEUE_NAME: Final = "venue.commands.node"
SETTINGS: Final = {"prefetch": 400, "connections": 20}
"""More of both than in Python: with pipelined connections the more messages are in hand, the more
statements and answers travel together."""
OLDEST: Final = 20
"""The major version of Node that it is written and its libraries are locked for."""
INSTALL_SECONDS: Final = 300


def prepared(say: Say) -> tuple[str, ...]:
    """Install its locked libraries unless they are there; return its command.

    Raises:
        MissingError: Node or npm is not here, too old, or could not install them.
    """
    program, npm = shutil.which("node"), shutil.which("npm")
    if program is None or npm is None:
        raise MissingError(f"there is no node {OLDEST} or later with npm")
    version = _output(program, "--version")
    if int(version.removeprefix("v").split(".")[0]) < OLDEST:
        raise MissingError(f"node is {version}; {OLDEST} or later is needed")
    if not _is_installed():
        say("installing the libraries of the Node peer with npm, below perf/peers/node")
        _output(npm, "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund")
    return program, str(HERE / "worker.mjs"), QUEUE_NAME, *map(str, SETTINGS.values())


def _is_installed() -> bool:
    # npm notes last what it has installed: an older note than the lock is of another lock.
    note, lock = HERE / "node_modules" / ".package-lock.json", HERE / "package-lock.json"
    return note.exists() and note.stat().st_mtime >= lock.stat().st_mtime


def _output(*words: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - node and npm, with words of ours
            words, cwd=HERE, capture_output=True, text=True, check=True, timeout=INSTALL_SECONDS
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        said = str(error.stderr or error).strip().splitlines()
        raise MissingError(f"{words[0]} failed: {said[-1] if said else error}") from None
    return done.stdout.strip()
