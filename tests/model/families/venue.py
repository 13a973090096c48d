"""The life of a venue: create, update, activate, deactivate, suspend, close, delete."""

from dataclasses import replace
from itertools import count
from typing import Any

from hypothesis import strategies as st

from tests.model.words import (
    MANAGER,
    OWNER,
    PLATFORM,
    Around,
    Changed,
    Command,
    Data,
    Document,
    Kind,
    Refused,
    Roles,
    Ruling,
    Same,
    Venue,
    refused,
)

SLUG_OF = {
    "Fenway Park": "fenway-park",
    "fenway  park!": "fenway-park",
    "Café Zoë": "cafe-zoe",
    "Москва": "moskva",
    "***": "",
}
"""Names, and what is left of each in a slug."""

SLUGS = ("fenway-park", "fenway-park-2", "fenway-park-3", "moskva", "x")
SUMS = ("seated", "standing", "vip")
LARGE = "a long text " * 800
"""Twice this is more than a message may hold: see `LARGEST` in `real.py`."""


def merged(target: Any, patch: Any) -> Any:
    """Return the target with a merge patch (RFC 7396) applied."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def changed_names(before: Document, after: Document) -> frozenset[str]:
    """Return the names of the fields that differ."""
    missing = object()
    names = before.keys() | after.keys()
    return frozenset(n for n in names if before.get(n, missing) != after.get(n, missing))


def too_many(fields: Document) -> bool:
    """Tell whether the parts of the capacity come to more than its `max`."""
    capacity = fields.get("capacity", {})
    return "max" in capacity and sum(capacity.get(p, 0) for p in SUMS) > capacity["max"]


def missing(fields: Document) -> frozenset[str]:
    """Return pointers to what activation needs and is not there."""
    there = {
        "/capacity/max": fields.get("capacity", {}).get("max"),
        "/address/city": fields.get("address", {}).get("city"),
        "/timezone": fields.get("timezone"),
    }
    return frozenset(pointer for pointer, value in there.items() if value is None)


def _create(venue: Venue, command: Command, around: Around) -> Ruling:
    given = merged({}, command.data)
    slug = given.pop("slug", None)
    reasons = [*(["slug_taken"] if slug in around.slugs else [])]
    reasons += ["capacity_exceeded"] if too_many(given) else []
    if reasons:
        return refused(*reasons)
    made = replace(
        venue, status="pending", slug=slug or _free(given["name"], venue, around), fields=given
    )
    changed = frozenset(given) | ({"slug"} if slug else set())
    if command.actor is None:
        return Changed(made, "venue.created", {"venue": made.shown()}, changed)
    owner = {"user_id": command.actor, "role": "owner", "permissions": []}
    made = replace(made, parts={"staff": {command.actor: owner}})
    shown = {"venue": {**made.shown(), "staff": [owner]}}
    return Changed(made, "venue.created", shown, changed)


def _free(name: str, venue: Venue, around: Around) -> str:
    base = SLUG_OF[name] or f"venue-{venue.id[-12:]}"
    numbered = (f"{base}-{n}" for n in count(2))
    return next(s for s in (base, *(next(numbered) for _ in range(99))) if s not in around.slugs)


def _update(venue: Venue, command: Command, around: Around) -> Ruling:
    patch = dict(command.data)
    slug = patch.pop("slug", venue.slug)
    fields = merged(venue.fields, patch)
    changed = changed_names(venue.fields, fields) | ({"slug"} if slug != venue.slug else set())
    if venue.status == "closed":
        return refused("illegal_transition")
    if not changed:
        return Same()
    reasons = set()
    if slug != venue.slug and slug in around.slugs:
        reasons.add("slug_taken")
    if too_many(fields):
        reasons.add("capacity_exceeded")
    if venue.status == "active" and missing(fields):
        reasons.add("incomplete")
    if len(fields.get("location", {"latitude": 0, "longitude": 0})) != 2:
        reasons.add("invalid_data")
    if "capacity" in changed and not layouts_fit(venue, fields):
        reasons.add("capacity_exceeded")
    if reasons:
        return refused(*reasons)
    after = replace(venue, slug=slug, fields=fields)
    return Changed(after, "venue.updated", {"venue": after.shown()}, changed)


def layouts_fit(venue: Venue, fields: Document) -> bool:
    """Tell whether every layout's places are within what the venue holds."""
    most = fields.get("capacity", {}).get("max")
    places = [one["places"]["total"] for one in venue.part("layout").values()]
    return most is None or all(some <= most for some in places)


LEAVES = {
    "active": {"pending", "inactive", "suspended"},
    "inactive": {"active"},
    "suspended": {"active", "inactive"},
    "closed": {"pending", "active", "inactive", "suspended"},
}


def _move(venue: Venue, command: Command, to: str, event: str) -> Ruling:
    if venue.status not in LEAVES[to]:
        return refused("illegal_transition")
    if to == "active" and (lacks := missing(venue.fields)):
        return Refused(frozenset({"incomplete"}), lacks)
    reason = command.data.get("reason")
    changed = frozenset({"status", *(["status_reason"] if reason != venue.reason else [])})
    after = replace(venue, status=to, reason=reason)
    return Changed(after, event, {"venue": after.shown()}, changed)


