"""`venue.command.cancel`: a command that waits for its time is not to be decided after all."""

from datetime import datetime
from typing import cast

from worker.domain.command import COMMANDS, Command, Data, command
from worker.domain.decision import Change, Rejected, refuse
from worker.domain.formats import Uuid
from worker.domain.origin import Deferred
from worker.domain.staff import PLATFORM, role_of
from worker.domain.state import State


class Cancel(Data):
    """Which command."""

    command_id: Uuid


@command(
    "venue.command.cancel",
    event="venue.command.rejected",
    data=Cancel,
    by=PLATFORM,
    about_venue=False,
)
def cancel(state: State, command: Command, _: datetime) -> Change | Rejected:
    """End a waiting command of the same venue; whoever gave it or may give it may do so."""
    command_id = cast("Cancel", command.data).command_id
    waiting = state.deferred.get(command_id)
    if waiting is None:
        return refuse(
            "not_found", f"no command {command_id} of this venue is deferred", "/command_id"
        )
    if not _may(state, command, waiting):
        return refuse("forbidden", f"only who may give {waiting.origin.type} may cancel it")
    return Change(state, cancels=waiting)


def _may(state: State, command: Command, waiting: Deferred) -> bool:
    if command.actor_id is None or command.actor_id == waiting.origin.actor_id:
        return True
    spec = COMMANDS[waiting.origin.type]
    return not spec.creates and role_of(state, command.actor_id) in spec.authority(state)
