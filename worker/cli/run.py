"""`venue-worker run`."""

import asyncio
import gc

from worker import app
from worker.ops import logs
from worker.running import alone
from worker.settings import Settings

THRESHOLDS = 20_000, 20, 100
"""Allocations before a look for garbage among the youngest objects, and looks before the next
generations'. A batch's objects end when it does, by themselves: Python's 700 would go through them
again and again until then, a tenth of the CPU of a flood (`docs/performance.md`)."""


def run() -> None:
    """Run the worker until SIGTERM or Ctrl-C."""
    settings = Settings()
    logs.configure(settings.log_format, settings.log_level)
    # What the imports have made lives as long as the process. Looking through all of it for garbage
    # again and again would keep the event loop from its work for some 70 ms at a time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    asyncio.run(alone(app.run(settings)))
