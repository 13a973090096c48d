"""Commands, venues and messages that are complete and valid but for what a test changes."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import SecretStr
from pydantic_core import to_json

from worker.domain import venue as _venue
from worker.domain.command import COMMANDS, Command
from worker.domain.decide import decide
from worker.domain.decision import Applied, Decision, Rejected
from worker.domain.documents_data import DOCUMENTS, Document
from worker.domain.integration import INTEGRATIONS, Integration
from worker.domain.layout import LAYOUTS, Layout, Plan
from worker.domain.layout_seats import Places
from worker.domain.origin import Deferred
from worker.domain.patch import Json, JsonObject
from worker.domain.staff import STAFF, Member, Role
from worker.domain.state import State, Status, Venue
from worker.local.keys import LOCAL_KEY
from worker.messaging.delivery import Delivery
from worker.pipeline.decode import Unreadable, decode
from worker.storage.vault import Vault

TENANT: Final = "5f0c4f6e-7a51-4c8e-9f5a-0d6c5f1f2a11"
VENUE: Final = "0197aaaa-0000-7000-8000-00000000abcd"
COMMAND: Final = "0197cccc-0000-7000-8000-00000000ef01"
WAITING: Final = "0197dddd-0000-7000-8000-00000000ef02"
"""The id of the command that waits where one does."""
NOW: Final = datetime(2026, 11, 24, 9, 0, 0, 250, tzinfo=UTC)
EARLIER: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
MOST: Final = 1_048_576
VAULT: Final = Vault([SecretStr(LOCAL_KEY)], hash_key=b"for tests")
VERSION: Final = 4
"""The version of every venue that `venue` makes."""

LIFECYCLE: Final = tuple(
    type_ for type_, spec in COMMANDS.items() if spec.rule.__module__ == _venue.__name__
)
"""The commands that move a venue through its life, from the register itself."""

SMALLEST: Final[JsonObject] = {"name": "Fenway Park", "address": {"country": "US"}}
FIELDS: Final[JsonObject] = {
    "name": "Fenway Park",
    "type": "stadium",
    "address": {"city": "Boston", "region": "MA", "country": "US"},
    "timezone": "America/New_York",
    "capacity": {"max": 37755, "seated": 37000},
}
SECOND: Final = "0197eeee-0000-7000-8000-00000000ef03"
"""The layout that is not the default where there are two."""
SECTIONS: Final[Json] = [{"label": "Floor", "standing": {"capacity": 100}}]
DATA: Final[dict[str, JsonObject]] = {
    "venue.create": SMALLEST,
    "venue.update": {"description": "The oldest ballpark"},
    "venue.suspend": {"reason": "unpaid fees"},
    "venue.close": {"reason": "sold"},
    "venue.command.cancel": {"command_id": WAITING},
    "venue.staff.add": {"user_id": "user-8", "role": "viewer"},
    "venue.staff.change-role": {"user_id": "user-8", "role": "door_staff"},
    "venue.staff.remove": {"user_id": "user-8"},
    "venue.integration.connect": {"kind": "stripe", "credentials": {"secret_key": "sk_test"}},
    "venue.integration.disconnect": {"kind": "stripe"},
    "venue.layout.add": {"name": "Concert", "kind": "mixed", "sections": SECTIONS},
    "venue.layout.update": {"layout_id": SECOND, "name": "Boxing"},
    "venue.layout.remove": {"layout_id": SECOND},
    "venue.layout.set-default": {"layout_id": SECOND},
    "venue.document.submit": {"kind": "w9", "sha256": "ab" * 32},
    "venue.document.review": {"kind": "w9", "decision": "approved"},
    "venue.settings.update": {"resale": {"allowed": True}},
    "venue.hours.set": {"weekly": [{"day_of_week": "friday", "opens": "18:00", "closes": "02:00"}]},
}
"""Valid data of each command that needs some."""

STATUS: Final = {"venue.create": "none", "venue.activate": "inactive", "venue.delete": "closed"}
"""A status that each command is allowed in, where `active` is none."""


def envelope(type_: str = "venue.create", **changes: object) -> dict[str, Any]:
    """Return a valid command; attributes that are given take the place of its own."""
    return {
        "specversion": "1.0",
        "id": COMMAND,
        "source": "/box-office",
        "type": type_,
        "subject": VENUE,
        "tenantid": TENANT,
        "data": DATA.get(type_, {}),
        **changes,
    }


def structured(
    attributes: object,
    *,
    headers: dict[str, Any] | None = None,
    properties: dict[str, Any] | None = None,
) -> Delivery:
    """Return the delivery of an envelope in structured mode."""
    return Delivery(to_json(attributes), headers=headers or {}, properties=properties or {})


def binary(data: object, *, prefix: str = "cloudEvents:", **attributes: object) -> Delivery:
    """Return the delivery of a command in binary mode; a body of bytes is sent as it is."""
    headers = {prefix + name: value for name, value in attributes.items()}
    return Delivery(data if isinstance(data, bytes) else to_json(data), headers=headers)


def attributes_of(type_: str = "venue.create", **changes: object) -> dict[str, Any]:
    """Return a valid envelope without its data, for binary mode."""
    return {name: v for name, v in envelope(type_, **changes).items() if name != "data"}


def command(type_: str, data: JsonObject | None = None, **attributes: object) -> Command:
    """Return a command as the decoder reads it."""
    given = DATA.get(type_, {}) if data is None else data
    read = decode(structured(envelope(type_, data=given, **attributes)), MOST, VAULT)
    assert isinstance(read, Command), read
    return read


def unreadable(delivery: Delivery, most_bytes: int = MOST) -> Unreadable:
    """Decode what has to be refused."""
    read = decode(delivery, most_bytes, VAULT)
    assert isinstance(read, Unreadable), read
    return read


def codes(refused: Unreadable | Rejected) -> list[str]:
    """Return the codes of the problems, in order."""
    return [problem.code for problem in refused.problems]


def venue(
    status: Status = Status.PENDING,
    *,
    fields: Mapping[str, Json] = FIELDS,
    slug: str = "fenway-park",
    deleted_at: datetime | None = None,
) -> Venue:
    """Return a venue, by default one that has all that activation needs."""
    one = Venue(VENUE, VERSION, status, slug, fields, EARLIER, EARLIER)
    return replace(one, deleted_at=deleted_at)


def state(word: str = "pending", role: Role | None = None, user: str = "user-7") -> State:
    """Return the state with a venue of the given status, or `none`, or a `deleted` one."""
    staff = {user: Member(user, role, EARLIER)} if role else {}
    before = STAFF.put(State(), staff)
    if word == "none":
        return before
    if word == "deleted":
        return replace(before, venue=venue(Status.CLOSED, deleted_at=EARLIER))
    return replace(before, venue=venue(Status(word)))


def _viewer(before: State) -> State:
    return STAFF.put(before, {"user-8": Member("user-8", Role.VIEWER, EARLIER)})


def _waiting(before: State) -> State:
    origin = command("venue.update", id=WAITING, actorid="user-9")
    return replace(before, deferred={WAITING: Deferred(origin, origin.digest)})


def _w9(before: State) -> State:
    return DOCUMENTS.put(
        before, {"w9": Document(kind="w9", sha256="ab" * 32, submitted_at=EARLIER)}
    )


def _layouts(before: State) -> State:
    plan = Plan({"sections": SECTIONS}, stored=True)
    places = Places(0, 100, 0, 0)
    return LAYOUTS.put(
        before,
        {
            id_: Layout(id_, "Concert", "mixed", places, id_ == COMMAND, plan)
            for id_ in (COMMAND, SECOND)
        },
    )


def _stripe(before: State) -> State:
    return INTEGRATIONS.put(before, {"stripe": Integration("stripe", {}, ("secret_key",), EARLIER)})


NEEDED: Final[dict[str, Callable[[State], State]]] = {
    "venue.command.cancel": _waiting,
    "venue.staff.change-role": _viewer,
    "venue.staff.remove": _viewer,
    "venue.integration.disconnect": _stripe,
    "venue.document.review": _w9,
    "venue.layout.update": _layouts,
    "venue.layout.remove": _layouts,
    "venue.layout.set-default": _layouts,
}
"""What has to stand beside a venue for the data of `DATA` to be about something."""


def ready(type_: str, word: str | None = None, role: Role | None = None) -> State:
    """Return a state in which nothing but authority refuses the command with its data of `DATA`.

    Args:
        type_: the command.
        word: the venue's status, `none` or `deleted`; the command's of `STATUS` if None.
        role: what `user-7` is at the venue; None for a stranger.
    """
    before = state(word or STATUS.get(type_, "active"), role)
    return NEEDED[type_](before) if type_ in NEEDED else before


def applied(decision: Decision) -> tuple[Applied, Venue]:
    """Return what was applied, and the venue after it."""
    assert isinstance(decision, Applied), decision
    assert decision.state.venue is not None
    return decision, decision.state.venue


def refused(decision: Decision) -> Rejected:
    """Return what was refused."""
    assert isinstance(decision, Rejected), decision
    return decision


def decided(
    before: State, type_: str, data: JsonObject | None = None, **attributes: object
) -> Decision:
    """Decide a command on a state."""
    return decide(before, command(type_, data, **attributes), NOW)
