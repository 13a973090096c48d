"""A delivery becomes a query, or the reasons why it is none.

The checks go from the outside in, as those of a command do (`pipeline/decode.py`); nothing that a
sender can put into a message raises.
"""

from dataclasses import dataclass
from typing import Annotated

import structlog
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from worker.domain.command import Data
from worker.domain.decision import Problem
from worker.domain.formats import Timestamp, UriReference, Uuid, text
from worker.domain.patch import Json
from worker.domain.problems import problems_of
from worker.messaging.delivery import Delivery
from worker.messaging.envelope import JSON_TYPE, Identifier
from worker.messaging.json_body import Refused
from worker.messaging.reading import Attributes, attributes_of, data_of, envelope_of, id_of
from worker.queries.catalogue import QUERIES
from worker.queries.query import Query

MOST_BYTES = 65_536
"""Of a query; none needs a tenth of it."""

OTHER = "other"
"""What an unknown type is counted as."""

log = structlog.get_logger()


class QueryEnvelope(BaseModel):
    """The attributes of a query; unknown extensions are none of ours."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)

    specversion: Annotated[str, StringConstraints(pattern=r"^1\.0$")]
    id: Identifier
    source: UriReference
    type: Annotated[str, text(200)]
    subject: Uuid | None = None
    time: Timestamp | None = None
    datacontenttype: Annotated[str, StringConstraints(pattern=JSON_TYPE)] | None = None
    tenantid: Uuid
    actorid: Identifier | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A message that is no query; `id` is what it calls itself, where that can be read."""

    id: str | None
    type: str
    problems: tuple[Problem, ...]


def decode(delivery: Delivery) -> Query | Unreadable:
    """Read one message."""
    attributes: Attributes = {}
    try:
        attributes = attributes_of(delivery, MOST_BYTES)
        data = data_of(delivery, attributes, MOST_BYTES)
        return _query(envelope_of(QueryEnvelope, attributes), data)
    except Refused as refused:
        problems = refused.problems
    except Exception:
        log.exception("decoding a query failed")
        problems = (Problem("internal", "reading the query failed; operators know why"),)
    return Unreadable(id_of(attributes), _type_of(attributes), problems)


def _query(envelope: QueryEnvelope, data: Json) -> Query:
    spec = QUERIES.get(envelope.type)
    if spec is None:
        raise Refused(Problem("unknown_type", f"there is no query {envelope.type}"))
    if spec.about_venue and envelope.subject is None:
        message = "attribute subject: give the id of the venue that the query is about"
        raise Refused(Problem("invalid_envelope", message))
    return Query(
        id=envelope.id,
        type=envelope.type,
        tenant_id=envelope.tenantid,
        venue_id=envelope.subject if spec.about_venue else None,
        actor_id=envelope.actorid,
        data=_data(spec.data, data),
    )


def _data(model: type[Data], data: Json) -> Data:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise Refused(*problems_of(error, "invalid_data")) from None


def _type_of(attributes: Attributes) -> str:
    value = attributes.get("type")
    return value if isinstance(value, str) and value in QUERIES else OTHER
