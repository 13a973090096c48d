"""What must hold of a layout as a whole: labels, categories, kind and size.

Each check yields problems with pointers into the layout; only the first few are told, and nothing
is expanded before its size is known to be within bounds.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import Any
from unicodedata import normalize

from worker.domain.decision import Problem
from worker.domain.layout_data import MOST_PLACES, MOST_SEATS
from worker.domain.layout_seats import Seats, labels, numbers, places
from worker.domain.problems import MOST

Fields = Mapping[str, Any]
UNCLEAR = "give a label that can be printed, without spaces at its ends"
ROOM_OF = {"fixed": ("rows",), "general_admission": ("standing",), "mixed": ("rows", "standing")}


def layout_problems(layout: Fields) -> tuple[Problem, ...]:
    """Return what is wrong with kind, categories and sections, taken together."""
    sections, categories = layout["sections"], layout.get("categories") or ()
    if too_large := _too_large(sections):
        return (too_large,)
    known = {category["name"] for category in categories}
    found = chain(
        _repeated([category["name"] for category in categories], "/categories", "/name"),
        _repeated([section["label"] for section in sections], "/sections", "/label"),
        *(
            _section(section, layout["kind"], known, f"/sections/{n}")
            for n, section in enumerate(sections)
        ),
    )
    return tuple(islice(found, MOST))


def within(patch: Fields, problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """Return the problems of a patched layout with pointers into the patch.

    Sections that are not in it may fit no longer: then what no longer fits them is to blame.
    """
    to_blame = next((f"/{name}" for name in ("kind", "categories") if name in patch), None)
    return tuple(
        one if str(one.field).split("/")[1] in patch else replace(one, field=to_blame)
        for one in problems
    )


def _too_large(sections: Sequence[Fields]) -> Problem | None:
    for n, section in enumerate(sections):
        for m, row in enumerate(section.get("rows") or ()):
            # Listed ones are not more: their schema says so.
            if isinstance(row["seats"], Mapping) and len(numbers(row["seats"])) > MOST_SEATS:
                at = f"/sections/{n}/rows/{m}/seats"
                return Problem("too_large", f"a row has at most {MOST_SEATS} seats", at)
    total = places(sections).total
    if total <= MOST_PLACES:
        return None
    message = f"a layout has at most {MOST_PLACES} places, not {total}; make two of it"
    return Problem("too_large", message, "/sections")


def _section(section: Fields, kind: str, known: set[str], at: str) -> Iterator[Problem]:
    given = [name for name in ("rows", "standing") if section.get(name) is not None]
    if len(given) != 1:
        yield _wrong(at, "give a section either rows or standing")
        return
    if given[0] not in ROOM_OF[kind]:
        may = " or ".join(ROOM_OF[kind])
        yield _wrong(f"{at}/{given[0]}", f"a section of a layout of kind {kind} has {may} only")
    yield from _category(section, known, at)
    rows = section.get("rows") or ()
    yield from _repeated([row["label"] for row in rows], f"{at}/rows", "/label")
    for n, row in enumerate(rows):
        yield from _category(row, known, f"{at}/rows/{n}")
        yield from _seats(row["seats"], known, f"{at}/rows/{n}/seats")


def _seats(seats: Seats, known: set[str], at: str) -> Iterator[Problem]:
    if isinstance(seats, Mapping):
        yield from _numbered(seats, at)
        return
    yield from _repeated(labels(seats), at)
    for n, seat in enumerate(seats):
        if not isinstance(seat, str):
            yield from _category(seat, known, f"{at}/{n}")


def _numbered(seats: Fields, at: str) -> Iterator[Problem]:
    if not numbers(seats):
        yield _wrong(f"{at}/to", "give a number that is not less than from")
        return
    if not _is_clear(f"{seats.get('prefix') or ''}1"):
        yield _wrong(f"{at}/prefix", UNCLEAR)
    named = {name: seats[name] for name in ("except", "accessible", "companion") if seats.get(name)}
    there = set(labels({**seats, "except": None})) if named else set()
    for name, some in named.items():
        yield from _named(some, there, f"{at}/{name}")
        if name == "except":
            there.difference_update(some)
            if not there:
                yield _wrong(f"{at}/except", "leave a seat in the row, or leave the row out")


def _named(named: Sequence[str], there: set[str], at: str) -> Iterator[Problem]:
    yield from _repeated(named, at)
    for n, label in enumerate(named):
        if label not in there:
            yield _wrong(f"{at}/{n}", f"the row has no seat {label}; name seats by prefix and all")


def _category(of: Fields, known: set[str], at: str) -> Iterator[Problem]:
    category = of.get("category")
    if category is not None and category not in known:
        yield _wrong(f"{at}/category", f"the layout has no category {category}; add it, or mend it")


def _repeated(names: Sequence[str], at: str, below: str = "") -> Iterable[Problem]:
    seen: set[str] = set()
    for n, name in enumerate(names):
        same = name if name.isascii() else normalize("NFC", name)
        if not _is_clear(name):
            yield _wrong(f"{at}/{n}{below}", UNCLEAR)
        elif same in seen:
            yield _wrong(f"{at}/{n}{below}", f"{name} is there twice; choose another label")
        seen.add(same)


def _is_clear(label: str) -> bool:
    # Two labels that look alike on a ticket are one: no signs that cannot be seen.
    return label.isprintable() and label == label.strip()


def _wrong(at: str, message: str) -> Problem:
    return Problem("invalid_data", message, at)
