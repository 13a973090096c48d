"""Signals and tasks: one main task and others beside it, ended in the right order."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog

Work = Coroutine[Any, Any, None]
CLOSING_SECONDS = 5.0
STRAY_SECONDS = 0.5
SIGNALS = (signal.SIGTERM, signal.SIGINT)
log = structlog.get_logger()


async def run_until_signal(
    main: list[Work],
    beside: list[Work],
    *,
    stop: Callable[[], None],
    finish: Callable[[], Awaitable[None]],
    grace_seconds: float,
) -> None:
    """Run all until one of them ends or fails, or a signal comes; then end the rest.

    The first SIGTERM or SIGINT calls `stop`, upon which those of `main` have the grace time
    to settle and end, and when it is over the process ends; so it does at once at a second
    signal. Once they have ended, `finish` may use those beside. An error of any is raised.
    """
    asked = asyncio.Event()
    _listen(asked)
    asked_task = asyncio.create_task(asked.wait())
    main_tasks = [asyncio.create_task(work) for work in main]
    tasks = [*main_tasks, *(asyncio.create_task(work) for work in beside)]
    await asyncio.wait({asked_task, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    if asked.is_set():
        log.info("stopping", grace_seconds=grace_seconds)
        asyncio.get_running_loop().call_later(grace_seconds, _give_up)
        stop()
        _, unsettled = await asyncio.wait(main_tasks, timeout=_settling(grace_seconds))
        if unsettled:
            log.warning("no more time to settle; the commands in hand will be delivered again")
        else:
            await finish()
    asked_task.cancel()
    await _ended(tasks)


async def alone(work: Work) -> None:
    """Do the work; then end whatever a library has left running behind it.

    aio-pika's robust connection swallows a cancellation that comes while it connects, and goes on
    by itself: whoever waited for all tasks to end after one cancellation would wait for ever.
    """
    try:
        await work
    finally:
        own = asyncio.current_task()
        while left := {task for task in asyncio.all_tasks() if task is not own}:
            for task in left:
                task.cancel()
            await asyncio.wait(left, timeout=STRAY_SECONDS)


def _settling(grace_seconds: float) -> float:
    # The rest is for closing connections, which servers that do not answer can take long over.
    return max(grace_seconds - CLOSING_SECONDS, grace_seconds / 2)


def _give_up() -> None:
    # Nothing is lost by this: what is not settled is delivered again, what is not published is
    # in the outbox.
    log.warning("the grace time is over; ending without closing connections")
    os._exit(0)


async def _ended(tasks: list[asyncio.Task[None]]) -> None:
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        # Again, until all have ended: a library may swallow a cancellation, as aiormq does with
        # one that comes while it closes a channel.
        _, left = await asyncio.wait(left, timeout=CLOSING_SECONDS)
    for task in tasks:
        if not task.cancelled() and isinstance(error := task.exception(), Exception):
            raise error


def _listen(asked: asyncio.Event) -> None:
    def on_signal(number: int) -> None:
        if asked.is_set():
            os._exit(128 + number)
        asked.set()

    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, on_signal, number)
