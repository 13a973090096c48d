"""Which processes are whose: the servers behind a URL, in containers or not, and the load's own."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Protocol
from urllib.parse import urlsplit

import psutil  # type: ignore[import-untyped] # its types are no requirement of ours
from docker import DockerClient  # type: ignore[import-untyped] # docker-py has no types
from docker.errors import DockerException  # type: ignore[import-untyped]
from docker.models.containers import Container  # type: ignore[import-untyped]

from perf.contestants import RoundFailedError

GONE = (psutil.NoSuchProcess, psutil.ZombieProcess, psutil.AccessDenied)


class Used(Protocol):
    """Something that uses CPU and memory."""

    def cpu_seconds(self) -> float:
        """Return the CPU time used so far, user and system."""

    def memory_mib(self) -> float:
        """Return the resident memory in MiB."""


class Tree:
    """Processes and all below them, those included that have ended and been waited for."""

    def __init__(self, pids: Iterable[int], *, below: bool = True) -> None:
        self._tops = [psutil.Process(pid) for pid in pids]
        self._below = below

    def _all(self) -> list[psutil.Process]:
        found = {top.pid: top for top in self._tops}
        for top in self._tops if self._below else ():
            with suppress(*GONE):
                found |= {child.pid: child for child in top.children(recursive=True)}
        return list(found.values())

    def cpu_seconds(self) -> float:
        """Return the CPU time used so far, user and system."""
        seconds = 0.0
        for process in self._all():
            with suppress(*GONE):
                times = process.cpu_times()
                seconds += times.user + times.system
                if self._below:
                    seconds += times.children_user + times.children_system
        return seconds

    def memory_mib(self) -> float:
        """Return the resident memory in MiB; what processes share counts for each."""
        mib = 0.0
        for process in self._all():
            with suppress(*GONE):
                mib += process.memory_info().rss / 1024**2
        return mib


def behind(name: str, url: str) -> dict[str, Tree]:
    """Return the processes of the server at a local URL, and of what passes its port on, by name.

    In a container, they are below its first process, and Docker's proxy listens on the port.
    """
    port = urlsplit(url).port or 0
    listening = _listening_on(port)
    container = _container_of(port)
    if container is None:
        return {name: Tree(listening)}
    return {name: Tree([container]), f"{name}'s docker-proxy": Tree(listening)}


def _listening_on(port: int) -> list[int]:
    found = {
        one.pid
        for one in psutil.net_connections("tcp")
        if one.status == psutil.CONN_LISTEN and one.laddr.port == port and one.pid
    }
    # A server's children may have inherited its socket: only those above them are the tops.
    return [pid for pid in found if psutil.Process(pid).ppid() not in found]


def limit_memory(url: str, memory: str) -> None:
    """Hold the container of the server at a local URL to so much memory, such as `512m`.

    Raises:
        RoundFailedError: it is in no container.
    """
    with _docker() as client:
        container = client and _publishing(client, urlsplit(url).port or 0)
        if not container:
            raise RoundFailedError("only a container can be held to a memory limit")
        # Swap counts into the second: without one, what does not fit goes to the files it is from.
        container.update(mem_limit=memory, memswap_limit=memory)


def _container_of(port: int) -> int | None:
    with _docker() as client:
        container = client and _publishing(client, port)
        if not client or not container:
            return None
        return int(client.api.inspect_container(container.id)["State"]["Pid"])


@contextmanager
def _docker() -> Iterator[DockerClient | None]:
    try:
        client = DockerClient.from_env()
    except DockerException:
        yield None
        return
    try:
        yield client
    finally:
        client.close()


def _publishing(client: DockerClient, port: int) -> Container | None:
    for container in client.containers.list():
        published = container.attrs["NetworkSettings"]["Ports"] or {}
        bindings = [one for some in published.values() for one in some or ()]
        if any(one["HostPort"] == str(port) for one in bindings):
            return container
    return None
