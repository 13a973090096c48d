"""Asking the other side for a sign of life: nothing closes a connection that is half open."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

ASK_SECONDS = 1.0
"""Seconds between two questions to the broker that do nothing but ask for an answer."""

ANSWER_SECONDS = 3.0
"""Seconds without an answer after which the link does not count as one that works."""

SILENT_SECONDS = 10.0
"""Seconds without an answer after which it is given up: nothing closes a half-open connection."""


class Asking:
    """Asks once a second, one question at a time, until it is stopped or has had no answer.

    Args:
        question: what to ask; how it is answered does not matter.
        unless: tells whether silence is no sign, as the other side has said that it does not read.
        on_silence: called once, with the seconds that there was no answer; nothing is asked then.
    """

    def __init__(
        self,
        question: Callable[[], Coroutine[Any, Any, object]],
        *,
        unless: Callable[[], bool],
        on_silence: Callable[[float], None],
    ) -> None:
        self._question = question
        self._unless = unless
        self._on_silence = on_silence
        self._asked_at: float | None = None
        self._task = asyncio.create_task(self._keep_asking())

    @property
    def waits(self) -> bool:
        """Whether an answer has been due for too long for the other side to count as well."""
        asked_at = self._asked_at
        return asked_at is not None and time.monotonic() - asked_at > ANSWER_SECONDS

    def stop(self) -> None:
        """Ask no more."""
        self._task.cancel()

    async def _keep_asking(self) -> None:
        while True:
            await asyncio.sleep(ASK_SECONDS)
            self._asked_at = time.monotonic()
            # Not cancelled when it takes long: aiormq closes a channel whose call is cancelled.
            answer = asyncio.create_task(self._question())
            answer.add_done_callback(_noted)
            while not answer.done():
                await asyncio.wait({answer}, timeout=SILENT_SECONDS)
                if not answer.done() and not self._unless():
                    self._on_silence(SILENT_SECONDS)
                    return
            self._asked_at = None


def _noted(answer: asyncio.Task[Any]) -> None:
    # Its error is the link's, and told by `_on_close`; unlooked at, it would be logged once more.
    if not answer.cancelled():
        answer.exception()
