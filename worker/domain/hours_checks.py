"""Opening hours may not overlap: within the week, among the exceptions, and where the two meet."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations, islice, product

from worker.domain.decision import Problem
from worker.domain.hours_data import ExceptionalDay, HoursSet
from worker.domain.opening_hours import DAY, DAYS, period_of
from worker.domain.problems import MOST

WEEK = 7 * DAY


@dataclass(frozen=True, slots=True)
class Slot:
    """An entry of the command's data, in minutes from some Monday on or from a date long past."""

    place: tuple[int, ...]
    pointer: str
    start: int
    end: int

    def moved(self, minutes: int) -> "Slot":
        """Return it later by so much."""
        return replace(self, start=self.start + minutes, end=self.end + minutes)

    def overlaps(self, other: "Slot") -> bool:
        """Tell whether the two share a minute."""
        return self.start < other.end and other.start < self.end


def overlaps(data: HoursSet) -> tuple[Problem, ...]:
    """Return a problem for each entry that overlaps one that stands before it in the data."""
    week = [_weekly(data, place) for place in range(len(data.weekly))]
    found: dict[str | None, Problem] = {}
    for problem in (*_within(week), *_of_exceptions(data, week)):
        found.setdefault(problem.field, problem)
    return tuple(islice(found.values(), MOST))


def _weekly(data: HoursSet, place: int) -> Slot:
    entry = data.weekly[place]
    return _slot(entry.model_dump(), DAYS.index(entry.day_of_week), (place,), f"/weekly/{place}")


def _slot(given: dict[str, str], day: int, place: tuple[int, ...], pointer: str) -> Slot:
    period = period_of(given)
    return Slot(place, pointer, day * DAY + period.opens, day * DAY + period.closes)


def _within(week: Sequence[Slot]) -> Iterator[Problem]:
    for one, other in combinations(week, 2):
        # Sunday night runs into Monday: of the same week and of the next.
        if any(one.moved(shift).overlaps(other) for shift in (-WEEK, 0, WEEK)):
            yield _overlap(other.pointer, f"it overlaps {one.pointer}")


def _of_exceptions(data: HoursSet, week: Sequence[Slot]) -> Iterator[Problem]:
    special: dict[int, list[Slot]] = {}
    for place, entry in enumerate(data.exceptions):
        day = date.fromisoformat(entry.date).toordinal()
        if day in special:
            yield _overlap(f"/exceptions/{place}/date", f"{entry.date} is there twice")
        else:
            special[day] = _slots_of(entry, place, day)
    for day, slots in special.items():
        around = [*_on(day - 1, special, week), *_on(day + 1, special, week)]
        yield from _among([*combinations(slots, 2), *product(around, slots)])


def _slots_of(entry: ExceptionalDay, place: int, day: int) -> list[Slot]:
    return [
        _slot(one.model_dump(), day, (place, n), f"/exceptions/{place}/hours/{n}")
        for n, one in enumerate(entry.hours)
    ]


def _on(day: int, special: dict[int, list[Slot]], week: Sequence[Slot]) -> list[Slot]:
    if day in special:
        return special[day]
    weekday = date.fromordinal(day).weekday()
    monday = (day - weekday) * DAY
    # What stands in the week stands before every exception.
    own = [slot for slot in week if slot.start // DAY == weekday]
    return [replace(slot.moved(monday), place=()) for slot in own]


def _among(pairs: Iterable[tuple[Slot, Slot]]) -> Iterator[Problem]:
    for one, other in pairs:
        if one.overlaps(other):
            first, later = sorted((one, other), key=lambda slot: slot.place)
            yield _overlap(later.pointer, f"it overlaps {first.pointer}")


def _overlap(pointer: str, message: str) -> Problem:
    return Problem("overlap", f"{message}; leave one of them out or shorten it", pointer)
