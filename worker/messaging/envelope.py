"""CloudEvents 1.0 over AMQP, read: structured and binary mode to attributes and data.

Sources: CloudEvents 1.0.2, its JSON format and its AMQP protocol binding. Odd AMQP properties never
matter more than the envelope: only a `specversion` header without a structured content type means
binary mode, and everything else is read as an envelope in the body.
"""

import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from worker.domain.formats import Timestamp, UriReference, Uuid, text, whole
from worker.messaging.delivery import Delivery

PREFIXES = ("cloudEvents:", "cloudEvents_")
INTEGER = re.compile(r"^-?[0-9]{1,10}$", re.ASCII)
STRUCTURED = "application/cloudevents+json"

JSON_TYPE = r"^[A-Za-z0-9!#$&^_.+-]+/(?:[A-Za-z0-9!#$&^_.+-]+\+)?[Jj][Ss][Oo][Nn]\s*(?:;.*)?$"

Identifier = Annotated[str, text(256)]


def _traceparent(value: object) -> object:
    # W3C Trace Context: a header that cannot be read is ignored, never a reason to fail.
    fits = isinstance(value, str) and len(value) <= MOST_TRACE and "\0" not in value
    return value if fits else None


MOST_TRACE = 512
Trace = Annotated[str | None, BeforeValidator(_traceparent)]
Version = Annotated[int, Field(ge=0, le=2_147_483_647), BeforeValidator(whole)]


class Envelope(BaseModel):
    """The attributes of a command (contract, section 1); unknown extensions are none of ours."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)

    specversion: Annotated[str, StringConstraints(pattern=r"^1\.0$")]
    id: Uuid
    source: UriReference
    type: Annotated[str, text(200)]
    subject: Uuid
    time: Timestamp | None = None
    datacontenttype: Annotated[str, StringConstraints(pattern=JSON_TYPE)] | None = None
    tenantid: Uuid
    actorid: Identifier | None = None
    expectedversion: Version | None = None
    notbefore: Timestamp | None = None
    correlationid: Identifier | None = None
    traceparent: Trace = None
    tracestate: Trace = None


def is_binary(delivery: Delivery) -> bool:
    """Tell whether the attributes stand in the headers and the body is the data alone."""
    content_type = delivery.text_property("content_type") or ""
    if content_type.lower().startswith("application/cloudevents"):
        return False
    return any(f"{prefix}specversion" in delivery.headers for prefix in PREFIXES)


def header_attributes(delivery: Delivery) -> dict[str, Any]:
    """Return the attributes of a binary mode message; its content type is the data's."""
    attributes: dict[str, Any] = {
        name[len(PREFIXES[0]) :]: _attribute(value)
        for name, value in delivery.headers.items()
        if name.startswith(PREFIXES)
    }
    if "expectedversion" in attributes:
        attributes["expectedversion"] = _integer(attributes["expectedversion"])
    if content_type := delivery.text_property("content_type"):
        attributes["datacontenttype"] = content_type
    return attributes


def _attribute(value: Any) -> Any:  # noqa: ANN401 - an AMQP table value, read further by the model
    match value:
        case bytes() | bytearray():
            return value.decode("utf-8", "replace")
        case datetime():
            return value.isoformat()
    return value


def _integer(value: object) -> object:
    # In binary mode the canonical form of an Integer is its decimal digits (CloudEvents, 3.1).
    return int(value) if isinstance(value, str) and INTEGER.match(value) else value
