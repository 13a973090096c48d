"""Who works at a venue, in which role, and which roles may give which commands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel

from worker.domain.parts import ONLY, Part
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
    """A person on the staff; `permissions` are those beyond what the role gives, sorted."""

    user_id: str
    role: Role
    added_at: datetime
    permissions: tuple[str, ...] = ()
    removed_at: datetime | None = None

    def document(self) -> JsonObject:
        """Return the person as events and queries show them."""
        document: JsonObject = {
            "user_id": self.user_id,
            "role": self.role.value,
            "permissions": list(self.permissions),
            "added_at": rfc3339(self.added_at),
        }
        if self.removed_at is not None:
            document["removed_at"] = rfc3339(self.removed_at)
        return document


class MemberShape(BaseModel):
    """A person on the staff as events show them; `removed_at` only once they have left."""

    user_id: str
    role: Role
    permissions: list[str]
    added_at: datetime
    removed_at: datetime | None = None


class StaffPart(Part[Member]):
    """The active staff by user: who has left is kept to be written, and not seen any more."""

    __slots__ = ()

    def items(self, state: State) -> Mapping[str, Member]:
        """Return the people who are on the staff, of those that were loaded."""
        members = super().items(state)
        return {user: member for user, member in members.items() if member.removed_at is None}

    def find(self, state: State, key: str = ONLY) -> Member | None:
        """Return a person, None for who is not on the staff (any more)."""
        member = super().find(state, key)
        return member if member and member.removed_at is None else None


STAFF = StaffPart("staff", "staff", MemberShape)

Authority = frozenset[Role]
"""The roles that may give a command. An upstream service itself (no `actorid`) always may."""

PLATFORM: Authority = frozenset()
OWNER: Authority = frozenset({Role.OWNER})
MANAGER: Authority = frozenset({Role.OWNER, Role.MANAGER})


def role_of(state: State, user_id: str) -> Role | None:
    """Return a person's role at the venue, None for who is not on its staff (any more)."""
    member = STAFF.find(state, user_id)
    return member.role if member else None
