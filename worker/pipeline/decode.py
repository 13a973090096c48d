"""Step 2, decode: a delivery becomes a command, or a message that could not be understood and why.

The checks go from the outside in: size, JSON, envelope, type, data. What stops at one of them is
`Unreadable` and will be parked; nothing here needs a database, and nothing a sender can put into
a message raises.
"""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from pydantic import ValidationError

from worker.domain.command import Command, Data
from worker.domain.decision import Problem
from worker.domain.families import COMMANDS
from worker.domain.origin import Origin
from worker.domain.patch import Json
from worker.domain.problems import problems_of
from worker.errors import traceback_of
from worker.messaging.delivery import Delivery
from worker.messaging.envelope import Envelope
from worker.messaging.json_body import Refused
from worker.messaging.reading import Attributes, attributes_of, data_of, envelope_of, id_of
from worker.storage.vault import Vault

LONGEST_DEFERRAL = timedelta(days=366)
# Digests are kept for weeks: this stays what it is, to the byte. Parsed JSON holds no circles; not
# to look for them, nor to make an encoder each time, is quicker.
canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), check_circular=False).encode
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A message to park: its JSON Schema refuses it, or deciding it failed too often.

    Attributes:
        origin: what the envelope says, if all of it could be read.
        command_id: what the sender called the message, even if that is no UUID.
        reason: a word for operators, where the first problem's code says too little.
        attempts: how often deciding it has failed.
        traceback: of the last failure.
    """

    problems: tuple[Problem, ...]
    origin: Origin | None = None
    command_id: str | None = None
    reason: str | None = None
    attempts: int = 0
    traceback: str | None = None

    @property
    def parked_for(self) -> str:
        """The word it is parked under."""
        return self.reason or self.problems[0].code


def decode(delivery: Delivery, most_bytes: int, vault: Vault) -> Command | Unreadable:
    """Read one message, of at most `most_bytes`; its secrets are sealed at once."""
    attributes: Attributes = {}
    envelope = traceback = None
    try:
        attributes = attributes_of(delivery, most_bytes)
        envelope = envelope_of(Envelope, attributes)
        data = data_of(delivery, attributes, most_bytes)
        return _command(envelope, data, delivery, vault)
    except Refused as refused:
        problems = refused.problems
    except Exception as error:
        # A defect of ours, and no reason to keep the others waiting. Nothing here depends on
        # anything but the message, so there is no use in trying again.
        log.exception("decoding failed")
        problems = (Problem("internal", "reading the message failed; operators know why"),)
        traceback = traceback_of(error)
    origin = Origin(**_origin(envelope)) if envelope else None
    return Unreadable(problems, origin, id_of(attributes), traceback=traceback)


def _command(envelope: Envelope, data: Json, delivery: Delivery, vault: Vault) -> Command:
    if envelope.notbefore and envelope.notbefore > datetime.now(UTC) + LONGEST_DEFERRAL:
        message = "attribute notbefore: a command is deferred for a year at most"
        raise Refused(Problem("invalid_envelope", message))
    read = _data(envelope.type, data, vault)
    digest = _digest(envelope, data)
    return Command(
        **_origin(envelope),
        data=read,
        digest=vault.keyed(digest) if read.secret else digest,
        expected_version=envelope.expectedversion,
        not_before=envelope.notbefore,
        publisher=delivery.text_property("user_id"),
    )


def _data(type_: str, data: Json, vault: Vault) -> Data:
    spec = COMMANDS.get(type_)
    if spec is None:
        raise Refused(Problem("unknown_type", f"there is no command {type_}"))
    try:
        return spec.data.model_validate(data, context=vault)
    except ValidationError as error:
        problems = problems_of(error, "invalid_data")
        if spec.data.secret:
            # A name that is none of ours may itself be the secret.
            problems = (_known(problem, spec.data) for problem in problems)
        raise Refused(*problems) from None


def _known(problem: Problem, data: type[Data]) -> Problem:
    name = (problem.field or "").split("/")[1:2]
    known = name if name and name[0] in data.model_fields else []
    return replace(problem, field="".join(f"/{one}" for one in known) or None)


def _digest(envelope: Envelope, data: Json) -> bytes:
    content = [
        envelope.type,
        envelope.subject,
        envelope.actorid,
        envelope.expectedversion,
        envelope.notbefore.isoformat() if envelope.notbefore else None,
        data,
    ]
    return hashlib.sha256(canonical(content).encode()).digest()


def _origin(envelope: Envelope) -> dict[str, Any]:
    return {
        "id": envelope.id,
        "type": envelope.type,
        "source": envelope.source,
        "tenant_id": envelope.tenantid,
        "venue_id": envelope.subject,
        "time": envelope.time,
        "actor_id": envelope.actorid,
        "correlation_id": envelope.correlationid,
        "traceparent": envelope.traceparent,
        "tracestate": envelope.tracestate,
    }
