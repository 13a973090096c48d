"""A delivery becomes a query, or the reasons why it is none.

The checks go from the outside in, as those of a command do (`pipeline/decode.py`); nothing that a
sender can put into a message raises.
"""

from collections.abc import Mapping
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
from worker.messaging.envelope import JSON_TYPE, Identifier, header_attributes, is_binary
from worker.messaging.json_body import Refused, read_json, read_json_object
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
    attributes: Mapping[str, Json] = {}
    try:
        if is_binary(delivery):
            attributes = header_attributes(delivery)
            data = read_json(delivery.body, MOST_BYTES) if delivery.body else None
        else:
            attributes = read_json_object(delivery.body, MOST_BYTES)
            data = _json_data(attributes)
        return _query(_envelope(attributes), {} if data is None else data)
    except Refused as refused:
        problems = refused.problems
    except Exception:
        log.exception("decoding a query failed")
        problems = (Problem("internal", "reading the query failed; operators know why"),)
    return Unreadable(_id_of(attributes), _type_of(attributes), problems)


def _json_data(attributes: Mapping[str, Json]) -> Json:
    if attributes.get("data_base64") is not None:
        raise Refused(Problem("invalid_envelope", "give data as JSON, not as data_base64"))
    return attributes.get("data")


def _envelope(attributes: Mapping[str, Json]) -> QueryEnvelope:
    try:
        return QueryEnvelope.model_validate(attributes)
    except ValidationError as error:
        raise Refused(
            *(
                Problem(problem.code, f"attribute {(problem.field or '/')[1:]}: {problem.message}")
                for problem in problems_of(error, "invalid_envelope")
            )
        ) from None


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


def _id_of(attributes: Mapping[str, Json]) -> str | None:
    value = attributes.get("id")
    return value[:256] if isinstance(value, str) else None


def _type_of(attributes: Mapping[str, Json]) -> str:
    value = attributes.get("type")
    return value if isinstance(value, str) and value in QUERIES else OTHER
