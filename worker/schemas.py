"""The published JSON Schemas (draft 2020-12) of all messages, from the models."""

import json
from typing import Any

from pydantic import BaseModel

from worker.domain.command import CommandSpec
from worker.domain.families import COMMANDS
from worker.domain.parts import Part
from worker.domain.staff import MemberShape
from worker.domain.venue_data import VenueFields
from worker.messaging.envelope import Envelope
from worker.queries.catalogue import QUERIES
from worker.queries.decode import QueryEnvelope
from worker.queries.query import QuerySpec

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
REFS = "#/$defs/{model}"
UUID = {"type": "string", "format": "uuid"}
TIME = {"type": "string", "format": "date-time"}
STATUSES = ["pending", "active", "inactive", "suspended", "closed"]

PROBLEM: Schema = {
    "type": "object",
    "required": ["code", "field", "message"],
    "properties": {
        "code": {"type": "string"},
        "field": {"type": ["string", "null"], "description": "JSON Pointer into the data"},
        "message": {"type": "string"},
    },
}


def all_schemas() -> dict[str, str]:
    """Return every schema's text by its path."""
    schemas = {"reply.json": _reply()}
    for type_, spec in COMMANDS.items():
        schemas[f"commands/{type_}.json"] = _command(type_, spec)
        schemas[f"events/{spec.event}.json"] = _event(spec.event, _shown(spec.part), versioned=True)
    for type_ in ("venue.command.rejected", "venue.command.parked"):
        schemas[f"events/{type_}.json"] = _event(type_, _refusal_data(), versioned=False)
    for type_, query in QUERIES.items():
        schemas[f"queries/{type_}.request.json"] = _query(type_, query)
        schemas[f"queries/{type_}.answer.json"] = _answer(type_, query)
    return {name: json.dumps(schema, indent=2) + "\n" for name, schema in schemas.items()}


def _model(model: type[BaseModel], mode: str = "validation") -> Schema:
    return model.model_json_schema(ref_template=REFS, mode=mode)  # type: ignore[arg-type]


def _command(type_: str, spec: CommandSpec) -> Schema:
    return _request(type_, _model(Envelope), _model(spec.data))


def _query(type_: str, spec: QuerySpec) -> Schema:
    schema = _model(QueryEnvelope)
    if spec.about_venue:
        schema["required"] = [*schema["required"], "subject"]
        schema["properties"]["subject"] = _model(Envelope)["properties"]["subject"]
    return _request(type_, schema, _model(spec.data))


def _request(type_: str, schema: Schema, data: Schema) -> Schema:
    definitions = data.pop("$defs", {})
    schema["properties"]["type"] = {"const": type_}
    schema["properties"]["data"] = data
    if data.get("required"):
        schema["required"] = [*schema["required"], "data"]
    else:
        schema["properties"]["data"] = {"anyOf": [data, {"type": "null"}]}
    return _titled(schema, type_, definitions)


def _event(type_: str, data: Schema, *, versioned: bool) -> Schema:
    definitions = data.pop("$defs", {})
    properties: Schema = {
        "specversion": {"const": "1.0"},
        "id": UUID,
        "source": {"const": "/venue-worker"},
        "type": {"const": type_},
        "subject": UUID,
        "time": TIME,
        "datacontenttype": {"const": "application/json"},
        "tenantid": UUID,
        "actorid": {"type": "string"},
        "venueversion": {"type": "integer", "minimum": 1},
        "causationid": UUID,
        "correlationid": {"type": "string"},
        "traceparent": {"type": "string"},
        "tracestate": {"type": "string"},
        "dataref": {"type": "string", "description": "the query for all, where data is a summary"},
        "data": data,
    }
    optional = {"actorid", "traceparent", "tracestate", "dataref"}
    if not versioned:
        optional.add("venueversion")
        del properties["venueversion"]
    required = [name for name in properties if name not in optional]
    return _titled(
        {"type": "object", "required": required, "properties": properties}, type_, definitions
    )


def _shown(part: Part[Any] | None) -> Schema:
    shape = _model(part.shape) if part else _venue()
    definitions = shape.pop("$defs", {})
    name = part.shown_as if part else "venue"
    return {
        "type": "object",
        "required": [name, "changed"],
        "properties": {
            name: shape,
            "changed": {"type": "array", "items": {"type": "string"}},
        },
        "$defs": definitions,
    }


def _venue() -> Schema:
    fields, first = _model(VenueFields), _model(MemberShape)
    definitions = {**fields.pop("$defs", {}), **first.pop("$defs", {}), "MemberShape": first}
    member = {"$ref": REFS.format(model="MemberShape")}
    return {
        "type": "object",
        "required": ["id", "status", "slug", "name"],
        "properties": {
            "id": UUID,
            "status": {"enum": STATUSES},
            "slug": {"type": "string"},
            **fields["properties"],
            "status_reason": {"type": "string"},
            "staff": {"type": "array", "description": "the first owner", "items": member},
            "created_at": TIME,
            "updated_at": TIME,
            "deleted_at": TIME,
        },
        "$defs": definitions,
    }


def _refusal_data() -> Schema:
    named = {
        "id": UUID,
        "type": {"type": "string"},
        "source": {"type": "string"},
        "time": {"anyOf": [TIME, {"type": "null"}]},
        "actorid": {"type": ["string", "null"]},
    }
    return {
        "type": "object",
        "required": ["command", "errors"],
        "properties": {
            "command": {"type": "object", "required": list(named), "properties": named},
            "errors": {"type": "array", "items": PROBLEM},
        },
    }


def _reply() -> Schema:
    properties: Schema = {
        "command_id": {"type": ["string", "null"]},
        "status": {"enum": ["applied", "rejected", "deferred", "parked"]},
        "duplicate": {"type": "boolean"},
        "venue_id": {"type": ["string", "null"]},
        "version": {"type": ["integer", "null"]},
        "errors": {"type": "array", "items": PROBLEM},
    }
    schema = {"type": "object", "required": list(properties), "properties": properties}
    return _titled(schema, "reply", {})


def _answer(type_: str, spec: QuerySpec) -> Schema:
    data = _model(spec.answer)
    definitions = data.pop("$defs", {})
    if "venue" in data["properties"]:
        venue = _venue()
        definitions.update(venue.pop("$defs"))
        data["properties"]["venue"] = venue
    properties: Schema = {
        "query_id": {"type": ["string", "null"]},
        "status": {"enum": ["ok", "error"]},
        "data": {"anyOf": [data, {"type": "null"}], "description": "null where there are errors"},
        "errors": {"type": "array", "items": PROBLEM},
    }
    schema = {"type": "object", "required": list(properties), "properties": properties}
    return _titled(schema, f"{type_} answer", definitions)


def _titled(schema: Schema, title: str, definitions: Schema) -> Schema:
    merged = {**schema.pop("$defs", {}), **definitions}
    titled = {
        "$schema": DIALECT,
        "title": title,
        **{k: v for k, v in schema.items() if k != "title"},
    }
    return {**titled, "$defs": merged} if merged else titled
