"""The families of commands. A new one is named here; its module registers its own commands."""

from worker.domain import cancel, hours, settings, venue
from worker.domain.command import COMMANDS

FAMILIES = (venue, cancel, settings, hours)

__all__ = ["COMMANDS", "FAMILIES"]
