"""Messages as hypothesis draws them: small, and the same whatever the state is when they are sent.

What depends on the state (the version of the moment, a command to repeat) is a word or a number
here; `sending.py` makes the message of it.
"""

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.model.families import KINDS
from tests.model.families.staff import MOST
from tests.model.words import PLATFORM, Document, Kind

PLACES = 6
"""Venues that commands are about at a time: four in one tenant, two in another."""


@dataclass(frozen=True, slots=True)
class How:
    """What a command says beside its data.

    Attributes:
        expected: its `expectedversion`: `right`, `wrong` or `zero`.
        notbefore: `later` or `past`.
        form: how it is written: structured, `binary`, or with its ids in `capitals`.
        reuse: whether it takes the id of a parked command, or of a deleted venue.
    """

    expected: str = ""
    notbefore: str = ""
    form: str = ""
    reuse: bool = False


@dataclass(frozen=True, slots=True)
class Who:
    """Who gives it, and which AMQP user sends it."""

    actor: str | None = None
    publisher: str | None = "box-office"


@dataclass(frozen=True, slots=True)
class Draft:
    """A command; `bad` where its schema refuses the data."""

    type: str
    data: Document
    place: int
    who: Who
    how: How
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Again:
    """One of the last messages once more: `same` content, `other` content, or the `exact` bytes."""

    back: int
    way: str


@dataclass(frozen=True, slots=True)
class Odd:
    """A message that is no command, in one of the ways of `sending.ODD`."""

    way: str
    place: int


Lot = list[Draft | Again | Odd]

ODD = ("not json", "nul", "deep", "not utf-8", "array", "no tenant", "no uuid", "too far ahead",
       "negative version", "unknown type", "large")  # fmt: skip

_places = st.sampled_from([0, 0, 0, 0, 0, 1, 1, 2, 3, 4, 4, 5])
_who = st.sampled_from(
    [
        *[Who()] * 16,
        *[Who("ann")] * 16,
        *[Who("bob")] * 6,
        *[Who("cid")] * 3,
        Who("dot"),
        Who(None, None),
        Who(None, "stranger"),
        Who("ann", "narrow"),
        Who(None, "narrow"),
    ]
)
_platform = st.one_of(_who, st.just(Who()))
_how = st.sampled_from(
    [
        *[How()] * 18,
        *[How(expected="right")] * 5,
        *[How(expected="wrong")] * 2,
        How(expected="zero"),
        *[How(notbefore="later")] * 3,
        How(notbefore="past"),
        How(expected="right", notbefore="later"),
        *[How(form="binary")] * 2,
        How(form="binary", expected="right"),
        How(form="capitals"),
        *[How(reuse=True)] * 2,
    ]
)


def _whoever(kind: Kind) -> st.SearchStrategy[Who]:
    # What the platform alone may give would else be refused nearly always.
    return _platform if kind.by == PLATFORM else _who


_good = [
    st.builds(Draft, st.just(type_), kind.data, _places, _whoever(kind), _how)
    for type_, kind in KINDS.items()
    for _ in range(kind.weight)
]
_bad = [
    st.builds(Draft, st.just(type_), kind.bad, _places, _who, _how, bad=st.just(value=True))
    for type_, kind in KINDS.items()
    if kind.bad is not None
]
_again = st.builds(Again, st.integers(0, 40), st.sampled_from(["same", "same", "other", "exact"]))
_odd = st.builds(Odd, st.sampled_from(ODD), _places)


def _one_of(*choices: tuple[int, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    # By weights; `one_of` would take the choices within its choices for as many of its own.
    places = [place for place, (weight, _) in enumerate(choices) for _ in range(weight)]
    return st.sampled_from(places).flatmap(lambda place: choices[place][1])


_messages = _one_of((24, st.one_of(_good)), (4, _again), (1, st.one_of(_bad)), (1, _odd))
LOTS: st.SearchStrategy[Lot] = _one_of(
    (1, st.lists(_messages, min_size=1, max_size=8)),
    (2, st.lists(_messages, min_size=20, max_size=60)),
)
"""What comes in one batch."""

CREATIONS: Lot = [
    Draft(
        "venue.create",
        {
            "name": "Fenway Park",
            "address": {"country": "US", "city": "Boston"},
            "timezone": "America/New_York",
            "capacity": {"max": 100},
        },
        place,
        Who("ann"),
        How(),
    )
    for place in range(PLACES)
]
"""The venues that each run begins with, owned by one person."""


def helpers(place: int) -> Lot:
    """Return commands that take so many people on a venue's staff that it takes no more."""
    people = [{"user_id": f"helper-{n}", "role": "door_staff"} for n in range(MOST)]
    return [Draft("venue.staff.add", one, place, Who(), How()) for one in people]
