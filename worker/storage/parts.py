"""Where each part of a venue stands: a module a part, with `load` and `save`, named here once."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from worker.domain.command import COMMANDS, Command
from worker.domain.origin import VenueKey
from worker.domain.state import State
from worker.storage import documents, hours, integrations, layouts, settings, staff
from worker.storage.connection import Connection

Items = dict[str, Any]
"""Items of a part by their key; None for one that is gone."""


class Table(Protocol):
    """What a part's module offers."""

    async def load(self, tx: Connection, commands: Sequence[Command], /) -> dict[VenueKey, Items]:
        """Return what the commands are decided on of the part, by venue."""

    async def save(
        self, tx: Connection, changed: Mapping[VenueKey, Items], now: datetime, /
    ) -> None:
        """Write the items that have changed; delete, or close, those that are None."""


TABLES: dict[str, Table] = {
    "staff": staff,
    "settings": settings,
    "layouts": layouts,
    "hours": hours,
    "integrations": integrations,
    "documents": documents,
}
"""By the part's name, in the order in which they are written."""


@dataclass(slots=True)
class Parts:
    """The parts of a batch's venues as they are now, and the items that have changed."""

    now: dict[str, dict[VenueKey, Items]] = field(default_factory=dict)
    changed: dict[str, dict[VenueKey, Items]] = field(default_factory=dict)

    def of(self, key: VenueKey) -> dict[str, Items]:
        """Return what is known of one venue's parts."""
        return {name: venues[key] for name, venues in self.now.items() if key in venues}

    def keep(self, key: VenueKey, before: State, after: State) -> None:
        """Take in what deciding a command has changed."""
        for name, items in after.parts.items():
            known = before.parts.get(name, {})
            if items is not known:
                new = {
                    k: item for k, item in items.items() if k not in known or item is not known[k]
                }
                self.changed.setdefault(name, defaultdict(dict))[key].update(new)
                self.now.setdefault(name, {})[key] = dict(items)


async def load(tx: Connection, commands: Collection[Command]) -> Parts:
    """Read the parts that the commands are decided on."""
    readers: dict[str, list[Command]] = defaultdict(list)
    for command in commands:
        for part in COMMANDS[command.type].parts(command):
            readers[part.name].append(command)
    return Parts({name: await TABLES[name].load(tx, some) for name, some in readers.items()})


async def save(tx: Connection, parts: Parts, now: datetime) -> None:
    """Write the items that have changed."""
    for name, table in TABLES.items():
        if changed := parts.changed.get(name):
            await table.save(tx, changed, now)
