"""What the commands of the staff say."""

from typing import Annotated

from pydantic import Field

from worker.domain.command import Data
from worker.domain.formats import text
from worker.domain.permissions import Permission
from worker.domain.staff import Role

MOST_PERMISSIONS = 50


class StaffRemove(Data):
    """Who leaves."""

    # The shape of an envelope's actorid: whoever creates a venue is on its staff by that.
    user_id: Annotated[str, text(256)]


class StaffAdd(StaffRemove):
    """Who, in which role; `permissions` are those beyond what the role gives."""

    role: Annotated[Role, Field(strict=False)]
    permissions: Annotated[list[Permission], Field(max_length=MOST_PERMISSIONS)] | None = None


class StaffChangeRole(StaffAdd):
    """The role from now on; `permissions` replace those there were, and if absent they stay."""