def _delete(venue: Venue, command: Command, around: Around) -> Ruling:
    del command, around
    if venue.status not in {"pending", "closed"}:
        return refused("illegal_transition")
    after = replace(venue, status="deleted", last_status=venue.status)
    return Changed(after, "venue.deleted", {"venue": after.shown()}, frozenset({"deleted_at"}))


def _who_activates(venue: Venue) -> Roles:
    return PLATFORM if venue.status == "suspended" else OWNER


_names = st.sampled_from(["Fenway Park", "Fenway Park", *SLUG_OF])
_whole = {"country": "US", "city": "Boston"}
_addresses = st.sampled_from([_whole, _whole, {"country": "FR"}, {"country": "US", "city": None}])
_parts = st.sampled_from([0, 60, 120, 400])
_capacity = st.fixed_dictionaries(
    {"max": st.sampled_from([100, 100, 500, 10.0])}, optional={"seated": _parts, "vip": _parts}
)
_zones = st.sampled_from(["America/New_York", "America/New_York", "Europe/Paris"])
_fields = {
    "timezone": _zones,
    "capacity": _capacity,
    "metadata": st.sampled_from([{"a": 1}, {"a": None, "b": {"c": [1]}}, {"b": {"c": None}}]),
    "email": st.sampled_from(["a@example.com", "b@example.com", None]),
}
_large = st.sampled_from(["short", "short", LARGE])
_creations: Data = st.one_of(
    st.fixed_dictionaries({"name": _names, "address": st.just(_whole), **_fields}),
    st.fixed_dictionaries(
        {"name": _names, "address": _addresses},
        optional={**_fields, "slug": st.sampled_from([*SLUGS, None])},
    ),
)
_patches: Data = st.one_of(
    st.fixed_dictionaries({}, optional={**_fields, "name": _names, "slug": st.sampled_from(SLUGS)}),
    st.fixed_dictionaries({"slug": st.sampled_from(SLUGS)}),
    st.fixed_dictionaries({"slug": st.sampled_from(SLUGS[:2])}),
    st.fixed_dictionaries({"capacity": st.fixed_dictionaries({"max": st.sampled_from([50, 100])})}),
    st.fixed_dictionaries({"description": _large}),
    st.fixed_dictionaries({"dress_code": st.sampled_from(["black tie", None])}),
    st.fixed_dictionaries(
        {"policies": st.sampled_from([[LARGE], [], {"refunds": "none"}, {"refunds": None}])}
    ),
    st.sampled_from(
        [
            {"timezone": None},
            {"capacity": None},
            {"capacity": {"max": None}},
            {"capacity": {"seated": 90}},
            {"capacity": {"seated": 90, "standing": 20}},
            {"capacity": {"max": 50}},
            {"address": {"city": None}},
            {"address": {"city": "Lyon", "country": "FR"}},
            {"location": {"latitude": 1.5}},
            {"location": {"latitude": 1, "longitude": 2.5}},
            {"location": None},
            {},
        ]
    ),
)
_reasons = st.sampled_from(["unpaid", "winter"]).map(lambda text: {"reason": text})
_nothing: st.SearchStrategy[Document] = st.just({})
_with_reason = st.sampled_from([{}, {"reason": "x" * 1001}, {"reason": " "}, {"why": "unpaid"}])
_with_more = st.just({"more": 1})
_bad_fields: list[Document] = [
    {"address": {"country": "United States"}},
    {"capacity": {"max": 0}},
    {"capacity": {"max": 1.5}},
    {"timezone": "Mars/Olympus"},
    {"phone": "12"},
    {"unknown": 1},
    {"location": {"latitude": 91, "longitude": 0}},
    {"slug": "No Slug"},
    {"email": "nobody"},
]
_bad_patches = st.sampled_from([*_bad_fields, {"name": None}, {"name": " "}, {"slug": None}])
_bad_creations = st.sampled_from(
    [{}, {"name": "x"}, *({"name": "x", "address": {"country": "US"}, **b} for b in _bad_fields)]
)


def _mover(to: str, event: str) -> Any:
    return lambda venue, command, _: _move(venue, command, to, event)


KINDS = {
    "venue.create": Kind(_creations, _create, OWNER, _bad_creations, weight=8, creates=True),
    "venue.update": Kind(_patches, _update, MANAGER, _bad_patches, weight=14),
    "venue.activate": Kind(
        _nothing, _mover("active", "venue.activated"), _who_activates, _with_more, weight=9
    ),
    "venue.deactivate": Kind(
        st.one_of(_nothing, _reasons),
        _mover("inactive", "venue.deactivated"),
        OWNER,
        _with_more,
        weight=4,
    ),
    "venue.suspend": Kind(_reasons, _mover("suspended", "venue.suspended"), PLATFORM, _with_reason),
    "venue.close": Kind(_reasons, _mover("closed", "venue.closed"), OWNER, _with_reason, weight=1),
    "venue.delete": Kind(_nothing, _delete, OWNER, _with_more, weight=2),
}
