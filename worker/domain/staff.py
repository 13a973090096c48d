"""Who works at a venue, in which role, and which roles may give which commands."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel

from worker.domain.parts import Part
from worker.domain.patch import JsonObject
from worker.domain.state import State, rfc3339


class Role(StrEnum):
    """A person's role at one venue, strongest first."""

    OWNER = "owner"
    MANAGER = "manager"
    BOX_OFFICE = "box_office"
    DOOR_STAFF = "door_staff"
    VIEWER = "viewer"


@dataclass(frozen=True, slots=True)
class Member:
    """A person on the staff; `permissions` are those beyond what the role gives."""

    user_id: str
    role: Role
    added_at: datetime
    permissions: tuple[str, ...] = ()

    def document(self) -> JsonObject:
        """Return the person as events and queries show them."""
        return {
            "user_id": self.user_id,
            "role": self.role.value,
            "permissions": list(self.permissions),
            "added_at": rfc3339(self.added_at),
        }


class MemberShape(BaseModel):
    """A person on the staff as events show them."""

    user_id: str
    role: Role
    permissions: list[str]
    added_at: datetime


STAFF: Part[Member] = Part("staff", "staff", MemberShape)
"""The active staff by user."""

Authority = frozenset[Role]
"""The roles that may give a command. An upstream service itself (no `actorid`) always may."""

PLATFORM: Authority = frozenset()
OWNER: Authority = frozenset({Role.OWNER})
MANAGER: Authority = frozenset({Role.OWNER, Role.MANAGER})


def role_of(state: State, user_id: str) -> Role | None:
    """Return a person's role at the venue, None for who is not on its staff (any more)."""
    member = STAFF.find(state, user_id)
    return member.role if member else None
