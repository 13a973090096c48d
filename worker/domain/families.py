"""The families of commands. A new one is named here; its module registers its own commands."""

from worker.domain import cancel, integration, venue
from worker.domain.command import COMMANDS

FAMILIES = (venue, cancel, integration)

__all__ = ["COMMANDS", "FAMILIES"]
