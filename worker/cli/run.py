"""`venue-worker run`."""

import asyncio
import gc

from worker import app
from worker.ops import logs
from worker.running import alone
from worker.settings import Settings


def run() -> None:
    """Run the worker until SIGTERM or Ctrl-C."""
    settings = Settings()
    logs.configure(settings.log_format, settings.log_level)
    # What the imports have made lives as long as the process. Looking through all of it for garbage
    # again and again would keep the event loop from its work for some 70 ms at a time.
    gc.collect()
    gc.freeze()
    asyncio.run(alone(app.run(settings)))
