"""`venue-worker run`."""

import asyncio

from worker import app
from worker.ops import logs
from worker.settings import Settings


def run() -> None:
    """Run the worker until SIGTERM or Ctrl-C."""
    settings = Settings()
    logs.configure(settings.log_format, settings.log_level)
    asyncio.run(app.run(settings))
