"""Command messages as an upstream service would write them."""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Document = dict[str, Any]


def new_id() -> str:
    """Return a fresh UUID."""
    return str(uuid.uuid4())


def command(type_: str, subject: str, tenant: str, data: Document | None, **more: Any) -> Document:
    """Return a command; `more` are further attributes, None leaves one out."""
    document: Document = {
        "specversion": "1.0",
        "id": new_id(),
        "source": "/tests",
        "type": type_,
        "subject": subject,
        "time": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "tenantid": tenant,
        "data": data,
        **more,
    }
    return {name: value for name, value in document.items() if value is not None}


@dataclass(slots=True)
class Venue:
    """A venue as its upstream service knows it: its ids, and the commands about it."""

    tenant: str = field(default_factory=new_id)
    id: str = field(default_factory=new_id)

    def create(self, name: str = "Fenway Park", **more: Any) -> Document:
        """Return the command that makes it; `more` are further fields."""
        data = {"name": name, "address": {"country": "US"}, **more}
        return command("venue.create", self.id, self.tenant, data)

    def create_complete(self, name: str = "Fenway Park") -> Document:
        """Return the command that makes it with all that activation needs."""
        return self.create(
            name,
            address={"country": "US", "city": "Boston"},
            timezone="America/New_York",
            capacity={"max": 37755},
        )

    def update(self, **patch: Any) -> Document:
        """Return the command that merges a patch."""
        return command("venue.update", self.id, self.tenant, patch)

    def to(self, verb: str, data: Document | None = None, **more: Any) -> Document:
        """Return `venue.<verb>`."""
        return command(f"venue.{verb}", self.id, self.tenant, data, **more)
