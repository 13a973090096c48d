"""Starting servers side by side, and leaving none behind however the program ends."""

import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Final, NoReturn

from worker.local.server import Controlled

ENDING_SIGNALS: Final = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def running(servers: Sequence[Controlled], ending: threading.Event) -> Iterator[None]:
    """Start all servers at once and close them all at the end, even after a failed start."""
    try:
        _start(servers, ending)
        yield
    finally:
        with _undisturbed(), ExitStack() as closing:
            for server in servers:
                closing.callback(server.close)


def _start(servers: Sequence[Controlled], ending: threading.Event) -> None:
    with ThreadPoolExecutor(len(servers)) as pool:
        try:
            for started in as_completed([pool.submit(server.start) for server in servers]):
                started.result()
        except BaseException:
            # One failed or Ctrl-C was pressed: the others need not be waited for, but their
            # threads must be over before anything is closed.
            ending.set()
            with _undisturbed():
                pool.shutdown()
            raise


@contextmanager
def signals_as_interrupts() -> Iterator[None]:
    """Let SIGTERM and SIGHUP unwind the program as Ctrl-C does, so that servers are closed.

    KeyboardInterrupt because pytest takes SystemExit for one failed test and carries on.
    A program's own handler is left in place: it has other plans.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set handlers
        return
    ours = [number for number in ENDING_SIGNALS if signal.getsignal(number) is signal.SIG_DFL]
    for number in ours:
        signal.signal(number, _interrupt)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _interrupt(number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt(signal.Signals(number).name)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Keep a second Ctrl-C from cutting the closing short, which has its own deadlines."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, *ENDING_SIGNALS)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)
