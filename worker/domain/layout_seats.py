"""Counting and numbering the places of a layout, from its sections as they are kept.

All of these are functions of the sections (and of nothing else), so that a seat's id is the same
whoever works it out and whenever.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import quote

from worker.domain.patch import JsonObject

Sections = Sequence[Mapping[str, Any]]
"""As `layout_data.Section` reads them, in plain JSON."""

Seats = Sequence[Any] | Mapping[str, Any]
"""Of one row: listed, or numbered by a rule."""


@dataclass(frozen=True, slots=True)
class Places:
    """How many people fit; `accessible` and `companion` are those of the seats that are so."""

    seats: int = 0
    standing: int = 0
    accessible: int = 0
    companion: int = 0

    @property
    def total(self) -> int:
        """Seats and standing room."""
        return self.seats + self.standing

    def document(self) -> JsonObject:
        """Return them as events and queries show them."""
        return {
            "seats": self.seats,
            "standing": self.standing,
            "accessible": self.accessible,
            "companion": self.companion,
            "total": self.total,
        }


class Seat(NamedTuple):
    """One seat.

    Attributes:
        seat_guid: unique in the layout: `section/row/seat`, each label percent-encoded.
        section: label of its section, and `row` of its row; `label` is its own.
        category: its own, or else its row's, or else its section's.
    """

    seat_guid: str
    section: str
    row: str
    label: str
    category: str | None
    accessible: bool
    companion: bool


def places(sections: Sections) -> Places:
    """Return how many places there are; numbered seats are not counted one by one."""
    rows = [_places_of(row["seats"]) for section in sections for row in section.get("rows") or ()]
    standing = sum(_standing(section) for section in sections)
    seats, accessible, companion = (sum(column) for column in zip((0, 0, 0), *rows, strict=True))
    return Places(seats, standing, accessible, companion)


def seats(sections: Sections, skip: int = 0) -> Iterator[Seat]:
    """Yield the seats of every row, in order, after the first `skip`, which cost nearly nothing."""
    for section in sections:
        for row in section.get("rows") or ():
            count = _count(row["seats"]) if skip else 0
            if skip and skip >= count:
                skip -= count
                continue
            where = section["label"], row["label"]
            begin = "".join(f"{_encoded(label)}/" for label in where)
            category = row.get("category") or section.get("category")
            for label, own, accessible, companion in islice(_each(row["seats"]), skip, None):
                guid = begin + _encoded(label)
                yield Seat(guid, *where, label, own or category, accessible, companion)
            skip = 0


def places_by_category(sections: Sections) -> dict[str | None, int]:
    """Return how many places each category has; None for those that have none."""
    counts = Counter(seat.category for seat in seats(sections))
    for section in sections:
        if standing := _standing(section):
            counts[section.get("category")] += standing
    return dict(counts)


def numbers(seats: Mapping[str, Any]) -> range:
    """Return the numbers that a rule counts through, those it leaves out included."""
    return range(seats["from"], seats["to"] + 1, seats.get("step", 1))


def labels(seats: Seats) -> list[str]:
    """Return the labels of a row's seats, in order."""
    if not isinstance(seats, Mapping):
        return [seat if isinstance(seat, str) else seat["label"] for seat in seats]
    prefix, left_out = seats.get("prefix") or "", set(seats.get("except") or ())
    numbered = [f"{prefix}{number}" for number in numbers(seats)]
    return [label for label in numbered if label not in left_out] if left_out else numbered


def _count(seats: Seats) -> int:
    if isinstance(seats, Mapping):
        return max(0, len(numbers(seats)) - len(seats.get("except") or ()))
    return len(seats)


def _places_of(seats: Seats) -> tuple[int, int, int]:
    if isinstance(seats, Mapping):
        accessible, companion = (len(seats.get(name) or ()) for name in ("accessible", "companion"))
        return _count(seats), accessible, companion
    special = [seat for seat in seats if not isinstance(seat, str)]
    return len(seats), _how_many("accessible", special), _how_many("companion", special)


def _how_many(name: str, seats: Iterable[Mapping[str, Any]]) -> int:
    return sum(seat.get(name, False) for seat in seats)


def _standing(section: Mapping[str, Any]) -> int:
    standing: Mapping[str, int] = section.get("standing") or {}
    return standing.get("capacity", 0)


def _each(seats: Seats) -> Iterator[tuple[str, str | None, bool, bool]]:
    if isinstance(seats, Mapping):
        accessible, companion = (set(seats.get(name) or ()) for name in ("accessible", "companion"))
        for label in labels(seats):
            yield label, None, label in accessible, label in companion
        return
    for seat in seats:
        if isinstance(seat, str):
            yield seat, None, False, False
        else:
            marks = seat.get("accessible", False), seat.get("companion", False)
            yield seat["label"], seat.get("category"), *marks


def _encoded(label: str) -> str:
    # Most labels are letters and digits, of which nothing is encoded.
    return label if label.isascii() and label.isalnum() else quote(label, safe="")
