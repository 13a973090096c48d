"""The ceiling: what both servers let through, driven by as little client code as possible.

It is no worker. `ceiling.c` neither validates nor decides; it moves the same bytes through the same
broker and the same tables in batches, so that what is left to gain can be told.
"""

import shutil
import subprocess
from pathlib import Path
from typing import Final

from perf.missing import MissingError
from worker.local import ServicesUnavailable, debian
from worker.local.server import Say

HERE: Final = Path(__file__).parent
PACKAGES: Final = ("gcc", "libc6-dev", "libpq-dev", "librabbitmq-dev")
QUEUE_NAME: Final = "venue.commands.ceiling"
SETTINGS: Final = {"batch": 500, "prefetch": 2000}
"""As `ceiling.c` has them."""
INCLUDES: Final = ("-I/usr/include/postgresql",)
"""Where Debian puts libpq's headers; elsewhere they are found by themselves."""


def compiled(directory: Path, say: Say) -> tuple[str, ...]:
    """Compile it into the directory, with its libraries installed if that may be done; its command.

    Raises:
        MissingError: it cannot be compiled here.
    """
    program = directory / "ceiling"
    problem = _problem(program)
    if problem and debian.can_install():
        _install(say)
        problem = _problem(program)
    if problem:
        raise MissingError(f"{problem}; {debian.command(PACKAGES)}")
    statements = (HERE / name for name in ("write.sql", "forget.sql"))
    return str(program), QUEUE_NAME, *(statement.read_text() for statement in statements)


def _problem(program: Path) -> str | None:
    compiler = shutil.which("gcc")
    if compiler is None:
        return "there is no gcc"
    libraries = ("-lrabbitmq", "-lpq")
    words = [
        compiler,
        "-O2",
        "-Wall",
        "-Wextra",
        *INCLUDES,
        "-o",
        str(program),
        str(HERE / "ceiling.c"),
        *libraries,
    ]
    done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 - gcc on our own source
    if done.returncode == 0:
        return None
    errors = (line for line in done.stderr.splitlines() if "error" in line or "cannot find" in line)
    return next(errors, "gcc failed")


def _install(say: Say) -> None:
    try:
        debian.install(PACKAGES, say)
    except ServicesUnavailable as unavailable:
        raise MissingError(unavailable.problem) from None
