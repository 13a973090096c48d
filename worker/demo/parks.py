"""The real ballparks as venue commands."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid5

from worker.client import Document

PARKS = Path(__file__).parent / "ballparks.csv"
NAMESPACE = UUID("6f1d2c1e-7f0e-4a53-9d53-0c6c54d1a5b1")
OWNER = "demo-owner"
MADE_UP_CAPACITY = 10_000
"""The source has no capacities; an active venue needs one."""


@dataclass(frozen=True, slots=True)
class Park:
    """One park. The same row has the same ids in every run, under the run's tenant."""

    tenant: str
    number: int
    row: dict[str, str]

    @property
    def id(self) -> str:
        """The venue's id."""
        return self._stable("venue")

    def create(self) -> Document:
        """Return the command that creates it."""
        row = self.row
        address = {"city": row["nearest_city"], "region": row["region"], "country": row["country"]}
        data: Document = {
            "name": row["name"],
            "type": "stadium",
            "address": {name: value for name, value in address.items() if value},
            "location": {
                "latitude": float(row["latitude"]),
                "longitude": float(row["longitude"]),
            },
            "timezone": row["timezone"],
            "tags": [row["class"], row["league"]],
            "metadata": {"team": row["team"]},
        }
        return self._command("venue.create", data)

    def set_capacity(self) -> Document:
        """Return the command that gives it a capacity."""
        return self._command("venue.update", {"capacity": {"max": MADE_UP_CAPACITY}})

    def activate(self) -> Document:
        """Return the command that activates it."""
        return self._command("venue.activate", None)

    def give(self, type_: str, data: Document) -> Document:
        """Return a command that gives it something it can have several of, such as people."""
        return {**self._command(type_, data), "id": self._stable(f"{type_} {data}")}

    def _command(self, type_: str, data: Document | None) -> Document:
        return {
            "specversion": "1.0",
            "id": self._stable(type_),
            "source": "/venue-worker/demo",
            "type": type_,
            "subject": self.id,
            "time": "2026-04-01T12:00:00Z",
            "tenantid": self.tenant,
            "actorid": OWNER,
            "data": data,
        }

    def _stable(self, purpose: str) -> str:
        return str(uuid5(NAMESPACE, f"{self.number} {self.row['name']} {purpose}"))


def parks(tenant: str) -> Iterator[Park]:
    """Yield every park."""
    with PARKS.open(newline="") as file:
        for number, row in enumerate(csv.DictReader(file)):
            yield Park(tenant, number, row)
