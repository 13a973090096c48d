"""Logs by structlog on standard error: JSON for machines, colours for people."""

import logging
import sys
from typing import Any

import structlog


def configure(log_format: str, level: str) -> None:
    """Set up logging for the process; the libraries' own warnings come the same way."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info
        if log_format == "json"
        else structlog.processors.StackInfoRenderer(),
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        # Plain: its own tracebacks would show the values of variables, and what is in a message.
        else structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared)
    )
    logging.basicConfig(handlers=[handler], level=logging.ERROR, force=True)
    logging.captureWarnings(capture=True)
    logging.getLogger("py.warnings").setLevel(logging.WARNING)
    quieten()


def quieten() -> None:
    """Silence libraries that report every lost connection at length and as an error."""
    # `link.py` and `retry.py` say it in a line, and a command in the sentence it ends with.
    for library in ("aio_pika", "aiormq"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
