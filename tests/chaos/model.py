"""What a venue's commands must come to, by the contract alone: predicted as they are made."""

import random
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

Document = dict[str, Any]

LEAVES: Final = {
    "activate": {"pending", "inactive", "suspended"},
    "deactivate": {"active"},
    "suspend": {"active", "inactive"},
    "close": {"pending", "active", "inactive", "suspended"},
}
ENTERS: Final = {
    "activate": "active",
    "deactivate": "inactive",
    "suspend": "suspended",
    "close": "closed",
}
VERBS: Final = ("activate", "deactivate", "suspend", "close", "delete", "update")
WEIGHTS: Final = (6, 4, 3, 1, 1, 12)
PLACE: Final = {"address": {"country": "US", "city": "Boston"}, "timezone": "America/New_York"}


@dataclass(frozen=True, slots=True)
class Expected:
    """What becomes of a command: status, the code where it is refused, the venue's version."""

    status: str
    code: str | None = None
    version: int | None = None


@dataclass(slots=True)
class Venue:
    """One venue, its commands sent strictly one after the other."""

    rng: random.Random
    tenant: str
    id: str = ""
    status: str = "none"
    version: int = 0
    sent: list[Document] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.id = self.id or new_id(self.rng)

    def next(self) -> tuple[Document, Expected]:
        """Return the next command and what it must come to."""
        verb = "create" if self.status == "none" else self._verb()
        command = self._command(verb)
        wrong = self.rng.random() < 0.05
        if self.rng.random() < 0.2 or wrong:
            command["expectedversion"] = self.version + (3 if wrong else 0)
        expected = self._expected(verb, wrong=wrong)
        self.sent.append(command)
        return command, expected

    def _verb(self) -> str:
        if self.rng.random() < 0.03:
            return "create"
        return self.rng.choices(VERBS, WEIGHTS)[0]

    def _command(self, verb: str) -> Document:
        number = len(self.sent)
        data: Document | None = None
        if verb == "create":
            data = {"name": f"Park {self.id}", "capacity": {"max": 1000}, **PLACE}
        elif verb == "update":
            data = {"description": f"change {number}", "metadata": {"n": number}}
        elif verb in {"suspend", "close"}:
            data = {"reason": f"reason {number}"}
        return envelope(self.rng, f"venue.{verb}", self.tenant, self.id, data)

    def _expected(self, verb: str, *, wrong: bool) -> Expected:
        gone = self.status in {"none", "deleted"}
        if verb == "create":
            if self.status != "none":
                return Expected("rejected", "venue_exists")
        elif gone:
            return Expected("rejected", "venue_not_found")
        if wrong:
            return Expected("rejected", "version_conflict")
        if not self._allowed(verb):
            return Expected("rejected", "illegal_transition")
        self.version += 1
        self.status = {"create": "pending", "delete": "deleted", "update": self.status}.get(
            verb, ENTERS.get(verb, "")
        )
        return Expected("applied", None, self.version)

    def _allowed(self, verb: str) -> bool:
        if verb == "delete":
            return self.status in {"pending", "closed"}
        if verb == "update":
            return self.status != "closed"
        return verb == "create" or self.status in LEAVES[verb]


def new_id(rng: random.Random) -> str:
    """Return a UUID that depends on the seed alone."""
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def envelope(
    rng: random.Random, type_: str, tenant: str, subject: str, data: Document | None
) -> Document:
    """Return a command."""
    document = {
        "specversion": "1.0",
        "id": new_id(rng),
        "source": "/chaos",
        "type": type_,
        "subject": subject,
        "time": datetime.now(UTC).isoformat(),
        "tenantid": tenant,
    }
    return document if data is None else {**document, "data": data}


def deferred(rng: random.Random, tenant: str) -> tuple[Document, Expected]:
    """Return the creation of a venue of its own, some seconds from now."""
    subject = new_id(rng)
    data = {"name": f"Later {subject}", **PLACE}
    command = envelope(rng, "venue.create", tenant, subject, data)
    due = datetime.now(UTC) + timedelta(seconds=rng.uniform(1, 10))
    return {**command, "notbefore": due.isoformat()}, Expected("applied", None, 1)


def garbage(rng: random.Random, tenant: str) -> bytes | Document:
    """Return a message that no schema admits, unlike any other."""
    mark = new_id(rng)
    bad = envelope(rng, "venue.create", tenant, new_id(rng), {"name": mark})
    kinds: list[bytes | Document] = [
        f'{{"broken": "{mark}'.encode(),
        b"\xff\xfe" + mark.encode(),
        bad,
        {**bad, "type": "venue.nothing"},
        {**bad, "tenantid": mark[:-1]},
        {**bad, "data": {"name": mark, "address": {"country": "US"}, "unknown": 1}},
        ("[" * 40 + f'"{mark}"' + "]" * 40).encode(),
    ]
    return rng.choice(kinds)
