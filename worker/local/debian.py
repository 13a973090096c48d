"""Installing the servers' programs on Debian, without starting the distribution's own servers."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from worker.local.server import Say, ServicesUnavailable

# Package scripts ask this file whether they may start a service; 101 means no.
POLICY: Final = Path("/usr/sbin/policy-rc.d")
# PostgreSQL's packages create a cluster called main unless told not to.
CLUSTERS: Final = Path("/etc/postgresql-common/createcluster.d/venue.conf")
LOCK_WITHIN: Final = "DPkg::Lock::Timeout=120"
SHOWN_LINES: Final = 5


def can_install() -> bool:
    """Tell whether this is a Debian where we may install packages."""
    debian = Path("/etc/debian_version").exists() and shutil.which("apt-get") is not None
    return debian and os.geteuid() == 0


def command(packages: Sequence[str]) -> str:
    """Say how a person would install the packages."""
    return f"on Debian: sudo apt-get install {' '.join(packages)}"


def install(packages: Sequence[str], say: Say) -> None:
    """Install packages, saying so, and start none of the servers in them."""
    say(f"installing {' and '.join(packages)} with apt-get, without starting them as services")
    with (
        _file_for_now(POLICY, "#!/bin/sh\nexit 101\n", mode=0o755),
        _file_for_now(CLUSTERS, "create_main_cluster = false\n", mode=0o644),
    ):
        _apt_get("update")
        _apt_get("install", "--yes", "--no-install-recommends", *packages)


@contextmanager
def _file_for_now(path: Path, text: str, *, mode: int) -> Iterator[None]:
    """Have a file for the time of an installation; one that exists already is left alone."""
    if path.exists():
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    try:
        yield
    finally:
        path.unlink()


def _apt_get(*arguments: str) -> None:
    done = subprocess.run(  # noqa: S603 - fixed words and the two packages named above
        ["apt-get", "-o", LOCK_WITHIN, "--quiet", *arguments],  # noqa: S607 - can_install found it
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        end = "\n".join(done.stdout.splitlines()[-SHOWN_LINES:])
        raise ServicesUnavailable(
            f"apt-get {arguments[0]} failed",
            "install postgresql and rabbitmq-server by hand or start Docker; "
            f"this is what it said last\n{end}\n",
        )
