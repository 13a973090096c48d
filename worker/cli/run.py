"""`venue-worker run`."""

import uvloop

from worker import app, memory
from worker.ops import logs
from worker.running import alone
from worker.settings import Settings


def run() -> None:
    """Run the worker until SIGTERM or Ctrl-C."""
    settings = Settings()
    logs.configure(settings.log_format, settings.log_level)
    memory.settle()
    uvloop.run(alone(app.run(settings)))
