"""The queries there are. A new one is named here; its module registers itself."""

from worker.queries import (
    access_check,
    command_get,
    history,
    layout_get,
    staff_list,
    venue_get,
)
from worker.queries.query import QUERIES

MODULES = (venue_get, layout_get, staff_list, access_check, history, command_get)

__all__ = ["MODULES", "QUERIES"]
