"""What becomes of a command, as a value: what is kept, what is replied, what is counted."""

from dataclasses import dataclass
from enum import StrEnum

from worker.domain.decision import Problem


class Result(StrEnum):
    """The outcomes of the contract."""

    APPLIED = "applied"
    REJECTED = "rejected"
    DEFERRED = "deferred"
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one command.

    Attributes:
        result: applied, rejected, deferred or parked.
        command_id: the command's id, or None where it could not be read.
        venue_id: the venue's id, likewise.
        version: the venue's version afterwards, or None where there is no venue.
        problems: the reasons, where it was not applied.
        duplicate: whether the command had been decided before, and this is that outcome again.
    """

    result: Result
    command_id: str | None
    venue_id: str | None = None
    version: int | None = None
    problems: tuple[Problem, ...] = ()
    duplicate: bool = False
