"""Which AMQP users may send which commands for which tenants (`VENUE_PUBLISHERS`).

The file is a JSON object: user → {"commands": [patterns], "tenants": [ids] or "*"}, patterns as in
`venue.*`. The broker vouches for a message's `user_id`; a message without one is nobody's. Without
a file, whoever may publish to `venue.commands` may send every command.
"""

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from worker.domain.command import Command
from worker.domain.decision import Rejected, refuse
from worker.domain.formats import Uuid
from worker.errors import OperatorError


class Grant(BaseModel):
    """What one user may send."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    commands: list[str]
    tenants: list[Uuid] | Literal["*"]

    def covers(self, command: Command) -> bool:
        """Tell whether the command is among it."""
        tenant = self.tenants == "*" or command.tenant_id in self.tenants
        return tenant and any(fnmatchcase(command.type, pattern) for pattern in self.commands)


class Publishers:
    """The grants, or none, which is a grant of everything to everyone."""

    def __init__(self, grants: dict[str, Grant] | None) -> None:
        self._grants = grants

    def refusal(self, command: Command) -> Rejected | None:
        """Return why the command's publisher may not send it, or None."""
        if self._grants is None:
            return None
        grant = self._grants.get(command.publisher) if command.publisher else None
        if grant is not None and grant.covers(command):
            return None
        user = f"user {command.publisher}" if command.publisher else "a message without user_id"
        return refuse("publisher_not_allowed", f"{user} may not send {command.type} for it")


def read_publishers(path: Path | None) -> Publishers:
    """Read the file.

    Raises:
        OperatorError: it cannot be read or does not have the form above.
    """
    if path is None:
        return Publishers(None)
    try:
        return Publishers(TypeAdapter(dict[str, Grant]).validate_json(path.read_bytes()))
    except OSError as error:
        raise OperatorError(f"VENUE_PUBLISHERS: cannot read {path}: {error.strerror}") from error
    except ValidationError as error:
        wrong = error.errors(include_url=False)[0]
        where = "/".join(map(str, wrong["loc"])) or "the file"
        raise OperatorError(
            f"VENUE_PUBLISHERS: {path} is not in the form described: {where}: {wrong['msg']}"
        ) from error
