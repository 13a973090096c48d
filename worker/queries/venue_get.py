"""`venue.get`: a venue and all that belongs to it, as it is now."""

from datetime import datetime
from typing import Any, cast

from pydantic import BaseModel, JsonValue

from worker.domain.documents_data import (
    DOCUMENTS,
    Compliance,
    DocumentStatus,
    DocumentSubmit,
    Verification,
)
from worker.domain.hours import UNKNOWN
from worker.domain.hours_data import HoursShape
from worker.domain.integration import IntegrationShape
from worker.domain.layout import LayoutShape
from worker.domain.opening import is_open
from worker.domain.opening_hours import Hours
from worker.domain.parts import ONLY
from worker.domain.patch import JsonObject
from worker.domain.settings import Settings
from worker.domain.settings_data import SettingsShape
from worker.domain.state import State
from worker.domain.venue_data import Nothing
from worker.domain.verification import standing, today
from worker.queries.query import Query, View, key_of, query
from worker.storage import documents, hours, integrations, layouts, settings


class OpenNow(HoursShape):
    """Opening hours; `open_now` is null where the venue has not said when it is open."""

    open_now: bool | None


class KeptDocument(DocumentSubmit):
    """A document and where it stands today."""

    status: DocumentStatus
    status_reason: str | None = None
    submitted_at: datetime
    reviewed_at: datetime | None = None


class VenueAnswer(BaseModel):
    """A venue whole; `version` is what `expectedversion` of a command has to name."""

    venue: dict[str, JsonValue]
    version: int
    settings: SettingsShape
    hours: OpenNow
    verification_status: Verification
    compliance_status: Compliance
    integrations: list[IntegrationShape]
    documents: list[KeptDocument]
    layouts: list[LayoutShape]


@query("venue.get", data=Nothing, answer=VenueAnswer)
async def venue_get(asked: Query, view: View) -> JsonObject:
    """Answer with the venue, its settings, hours, documents, integrations and layouts in short."""
    key, venue = key_of(asked), view.venue
    chosen = (await settings.of_venues(view.tx, [key])).get(key, {})
    opening = (await hours.of_venues(view.tx, [key])).get(key, {})
    connected = (await integrations.of_venues(view.tx, [key])).get(key, {})
    papers = (await documents.of_venues(view.tx, [key])).get(key, {})
    plans = (await layouts.of_venues(view.tx, [(*key, None)])).get(key, {})
    state = DOCUMENTS.put(State(venue=venue, policy=view.policy), papers)
    day = today(venue, view.now)
    answer: dict[str, Any] = {
        "venue": venue.document(),
        "version": venue.version,
        "settings": (chosen.get(ONLY) or Settings()).document(),
        "hours": _hours(opening.get(ONLY) or UNKNOWN, view),
        **standing(state, day),
        "integrations": [one.document() for _, one in sorted(connected.items()) if one],
        "documents": [one.document(day) for _, one in sorted(papers.items())],
        "layouts": [one.summary() for _, one in sorted(plans.items()) if one],
    }
    return cast("JsonObject", answer)


def _hours(hours: Hours, view: View) -> dict[str, Any]:
    zone = view.venue.fields.get("timezone")
    known = hours != UNKNOWN and zone is not None
    return {
        **hours.document(),
        "open_now": is_open(hours, str(zone), view.now) if known else None,
    }
