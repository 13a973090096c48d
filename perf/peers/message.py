"""The message of the Python peers: a CloudEvent with a new venue, validated by pydantic."""

import hashlib
import json

from pydantic_core import from_json

from worker.domain.command import Command
from worker.domain.venue_data import VenueCreate
from worker.messaging.envelope import Envelope


class CreateVenue(Envelope):
    """The message: a CloudEvent that carries a new venue."""

    data: VenueCreate


def decoded(body: bytes) -> Command:
    """Validate a body; what raises here is handed back and ends in `venue.dead`."""
    document = from_json(body)
    read = CreateVenue.model_validate(document)
    due = read.notbefore.isoformat() if read.notbefore else None
    content = [read.type, read.subject, read.actorid, read.expectedversion, due, document["data"]]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return Command(
        id=read.id,
        type=read.type,
        source=read.source,
        tenant_id=read.tenantid,
        venue_id=read.subject,
        time=read.time,
        correlation_id=read.correlationid,
        traceparent=read.traceparent,
        tracestate=read.tracestate,
        expected_version=read.expectedversion,
        data=read.data,
        digest=hashlib.sha256(text.encode()).digest(),
    )
