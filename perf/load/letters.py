"""The messages of a load, made before the clock starts, but for the time they are meant for.

A letter is a mold, shared by many, and its own ids; the intended time is put in when it is sent,
as `correlationid`, which the command's event carries on to the subscriber. So latency is known
there, from the one clock of one machine (CLOCK_MONOTONIC, nanoseconds), with nothing looked up.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from typing import Any

from pydantic_core import from_json, to_json
from uuid_utils import uuid7

from perf.commands import make_commands
from perf.load.seeds import SEED, TENANTS, kept

MIXED = "mixed"
"""The kind that has queries among its commands."""
VARIETY = 400
"""Different venues; beyond that a name differs by its ending."""
KIB = 1024
LARGE_KIB = 64
SIZES_KIB = (4, 16, LARGE_KIB, 256)
QUERIES_SHARE, CREATES_SHARE = 0.7, 0.8
SLOTS = {"id": "{id}", "venue": "{venue}", "stamp": "{stamp}", "tail": "{tail}"}


@dataclass(frozen=True, slots=True)
class Mold:
    """What many letters have in common.

    Attributes:
        pattern: the body for `bytes %`, with slots id, venue, stamp and tail.
        good: whether it is to be applied; what is not is to be parked.
        told: whether its outcome has an event; nothing tells of what could not be read.
        query: whether it is a query.
    """

    type: str
    pattern: bytes
    good: bool = True
    told: bool = True
    query: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """One message but for its time."""

    mold: Mold
    id: str
    venue_id: str

    def body(self, intended_ns: int) -> bytes:
        """Return the body of a letter that is meant for a time."""
        return self.mold.pattern % {
            b"id": self.id.encode(),
            b"venue": self.venue_id.encode(),
            b"stamp": b"%d" % intended_ns,
            b"tail": self.id[-12:].encode(),
        }


def letters(kind: str, existing: int, seed: int) -> Iterator[Letter]:
    """Give letters of a kind without end.

    Args:
        kind: one of `KINDS`.
        existing: how many venues of `seeds` are there.
        seed: makes the letters of one publisher differ from another's.
    """
    return KINDS[kind](existing, random.Random(SEED + seed))  # noqa: S311 - variety, not secrecy


def _creates(_existing: int, _chance: random.Random) -> Iterator[Letter]:
    return (Letter(mold, str(uuid7()), str(uuid7())) for mold in cycle(_create_molds(0)))


def _padded(kib: int, _existing: int, _chance: random.Random) -> Iterator[Letter]:
    molds = _create_molds(kib * KIB)[:20]
    return (Letter(mold, str(uuid7()), str(uuid7())) for mold in cycle(molds))


def _hot(_existing: int, _chance: random.Random) -> Iterator[Letter]:
    tenant, venue_id = kept(1)
    mold = _update_molds()[tenant]
    return (Letter(mold, str(uuid7()), venue_id) for _ in cycle([None]))


def _old(existing: int, chance: random.Random) -> Iterator[Letter]:
    molds = _update_molds()
    while True:
        tenant, venue_id = kept(chance.randint(1, existing))
        yield Letter(molds[tenant], str(uuid7()), venue_id)


def _garbage(_existing: int, _chance: random.Random) -> Iterator[Letter]:
    for mold, bad in zip(cycle(_create_molds(0)), cycle(_bad_molds()), strict=False):
        yield Letter(mold, str(uuid7()), str(uuid7()))
        yield Letter(bad, str(uuid7()), str(uuid7()))


def _mixed(existing: int, chance: random.Random) -> Iterator[Letter]:
    creates, updates, queries = _creates(existing, chance), _update_molds(), _query_molds()
    while True:
        tenant, venue_id = kept(chance.randint(1, existing))
        if chance.random() < QUERIES_SHARE:
            yield Letter(chance.choice(queries)[tenant], str(uuid7()), venue_id)
        elif chance.random() < CREATES_SHARE:
            yield next(creates)
        else:
            yield Letter(updates[tenant], str(uuid7()), venue_id)


def padded(kib: int) -> str:
    """Return the kind of commands of so many KiB, one of `SIZES_KIB`."""
    return f"{kib} KiB"


KINDS: dict[str, Callable[[int, random.Random], Iterator[Letter]]] = {
    "create": _creates,
    **{padded(kib): partial(_padded, kib) for kib in SIZES_KIB},
    "hot": _hot,
    "old": _old,
    "garbage": _garbage,
    MIXED: _mixed,
}


def _create_molds(size: int) -> list[Mold]:
    molds = []
    for number, command in enumerate(make_commands(VARIETY)):
        data = from_json(command.body)["data"]
        data["name"] += f" {SLOTS['tail']}"
        if size:
            data["metadata"] = {"notes": "x" * (size - len(command.body))}
        molds.append(Mold("venue.create", _pattern("venue.create", number, data)))
    return molds


def _update_molds() -> list[Mold]:
    data = {"description": f"As of {SLOTS['tail']}", "dress_code": "smart", "age_restriction": 18}
    return [
        Mold("venue.update", _pattern("venue.update", tenant, data))
        for tenant in range(len(TENANTS))
    ]


def _query_molds() -> tuple[list[Mold], list[Mold]]:
    get, history = (
        [Mold(type_, _pattern(type_, n, {}), query=True) for n in range(len(TENANTS))]
        for type_ in ("venue.get", "venue.history")
    )
    return get, history


def _bad_molds() -> list[Mold]:
    """Return one of each sort: no JSON, no envelope, no known type, no valid data."""
    good = _create_molds(0)[0].pattern
    tenant = f'"tenantid":"{TENANTS[0]}",'.encode()
    return [
        Mold("venue.create", good[:-1], good=False, told=False),
        Mold("venue.create", good.replace(tenant, b""), good=False, told=False),
        Mold("venue.explode", good.replace(b"venue.create", b"venue.explode"), good=False),
        Mold("venue.create", good.replace(b'"type":"', b'"typ":"', 2), good=False, told=False),
        Mold("venue.create", good.replace(b'"timezone":"', b'"timezone":"Nowhere/'), good=False),
    ]


def _pattern(type_: str, number: int, data: dict[str, Any]) -> bytes:
    envelope = {
        "specversion": "1.0",
        "id": SLOTS["id"],
        "source": "/box-office",
        "type": type_,
        "subject": SLOTS["venue"],
        "time": "2026-11-24T09:00:00Z",
        "datacontenttype": "application/json",
        "tenantid": TENANTS[number % len(TENANTS)],
        "correlationid": SLOTS["stamp"],
        "data": data,
    }
    pattern = to_json(envelope).replace(b"%", b"%%")
    for name, slot in SLOTS.items():
        pattern = pattern.replace(slot.encode(), b"%%(%b)b" % name.encode())
    return pattern
