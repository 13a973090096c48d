"""Integrations: what outside services a venue is connected to, its credentials never shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from pydantic import BaseModel, JsonValue

from worker.domain.command import Command, command
from worker.domain.decision import Change, Rejected, Shown, refuse
from worker.domain.integration_data import Connect, Credentials, Disconnect, Kind
from worker.domain.parts import Part, dataref, part_changed
from worker.domain.patch import Json, JsonObject
from worker.domain.staff import OWNER
from worker.domain.state import State, rfc3339


@dataclass(frozen=True, slots=True)
class Integration:
    """A connection to an outside service.

    Attributes:
        credentials: those just given; None where they stand in the database, unread.
    """

    kind: str
    config: Mapping[str, Json]
    credential_names: tuple[str, ...]
    connected_at: datetime
    credentials: Credentials | None = None

    def document(self) -> JsonObject:
        """Return the integration as events and queries show it."""
        return {
            "kind": self.kind,
            "config": dict(self.config),
            "credential_names": list(self.credential_names),
            "connected_at": rfc3339(self.connected_at),
        }


class IntegrationShape(BaseModel):
    """An integration as events show it: the names of its credentials, never what they are."""

    kind: Kind
    config: dict[str, JsonValue]
    credential_names: list[str]
    connected_at: datetime
    disconnected_at: datetime | None = None


INTEGRATIONS: Part[Integration] = Part("integrations", "integration", IntegrationShape)
"""By kind."""


@command(
    "venue.integration.connect",
    event="venue.integration.connected",
    data=Connect,
    by=OWNER,
    part=INTEGRATIONS,
)
def connect(state: State, command: Command, now: datetime) -> Change | Rejected:
    """Connect, or connect anew with other credentials; whether they are others nobody can tell."""
    data = cast("Connect", command.data)
    given = cast("Credentials", data.credentials)
    new = Integration(data.kind, data.config, given.names, now, given)
    before = INTEGRATIONS.find(state, data.kind)
    changed = _changed(before, new)
    after = INTEGRATIONS.put(state, {new.kind: new})
    return part_changed(after, now, changed, _shown(state, new))


@command(
    "venue.integration.disconnect",
    event="venue.integration.disconnected",
    data=Disconnect,
    by=OWNER,
    part=INTEGRATIONS,
)
def disconnect(state: State, command: Command, now: datetime) -> Change | Rejected:
    """Forget an integration, its credentials with it."""
    kind = cast("Disconnect", command.data).kind
    before = INTEGRATIONS.find(state, kind)
    if before is None:
        return refuse("not_found", f"the venue is not connected to {kind}", "/kind")
    after = INTEGRATIONS.put(state, {kind: None})
    shown = _shown(state, before, disconnected_at=rfc3339(now))
    return part_changed(after, now, ("disconnected_at",), shown)


def _changed(before: Integration | None, new: Integration) -> tuple[str, ...]:
    if before is None:
        return ("kind", "config", "credentials")
    config = ("config",) if before.config != new.config else ()
    return (*config, "credentials")


def _shown(state: State, integration: Integration, **also: Any) -> Shown:  # noqa: ANN401 - JSON
    document = {**integration.document(), **also}
    summary = {**document, "config": {}}
    return Shown(document, summary, dataref(state))
