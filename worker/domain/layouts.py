"""The rules of a venue's layouts: add, update, remove, set-default. There is always one default."""

from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from worker.domain.command import Command, command
from worker.domain.decision import Change, Problem, Rejected, Shown, refuse
from worker.domain.layout import LAYOUTS, Layout, Plan, room
from worker.domain.layout_checks import layout_problems, within
from worker.domain.layout_data import LayoutAdd, LayoutRemove, LayoutSetDefault, LayoutUpdate
from worker.domain.layout_seats import Places, places
from worker.domain.parts import dataref, part_changed
from worker.domain.patch import JsonObject, merged_object
from worker.domain.staff import MANAGER
from worker.domain.state import State, rfc3339

MOST_LAYOUTS = 50
"""Layouts of a venue."""

LARGE = ("categories", "sections")


@command("venue.layout.add", event="venue.layout.added", data=LayoutAdd, by=MANAGER, part=LAYOUTS)
def add(state: State, command: Command, now: datetime) -> Change | Rejected:
    """Add a layout; the first one is the default."""
    fields = merged_object({}, _given(command))
    layout_id = cast("str", fields.pop("layout_id", command.id))
    layouts = LAYOUTS.items(state)
    if refused := _no_more(len(layouts)) or _taken(state, layout_id):
        return refused
    problems = layout_problems(fields)
    layout = _made(layout_id, fields, is_default=not layouts) if not problems else None
    if layout is None or (problems := _capacity(state, layout.places)):
        return Rejected(problems)
    return _changed(state, layout, (*fields,), now)


@command(
    "venue.layout.update", event="venue.layout.updated", data=LayoutUpdate, by=MANAGER, part=LAYOUTS
)
def update(state: State, command: Command, now: datetime) -> Change | Rejected:
    """Merge a patch into a layout; lists are replaced whole."""
    layout = _named(state, command)
    if isinstance(layout, Rejected):
        return layout
    patch = _given(command)
    del patch["layout_id"]
    before = _fields(layout)
    fields = merged_object(before, patch)
    changed = _differing(before, fields)
    if not changed:
        return Change(state)
    if changed == ["name"]:  # of what fitted nothing has to be checked or counted again
        return _changed(state, replace(layout, name=cast("str", fields["name"])), ("name",), now)
    if problems := within(patch, layout_problems(fields)):
        return Rejected(problems)
    return _redrawn(state, layout, fields, changed, now)


@command(
    "venue.layout.remove", event="venue.layout.removed", data=LayoutRemove, by=MANAGER, part=LAYOUTS
)
def remove(state: State, command: Command, now: datetime) -> Change | Rejected:
    """Remove a layout that is not the default."""
    layout = _named(state, command)
    if isinstance(layout, Rejected):
        return layout
    if layout.is_default:
        return refuse(
            "illegal_transition",
            "the default layout cannot be removed; set another default first",
            "/layout_id",
        )
    # The plan stands in the events that came before: what is gone is not sent once more.
    summary = {**layout.summary(), "removed_at": rfc3339(now)}
    shown = Shown(summary, summary, _dataref(state, layout))
    after = LAYOUTS.put(state, {layout.layout_id: None})
    return part_changed(after, now, ("removed_at",), shown)


@command(
    "venue.layout.set-default",
    event="venue.layout.default-set",
    data=LayoutSetDefault,
    by=MANAGER,
    part=LAYOUTS,
)
def set_default(state: State, command: Command, now: datetime) -> Change | Rejected:
    """Make a layout the default, and the one that was so an ordinary one."""
    layout = _named(state, command)
    if isinstance(layout, Rejected):
        return layout
    if layout.is_default:
        return Change(state)
    ordinary = {
        other.layout_id: replace(other, is_default=False)
        for other in LAYOUTS.items(state).values()
        if other.is_default
    }
    before = LAYOUTS.put(state, ordinary)
    return _changed(before, replace(layout, is_default=True), ("is_default",), now)


def _named(state: State, command: Command) -> Layout | Rejected:
    named = cast("LayoutUpdate | LayoutRemove | LayoutSetDefault", command.data).layout_id
    layout = LAYOUTS.find(state, named)
    return layout or refuse("not_found", f"the venue has no layout {named}", "/layout_id")


def _given(command: Command) -> JsonObject:
    # Within a section null says as much as nothing; at the top it takes what there is away.
    given = command.data.model_dump(exclude_unset=True, exclude_none=True, by_alias=True)
    gone = dict.fromkeys(command.data.model_fields_set - given.keys())
    return cast("JsonObject", {**given, **gone})


def _no_more(layouts: int) -> Rejected | None:
    if layouts < MOST_LAYOUTS:
        return None
    return refuse("too_large", f"a venue has at most {MOST_LAYOUTS} layouts; remove one first")


def _taken(state: State, layout_id: str) -> Rejected | None:
    if LAYOUTS.find(state, layout_id) is None:
        return None
    message = f"the venue has a layout {layout_id} already; update it, or choose another id"
    return refuse("invalid_data", message, "/layout_id")


def _made(layout_id: str, fields: JsonObject, *, is_default: bool) -> Layout:
    plan = {name: fields[name] for name in LARGE if name in fields}
    known: dict[str, Any] = fields
    counted = places(known["sections"])
    return Layout(layout_id, known["name"], known["kind"], counted, is_default, Plan(plan))


def _fields(layout: Layout) -> JsonObject:
    if layout.plan is None:
        raise LookupError("a layout is changed without its plan")  # what a command names is loaded
    return {"name": layout.name, "kind": layout.kind, **layout.plan.fields}


def _differing(before: JsonObject, after: JsonObject) -> list[str]:
    # Both have passed the same strict models: what Python calls equal is the same JSON.
    return [n for n in ("name", "kind", *LARGE) if before.get(n) != after.get(n)]


def _capacity(state: State, counted: Places) -> tuple[Problem, ...]:
    most = room(state.venue.fields) if state.venue else None
    if most is None or counted.total <= most:
        return ()
    message = f"the layout has {counted.total} places, more than the venue's capacity.max, {most}"
    return (Problem("capacity_exceeded", message, "/sections"),)


def _redrawn(
    state: State, layout: Layout, fields: JsonObject, changed: list[str], now: datetime
) -> Change | Rejected:
    after = _made(layout.layout_id, fields, is_default=layout.is_default)
    if not set(changed) & set(LARGE):
        after = replace(after, plan=layout.plan)
    if problems := _capacity(state, after.places):
        return Rejected(problems)
    resized = ("places",) if after.places != layout.places else ()
    return _changed(state, after, (*changed, *resized), now)


def _changed(state: State, layout: Layout, changed: tuple[str, ...], now: datetime) -> Change:
    shown = Shown(layout.document(), layout.summary(), _dataref(state, layout))
    return part_changed(LAYOUTS.put(state, {layout.layout_id: layout}), now, changed, shown)


def _dataref(state: State, layout: Layout) -> str:
    return f"{dataref(state, 'venue.layout.get')}&layout_id={layout.layout_id}"
