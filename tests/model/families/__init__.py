"""The families of commands: a module makes the commands of each and says what they come to."""

from types import ModuleType

from tests.model.families import (
    cancel,
    documents,
    failing,
    hours,
    integrations,
    layouts,
    settings,
    staff,
    venue,
)
from tests.model.words import Kind

FAMILIES: tuple[ModuleType, ...] = (
    venue,
    staff,
    settings,
    layouts,
    hours,
    integrations,
    documents,
    cancel,
    failing,
)
KINDS: dict[str, Kind] = {type_: kind for one in FAMILIES for type_, kind in one.KINDS.items()}
