"""What can go wrong outside the rules, as types: who is asked to do something about it differs."""


class VenueWorkerError(Exception):
    """Base of all errors of the worker; its text is one sentence for people."""


class OperatorError(VenueWorkerError):
    """Somebody has to change something first: a setting, a queue, a file. Ends the process."""


class TransientError(VenueWorkerError):
    """It may work the next time: connections, deadlocks, timeouts, another worker's commit."""


class DatabaseUnavailableError(TransientError):
    """PostgreSQL cannot be reached or does not answer; no command is to blame."""


class StatementTimeoutError(TransientError):
    """A statement took longer than it may: the database is slow, or the batch too much for it."""


class ContendedError(TransientError):
    """Another transaction was first, or this one was chosen as a deadlock's victim: try again."""


class PermanentDatabaseError(VenueWorkerError):
    """PostgreSQL refuses what a command wants written, and will refuse it again."""


class BrokerUnavailableError(TransientError):
    """RabbitMQ cannot be reached, or closed the connection."""


class BrokerBlockedError(TransientError):
    """RabbitMQ takes no messages just now (memory or disk alarm); it still hands them out."""
