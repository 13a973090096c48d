"""Signals and tasks: one main task and others beside it, ended in the right order."""

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

Work = Coroutine[Any, Any, None]
SIGNALS = (signal.SIGTERM, signal.SIGINT)
log = structlog.get_logger()


async def run_until_signal(
    main: Work, beside: list[Work], *, stop: Callable[[], None], grace_seconds: float
) -> None:
    """Run all until one of them ends or fails, or a signal comes; then end the rest.

    The first SIGTERM or SIGINT calls `stop`, upon which `main` has the grace time to end by
    itself; a second one ends the process at once. An error of any of them is raised.
    """
    asked = asyncio.Event()
    _listen(asked)
    asked_task = asyncio.create_task(asked.wait())
    main_task = asyncio.create_task(main)
    tasks = [main_task, *(asyncio.create_task(work) for work in beside)]
    await asyncio.wait({asked_task, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    if asked.is_set():
        log.info("stopping", grace_seconds=grace_seconds)
        stop()
        await asyncio.wait({main_task}, timeout=grace_seconds)
        if not main_task.done():
            log.warning("the grace time is over; the commands in hand will be delivered again")
    asked_task.cancel()
    await _ended(tasks)


async def _ended(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, Exception):
            raise result


def _listen(asked: asyncio.Event) -> None:
    def on_signal(number: int) -> None:
        if asked.is_set():
            os._exit(128 + number)
        asked.set()

    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, on_signal, number)
