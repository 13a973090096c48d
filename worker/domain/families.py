"""The families of commands. A new one is named here; its module registers its own commands."""

from worker.domain import cancel, documents, hours, layouts, settings, staffing, venue
from worker.domain.command import COMMANDS

FAMILIES = (venue, staffing, cancel, settings, documents, layouts, hours)

__all__ = ["COMMANDS", "FAMILIES"]
