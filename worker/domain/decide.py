"""Decide one command: existence, authority, version, rules, in the order of the contract.

Idempotency and the publisher come before these; they are the pipeline's, as they need no venue.
"""

from datetime import datetime

from worker.domain.command import Command, CommandSpec
from worker.domain.decision import Applied, Change, Decision, Event, Rejected, Shown, refuse
from worker.domain.families import COMMANDS
from worker.domain.parts import dataref
from worker.domain.patch import Json
from worker.domain.staff import role_of
from worker.domain.state import State, Status, Venue


def decide(state: State, command: Command, now: datetime) -> Decision:
    """Return what becomes of `command`, given the state of its venue.

    Args:
        state: the venue and what else the command may look at, as it stands now.
        command: the command, valid by its schema.
        now: the time of deciding, in UTC; it becomes the event's `time`.
    """
    spec = COMMANDS[command.type]
    refused = (
        _existence(spec, state, command)
        or _authority(spec, state, command)
        or _version(state, command)
        or _closed(spec, state)
    )
    if refused:
        return refused
    change = spec.rule(state, command, now)
    return change if isinstance(change, Rejected) else _applied(spec, change)


def _existence(spec: CommandSpec, state: State, command: Command) -> Rejected | None:
    if not spec.about_venue:
        return None
    if spec.creates and state.venue:
        return refuse(
            "venue_exists",
            f"the id {command.venue_id} is or was a venue's and is never reused; choose another",
        )
    if not spec.creates and (state.venue is None or state.venue.deleted_at):
        return refuse("venue_not_found", f"there is no venue {command.venue_id}")
    return None


def _authority(spec: CommandSpec, state: State, command: Command) -> Rejected | None:
    if command.actor_id is None:
        return None
    if spec.about_venue and not spec.creates and (refused := _role(spec, state, command)):
        return refused
    return spec.forbids(state, command) if spec.forbids else None


def _role(spec: CommandSpec, state: State, command: Command) -> Rejected | None:
    may = spec.authority(state)
    if command.actor_id and role_of(state, command.actor_id) in may:
        return None
    allowed = " or ".join(role.value for role in sorted(may)) or "the platform itself"
    return refuse("forbidden", f"{command.type} takes {allowed} of this venue")


def _version(state: State, command: Command) -> Rejected | None:
    if command.expected_version in (None, state.version):
        return None
    return refuse(
        "version_conflict",
        f"the venue is at version {state.version}, not {command.expected_version}; "
        "read it again and decide anew",
    )


def _closed(spec: CommandSpec, state: State) -> Rejected | None:
    if spec.part is None or state.venue is None or state.venue.status is not Status.CLOSED:
        return None
    return refuse("illegal_transition", "a venue that is closed cannot be changed, only deleted")


def _applied(spec: CommandSpec, change: Change) -> Applied:
    venue = change.state.venue
    if not change.changed or venue is None:
        return Applied(change.state, None, change.cancels)
    return Applied(change.state, _event(spec, venue, change))


def _event(spec: CommandSpec, venue: Venue, change: Change) -> Event:
    names: list[Json] = list(change.changed)
    part = spec.part.shown_as if spec.part else "venue"
    shown = change.shown or Shown(venue.document(), venue.summary(), dataref(change.state))
    return Event(
        type=spec.event,
        data={part: {**shown.document, **change.also}, "changed": names},
        summary={part: {**shown.summary, **change.also}, "changed": names},
        dataref=shown.dataref,
        version=venue.version,
    )
