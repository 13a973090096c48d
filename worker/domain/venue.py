"""The rules of a venue's life: create, update, activate, deactivate, suspend, close, delete."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from worker.domain.command import Command, command
from worker.domain.decision import Change, Rejected, refuse
from worker.domain.documents_data import DOCUMENTS
from worker.domain.layout import LAYOUTS, layouts_problem
from worker.domain.parts import Part, existing
from worker.domain.patch import Json, JsonObject, changed_fields, merged_object
from worker.domain.slugs import free_slug
from worker.domain.staff import MANAGER, OWNER, PLATFORM, STAFF, Authority, Member, Role
from worker.domain.state import State, Status, Venue
from worker.domain.venue_checks import capacity_problem, missing_for_activation, update_problems
from worker.domain.venue_data import (
    Nothing,
    OptionalReason,
    Reason,
    VenueCreate,
    VenueUpdate,
)
from worker.domain.verification import lacking_documents


@command("venue.create", event="venue.created", data=VenueCreate, by=OWNER, creates=True)
def create(state: State, command: Command, now: datetime) -> Change | Rejected:
    """Make a pending venue; whoever asked for it becomes its owner."""
    given = merged_object({}, _given(command))
    slug = cast("str | None", given.pop("slug", None))
    if slug in state.slugs.taken:
        return _slug_taken(slug)
    venue = Venue(
        id=command.venue_id,
        version=1,
        status=Status.PENDING,
        slug=slug or free_slug(state.slugs),
        fields=given,
        created_at=now,
        updated_at=now,
    )
    if problem := capacity_problem(given):
        return Rejected((problem,))
    changed = (*given, "slug") if slug else (*given,)
    made = replace(state, venue=venue)
    if command.actor_id is None:
        return Change(made, changed)
    owner = Member(command.actor_id, Role.OWNER, added_at=now)
    staff: Json = [owner.document()]
    return Change(STAFF.put(made, {owner.user_id: owner}), changed, {"staff": staff})


def _reads_layouts(command: Command) -> Sequence[Part[Any]]:
    # How many places the layouts have matters to a new capacity alone.
    return (LAYOUTS,) if "capacity" in command.data.model_fields_set else ()


@command("venue.update", event="venue.updated", data=VenueUpdate, by=MANAGER, reads=_reads_layouts)
def update(state: State, command: Command, now: datetime) -> Change | Rejected:
    """Merge a patch into the venue's fields; the slug stays unless the patch names one."""
    venue = existing(state)
    if venue.status is Status.CLOSED:
        return _illegal(venue, "updated")
    patch = _given(command)
    slug = cast("str", patch.pop("slug", venue.slug))
    fields = merged_object(venue.fields, patch)
    changed = changed_fields(venue.fields, fields)
    if slug != venue.slug:
        changed.append("slug")
    if not changed:
        return Change(state)
    if slug != venue.slug and slug in state.slugs.taken:
        return _slug_taken(slug)
    if problems := update_problems(venue, fields, changed):
        return Rejected(problems)
    if "capacity" in changed and (problem := layouts_problem(state, fields)):
        return Rejected((problem,))
    return _changed(state, now, tuple(changed), slug=slug, fields=fields)


def _may_activate(state: State) -> Authority:
    suspended = state.venue is not None and state.venue.status is Status.SUSPENDED
    return PLATFORM if suspended else OWNER


@command(
    "venue.activate",
    event="venue.activated",
    data=Nothing,
    by=_may_activate,
    reads=(DOCUMENTS,),
)
def activate(state: State, command: Command, now: datetime) -> Change | Rejected:
    """Open the venue for business, once it has what the contract and the operator's policy ask."""
    del command
    venue = existing(state)
    if venue.status in (Status.ACTIVE, Status.CLOSED):
        return _illegal(venue, "activated")
    missing = (*missing_for_activation(venue.fields), *lacking_documents(state, now))
    return Rejected(missing) if missing else _moved(state, Status.ACTIVE, None, now)


@command("venue.deactivate", event="venue.deactivated", data=OptionalReason, by=OWNER)
def deactivate(state: State, command: Command, now: datetime) -> Change | Rejected:
    """Take an active venue out of business until it is activated again."""
    venue = existing(state)
    if venue.status is not Status.ACTIVE:
        return _illegal(venue, "deactivated")
    return _moved(state, Status.INACTIVE, command, now)


@command("venue.suspend", event="venue.suspended", data=Reason, by=PLATFORM)
def suspend(state: State, command: Command, now: datetime) -> Change | Rejected:
    """Stop a venue on the platform's word; only the platform lifts it."""
    venue = existing(state)
    if venue.status not in (Status.ACTIVE, Status.INACTIVE):
        return _illegal(venue, "suspended")
    return _moved(state, Status.SUSPENDED, command, now)


@command("venue.close", event="venue.closed", data=Reason, by=OWNER)
def close(state: State, command: Command, now: datetime) -> Change | Rejected:
    """Close a venue for good; after it only `venue.delete` is left."""
    venue = existing(state)
    if venue.status is Status.CLOSED:
        return _illegal(venue, "closed")
    return _moved(state, Status.CLOSED, command, now)


@command("venue.delete", event="venue.deleted", data=Nothing, by=OWNER)
def delete(state: State, command: Command, now: datetime) -> Change | Rejected:
    """Delete softly: the row and its history stay, the slug is free again, the id is not."""
    del command
    venue = existing(state)
    if venue.status not in (Status.PENDING, Status.CLOSED):
        return _illegal(venue, "deleted")
    return _changed(state, now, ("deleted_at",), deleted_at=now)


def _given(command: Command) -> JsonObject:
    return cast("JsonObject", command.data.model_dump(exclude_unset=True))


def _moved(state: State, status: Status, command: Command | None, now: datetime) -> Change:
    before = existing(state).status_reason
    reason = getattr(command.data, "reason", None) if command else None
    changed = ("status",) if reason == before else ("status", "status_reason")
    return _changed(state, now, changed, status=status, status_reason=reason)


def _changed(state: State, now: datetime, changed: tuple[str, ...], **changes: Any) -> Change:  # noqa: ANN401 - the fields of Venue
    venue = existing(state)
    after = replace(venue, version=venue.version + 1, updated_at=now, **changes)
    return Change(replace(state, venue=after), changed)


def _illegal(venue: Venue, done: str) -> Rejected:
    return refuse("illegal_transition", f"a venue that is {venue.status.value} cannot be {done}")


def _slug_taken(slug: str | None) -> Rejected:
    return refuse("slug_taken", f"another venue of the tenant has the slug {slug}", "/slug")
