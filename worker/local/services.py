"""The choice: given URLs, else containers, else private programs."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Final

from worker.local import given
from worker.local.endings import signals_as_interrupts
from worker.local.keys import use_local_key
from worker.local.server import Say, Services, ServicesUnavailable

Way = Callable[[Say], AbstractContextManager[Services]]

VARIABLE: Final = "VENUE_SERVICES"


def say_on_stderr(line: str) -> None:
    """Say a line to people without mixing it into a program's output."""
    sys.stderr.write(f"{line}\n")


@contextmanager
def services(say: Say = say_on_stderr) -> Iterator[Services]:
    """Have PostgreSQL and RabbitMQ for the time of a `with` block, and a key to encrypt with."""
    use_local_key()
    with signals_as_interrupts(), ExitStack() as stack:
        yield _first_that_works(_ways(), say, stack)


def _ways() -> list[Way]:
    kinds: dict[str, Callable[[], list[Way]]] = {
        "auto": lambda: [given.services] if given.are_given() else [_containers, _programs],
        "containers": lambda: [_containers],
        "programs": lambda: [_programs],
    }
    kind = os.environ.get(VARIABLE) or "auto"
    if kind not in kinds:
        raise ServicesUnavailable(f"{VARIABLE} is {kind!r}", f"set it to one of {', '.join(kinds)}")
    return kinds[kind]()


def _first_that_works(ways: list[Way], say: Say, stack: ExitStack) -> Services:
    *attempts, last = ways
    for way in attempts:
        try:
            return stack.enter_context(way(say))
        except ServicesUnavailable as reason:
            say(f"{reason.problem}; using local programs instead")
    return stack.enter_context(last(say))


# The modules below need development requirements, which given URLs do without.


def _containers(say: Say) -> AbstractContextManager[Services]:
    try:
        from worker.local import containers  # noqa: PLC0415
    except ImportError as missing:
        raise _not_installed(missing) from missing
    return containers.services(say)


def _programs(say: Say) -> AbstractContextManager[Services]:
    try:
        from worker.local import private  # noqa: PLC0415
    except ImportError as missing:
        raise _not_installed(missing) from missing
    return private.services(say)


def _not_installed(missing: ImportError) -> ServicesUnavailable:
    return ServicesUnavailable(
        f"The Python package {missing.name} is missing", "install the dev requirements: make setup"
    )
