"""`python -m tests.support.lethal run`: a worker that is killed by any venue of one name.

It is the worker as it is, but for the rule that decides `venue.create`.
"""

import os
import signal
from dataclasses import replace
from datetime import datetime

from worker.__main__ import main
from worker.domain.command import Command
from worker.domain.decision import Change, Rejected
from worker.domain.families import COMMANDS
from worker.domain.state import State
from worker.domain.venue_data import VenueCreate

LETHAL = "The Lethal Lounge"
CREATE = COMMANDS["venue.create"]


def create(state: State, command: Command, now: datetime) -> Change | Rejected:
    """Decide as ever, unless it is the one that kills."""
    if isinstance(command.data, VenueCreate) and command.data.name == LETHAL:
        os.kill(os.getpid(), signal.SIGKILL)
    return CREATE.rule(state, command, now)


if __name__ == "__main__":
    COMMANDS["venue.create"] = replace(CREATE, rule=create)
    main()
