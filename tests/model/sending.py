"""Drafts made into messages, and what each has to read as."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pydantic_core import to_json

from tests.model.contract import Unread, World
from tests.model.drafts import Again, Draft, Odd
from tests.model.families import KINDS
from tests.model.words import PAST, Command, Document, Key
from worker.messaging.delivery import Delivery

LARGEST: Final = 16_384
"""Bytes of a message at most, as the worker under test is set."""

FIRST, SECOND = str(uuid.UUID(int=0xA1, version=4)), str(uuid.UUID(int=0xB2, version=4))
TENANTS: Final = (FIRST, FIRST, FIRST, FIRST, SECOND, SECOND)
CHANGING: Final = {3, 5}
"""Places where each `venue.create` is of another venue; elsewhere once the venue is deleted."""

REPLIES: Final = "tests.model"


@dataclass(frozen=True, slots=True)
class Sent:
    """A message: what goes to the pipeline, and what it has to read as."""

    delivery: Delivery
    read: Command | Unread

    @property
    def mark(self) -> str:
        """What its replies are known by."""
        return str(self.delivery.properties["correlation_id"])

    @property
    def identity(self) -> object:
        """What makes a message that is parked the same one."""
        return self.delivery.body, self.mark


def _in_an_hour() -> str:
    return (datetime.now(UTC) + timedelta(hours=1)).isoformat()


@dataclass(slots=True)
class Sending:
    """Makes messages of drafts, by what the world is when they are sent.

    Attributes:
        generation: by place, how many venues there were at it before.
    """

    world: World
    sent: list[Sent] = field(default_factory=list)
    generation: list[int] = field(default_factory=lambda: [0] * len(TENANTS))
    parked_ids: dict[str, str] = field(default_factory=dict)
    later: str = field(default_factory=_in_an_hour)
    _ids: int = 0

    def message(self, draft: Draft | Again | Odd) -> Sent:
        """Return the message."""
        match draft:
            case Draft():
                one = self._drafted(draft)
            case Odd(way, place):
                one = self._odd(way, place)
            case Again(back, way):
                one = self._again(back, way)
        self.sent.append(one)
        return one

    def new_id(self) -> str:
        """Return the next id."""
        self._ids += 1
        return str(uuid.UUID(int=0xC0FFEE << 64 | self._ids, version=4))

    def key(self, place: int) -> Key:
        """Return the venue at a place: the second at the same place has another id."""
        # The fifth and the first have one id in two tenants.
        number = (place % 4 + 1) << 16 | self.generation[place]
        return TENANTS[place], str(uuid.UUID(int=0xFACADE << 80 | number, version=4))

    def _drafted(self, draft: Draft) -> Sent:
        key = self.key(draft.place)
        how = draft.how
        if KINDS[draft.type].creates and not how.reuse and self._makes_way(draft.place, key):
            self.generation[draft.place] += 1
            key = self.key(draft.place)
        id_ = self.parked_ids.pop(key[0], None) if how.reuse else None
        command = Command(
            id=id_ or self.new_id(),
            type=draft.type,
            tenant=key[0],
            venue=key[1],
            data=draft.data if draft.bad else self._resolved(draft, key),
            actor=draft.who.actor,
            expected=self._expected(how.expected, key),
            notbefore={"later": self.later, "past": PAST}.get(how.notbefore),
            publisher=draft.who.publisher,
        )
        one = self._written(command, how.form)
        if not draft.bad:
            return one
        self.parked_ids[key[0]] = command.id
        return replace(one, read=Unread("invalid_data", command.id, key))

    def _makes_way(self, place: int, key: Key) -> bool:
        status = self.world.venue(key).status
        return status == "deleted" or (place in CHANGING and status != "none")

    def _resolved(self, draft: Draft, key: Key) -> Document:
        if draft.type == "venue.command.cancel":
            number = draft.data["command_id"]
            waiting = [o.command for o in self.world.waiting.values() if o.command.key == key]
            others = [o.command for o in self.world.waiting.values()]
            earlier = [one.read for one in self.sent if isinstance(one.read, Command)]
            choice = (waiting if number < 6 else others) or earlier[-40:]
            return {"command_id": choice[number % len(choice)].id}
        resolve = KINDS[draft.type].resolve
        return resolve(draft.data, self.world.venue(key)) if resolve else draft.data

    def _expected(self, word: str, key: Key) -> int | None:
        current = self.world.venue(key).current
        return {"right": current, "wrong": current + 3, "zero": 0}.get(word)

    def _again(self, back: int, way: str) -> Sent:
        before = self.sent[-1 - back % len(self.sent)]
        if way == "exact" or isinstance(before.read, Unread):
            return before
        command = before.read
        if way == "other":
            command = replace(command, actor=f"{command.actor or 'no'}body else")
        return self._written(command, "binary" if back % 3 == 0 else "")

    def _written(self, command: Command, form: str) -> Sent:
        attributes = envelope(command)
        if form == "capitals":
            for name in ("id", "subject", "tenantid"):
                attributes[name] = attributes[name].upper()
        data = to_json(command.data)
        if form == "binary":
            delivery = self._delivery(data, command.publisher, attributes)
        else:
            delivery = self._delivery(
                to_json({**attributes, "data": command.data}), command.publisher
            )
        return Sent(delivery, command)

    def _odd(self, way: str, place: int) -> Sent:
        key = self.key(place)
        whole = envelope(Command(self.new_id(), "venue.activate", *key, data={}))
        make, code, told = ODD[way]
        body = make(whole)
        known = isinstance(whole.get("id"), str) and code not in {"invalid_json", "too_large"}
        id_ = whole["id"] if known and way != "array" else None
        return Sent(self._delivery(body, "box-office"), Unread(code, id_, key if told else None))

    def _delivery(
        self, body: bytes, publisher: str | None, headers: Document | None = None
    ) -> Delivery:
        properties = {"reply_to": REPLIES, "correlation_id": self.new_id()}
        if publisher:
            properties["user_id"] = publisher
        written = {f"cloudEvents:{n}": _text(v) for n, v in (headers or {}).items()}
        return Delivery(body, headers=written, properties=properties)


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int) else value


def envelope(command: Command) -> Document:
    """Return a command's attributes; `time` differs each time and never matters."""
    attributes = {
        "specversion": "1.0",
        "id": command.id,
        "source": "/tests/model",
        "type": command.type,
        "subject": command.venue,
        "time": datetime.now(UTC).isoformat(),
        "tenantid": command.tenant,
        "actorid": command.actor,
        "expectedversion": command.expected,
        "notbefore": command.notbefore,
    }
    return {name: value for name, value in attributes.items() if value is not None}


