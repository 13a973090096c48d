"""What can go wrong outside the rules, as types: who is asked to do something about it differs."""

import traceback

MOST_TRACEBACK = 20_000
"""Characters of a traceback that are kept: its end, which says most."""


def traceback_of(error: BaseException) -> str:
    """Return the traceback as text that PostgreSQL can keep."""
    text = "".join(traceback.format_exception(error))[-MOST_TRACEBACK:]
    return text.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()


class VenueWorkerError(Exception):
    """Base of all errors of the worker; its text is one sentence for people."""


class OperatorError(VenueWorkerError):
    """Somebody has to change something first: a setting, a queue, a file. Ends the process."""


class TransientError(VenueWorkerError):
    """It may work the next time: connections, deadlocks, timeouts, another worker's commit."""


class DatabaseUnavailableError(TransientError):
    """PostgreSQL cannot be reached or does not answer; no command is to blame."""


class DatabaseBusyError(DatabaseUnavailableError):
    """All connections of ours were in use for too long; PostgreSQL itself may be well."""


class StatementTimeoutError(TransientError):
    """A statement took longer than it may: the database is slow, or the batch too much for it."""


class ContendedError(TransientError):
    """Another transaction was first, or this one was chosen as a deadlock's victim: try again."""


class PermanentDatabaseError(VenueWorkerError):
    """PostgreSQL refuses what a command wants written, and will refuse it again."""


class BrokerUnavailableError(TransientError):
    """RabbitMQ cannot be reached, or closed the connection."""
