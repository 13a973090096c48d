"""`venue.command.cancel`: a command that waits for its time is not to be decided after all."""

from datetime import datetime
from typing import cast

from worker.domain.command import COMMANDS, Command, Data, command
from worker.domain.decision import Change, Rejected, refuse
from worker.domain.formats import Uuid
from worker.domain.origin import Deferred
from worker.domain.staff import OWNER, PLATFORM, role_of
from worker.domain.state import State


class Cancel(Data):
    """Which command."""

    command_id: Uuid


def _forbids(state: State, command: Command) -> Rejected | None:
    waiting = _waiting(state, command)
    if waiting is None or _may(state, command, waiting):
        return None
    return refuse("forbidden", f"only who may give {waiting.origin.type} may cancel it")


@command(
    "venue.command.cancel",
    event="venue.command.rejected",
    data=Cancel,
    by=PLATFORM,
    forbids=_forbids,
    about_venue=False,
)
def cancel(state: State, command: Command, _: datetime) -> Change | Rejected:
    """End a waiting command of the same venue; whoever gave it or may give it may do so."""
    waiting = _waiting(state, command)
    if waiting is None:
        return refuse("not_found", "no such command of this venue is deferred", "/command_id")
    return Change(state, cancels=waiting)


def _waiting(state: State, command: Command) -> Deferred | None:
    return state.deferred.get(cast("Cancel", command.data).command_id)


def _may(state: State, command: Command, waiting: Deferred) -> bool:
    if command.actor_id is None or command.actor_id == waiting.origin.actor_id:
        return True
    spec = COMMANDS[waiting.origin.type]
    # Where who may give it depends on more than the role, whoever may give all of them.
    may = spec.authority(state) & OWNER if spec.forbids else spec.authority(state)
    return not spec.creates and role_of(state, command.actor_id) in may