Make = Callable[[Document], bytes]


def _with(**changes: object) -> Make:
    return lambda whole: to_json(_update(whole, changes))


def _update(whole: Document, changes: Document) -> Document:
    whole.update(changes)
    for name in [name for name, value in whole.items() if value is None]:
        del whole[name]
    return whole


ODD: Final[dict[str, tuple[Make, str, bool]]] = {
    "not json": (lambda w: b'{"id": "' + w["id"].encode(), "invalid_json", False),
    "nul": (_with(actorid="a\0b"), "invalid_json", False),
    "deep": (lambda w: b"[" * 40 + to_json(w) + b"]" * 40, "invalid_json", False),
    "not utf-8": (lambda w: b"\xff\xfe" + to_json(w), "invalid_json", False),
    "array": (lambda w: to_json([w]), "invalid_envelope", False),
    "no tenant": (_with(tenantid=None), "invalid_envelope", False),
    "no uuid": (_with(subject="fenway-park"), "invalid_envelope", False),
    "too far ahead": (_with(notbefore="2126-01-01T00:00:00Z"), "invalid_envelope", True),
    "negative version": (_with(expectedversion=-1), "invalid_envelope", False),
    "unknown type": (_with(type="venue.demolish"), "unknown_type", True),
    "large": (_with(data={"text": "x" * LARGEST}), "too_large", False),
}
"""How the message is made, its code, and whether its envelope can be read all the same."""
