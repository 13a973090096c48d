"""Layouts: plans whose places fit in the venue; one is the default, and stays."""

import uuid
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from tests.model.families.venue import merged
from tests.model.words import (
    MANAGER,
    Around,
    Changed,
    Command,
    Data,
    Document,
    Kind,
    Ruling,
    Same,
    Venue,
    refused,
)

IDS = [str(uuid.UUID(int=0x1A << 64 | n, version=4)) for n in range(2)]
FITTING = {"fixed": ("rows",), "general_admission": ("standing",), "mixed": ("rows", "standing")}


def _seats(seats: Any) -> int:
    if isinstance(seats, list):
        return len(seats)
    numbered = range(seats["from"], seats["to"] + 1, seats.get("step", 1))
    return len(numbered) - len(seats.get("except") or [])


def _places(sections: list[Document]) -> Document:
    rows = [_seats(row["seats"]) for one in sections for row in one.get("rows", [])]
    standing = sum(one.get("standing", {"capacity": 0})["capacity"] for one in sections)
    return {"seats": sum(rows), "standing": standing, "total": sum(rows) + standing}


def _is_wrong(layout: Document) -> bool:
    labels = [section["label"] for section in layout["sections"]]
    known = {category["name"] for category in layout.get("categories", [])}
    used = {section["category"] for section in layout["sections"] if "category" in section}
    kinds = {name for one in layout["sections"] for name in ("rows", "standing") if name in one}
    empty = any(_seats(r["seats"]) < 1 for one in layout["sections"] for r in one.get("rows", []))
    both = any(("rows" in one) == ("standing" in one) for one in layout["sections"])
    return (
        len(set(labels)) < len(labels)
        or not used <= known
        or not kinds <= set(FITTING[layout["kind"]])
        or empty
        or both
    )


def _too_many(venue: Venue, layout: Document) -> bool:
    most = venue.fields.get("capacity", {}).get("max")
    return most is not None and layout["places"]["total"] > most


def _checked(venue: Venue, layout: Document) -> set[str]:
    reasons = {"invalid_data"} if _is_wrong(layout) else set()
    if not reasons and _too_many(venue, layout):
        reasons.add("capacity_exceeded")
    return reasons


def _add(venue: Venue, command: Command, around: Around) -> Ruling:
    del around
    layouts = venue.part("layout")
    given = merged({}, command.data)
    id_ = given.pop("layout_id", command.id)
    layout = {**given, "layout_id": id_, "is_default": not layouts}
    layout["places"] = _places(layout["sections"])
    reasons = _checked(venue, layout) | ({"invalid_data"} if id_ in layouts else set())
    if venue.status == "closed":
        reasons = {"illegal_transition"}
    return refused(*reasons) if reasons else _put(venue, layout, "venue.layout.added")


def _update(venue: Venue, command: Command, around: Around) -> Ruling:
    del around
    before = venue.part("layout").get(command.data["layout_id"])
    if venue.status == "closed":
        return refused("illegal_transition")
    if before is None:
        return refused("not_found")
    after = merged(before, command.data)
    after["places"] = _places(after["sections"])
    if after == before:
        return Same()
    reasons = _checked(venue, after)
    return refused(*reasons) if reasons else _put(venue, after, "venue.layout.updated")


def _remove(venue: Venue, command: Command, around: Around) -> Ruling:
    del around
    layouts = dict(venue.part("layout"))
    gone = layouts.pop(command.data["layout_id"], None)
    if venue.status == "closed":
        return refused("illegal_transition")
    if gone is None:
        return refused("not_found")
    if gone["is_default"]:
        return refused("illegal_transition")
    after = replace(venue, parts={**venue.parts, "layout": layouts})
    shown = {"layout_id": gone["layout_id"], "name": gone["name"]}
    return Changed(after, "venue.layout.removed", {"layout": shown})


def _set_default(venue: Venue, command: Command, around: Around) -> Ruling:
    del around
    there = venue.part("layout").get(command.data["layout_id"])
    if venue.status == "closed":
        return refused("illegal_transition")
    if there is None:
        return refused("not_found")
    if there["is_default"]:
        return Same()
    others = {k: {**one, "is_default": False} for k, one in venue.part("layout").items()}
    after = replace(venue, parts={**venue.parts, "layout": others})
    return _put(after, {**there, "is_default": True}, "venue.layout.default-set")


def _put(venue: Venue, layout: Document, event: str) -> Changed:
    layouts = {**venue.part("layout"), layout["layout_id"]: layout}
    after = replace(venue, parts={**venue.parts, "layout": layouts})
    # Of its places the model counts those that matter to the rules.
    shown = {name: value for name, value in layout.items() if name != "places"}
    return Changed(after, event, {"layout": shown})


_ids = st.sampled_from(IDS)
_names = st.sampled_from(["Concert", "Theatre"])
_kinds = st.sampled_from(["mixed"] * 6 + ["fixed", "general_admission"])
_floor = {"label": "Floor", "standing": {"capacity": 40}}
_large_floor = {"label": "Floor", "standing": {"capacity": 90}}
_stalls = {"label": "Stalls", "rows": [{"label": "A", "seats": {"from": 1, "to": 60}}]}
_every_other = {"from": 1, "to": 9, "step": 2, "except": ["3"]}
_wing = {"label": "Wing", "rows": [{"label": "A", "seats": _every_other}]}
_box = {"label": "Box", "rows": [{"label": "1", "seats": ["1", "2", "3"]}]}
_golden = {"label": "Gold", "category": "Gold", "standing": {"capacity": 5}}
_empty = {"label": "Box", "rows": [{"label": "1", "seats": {"from": 3, "to": 1}}]}
_sections: st.SearchStrategy[list[Document]] = st.sampled_from(
    [
        [_floor],
        [_large_floor],
        [_stalls, _wing],
        [_floor, _stalls],
        [_large_floor, _stalls],
        [_large_floor, _box, _wing],
        [_golden],
        [_floor, _large_floor],
        [_empty],
    ]
)
_categories = st.sampled_from([[{"name": "Gold", "color": "#ffd700"}], None])
_whole = {"name": _names, "kind": _kinds, "sections": _sections, "categories": _categories}
_named: Data = st.fixed_dictionaries({**_whole, "layout_id": _ids})
_additions: Data = st.one_of(_named, _named, _named, st.fixed_dictionaries(_whole))
_patches: Data = st.fixed_dictionaries(
    {"layout_id": _ids},
    optional={
        "name": _names,
        "kind": _kinds,
        "sections": _sections,
        "categories": _categories,
    },
)
_of_one: Data = st.fixed_dictionaries({"layout_id": _ids})
_bad: Data = st.sampled_from([{}, {"layout_id": "x"}, {"layout_id": IDS[0], "sections": []}])

KINDS = {
    "venue.layout.add": Kind(_additions, _add, MANAGER, _bad, weight=8),
    "venue.layout.update": Kind(_patches, _update, MANAGER, _bad, weight=7),
    "venue.layout.remove": Kind(_of_one, _remove, MANAGER, _bad, weight=5),
    "venue.layout.set-default": Kind(_of_one, _set_default, MANAGER, _bad, weight=7),
}
STORED = {
    "layout": """
    SELECT tenant_id::text, venue_id::text, layout_id::text AS key,
           (plan::jsonb || jsonb_build_object('layout_id', layout_id, 'name', name, 'kind', kind,
               'is_default', is_default, 'places', jsonb_build_object(
                   'seats', seats, 'standing', standing, 'total', seats + standing)))::text
           AS document
    FROM venue_layout
    """
}
