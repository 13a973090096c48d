"""What a person on the staff may do in the business of the venue, for whoever asks the service.

These are not the commands: which of those somebody may give is decided by the role alone.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from pydantic import StringConstraints

from worker.domain.staff import Member, Role

EVERYTHING = "*"
PERMISSION_PATTERN = r"^[a-z_]{1,50}:(?:[a-z_]{1,50}|\*)$"

Permission = Annotated[str, StringConstraints(pattern=PERMISSION_PATTERN)]
"""`resource:action`, or `resource:*` for every action on a resource."""

OF_ROLE: Mapping[Role, frozenset[str]] = MappingProxyType(
    {
        Role.OWNER: frozenset({EVERYTHING}),
        Role.MANAGER: frozenset(
            {
                "venue:read", "venue:update", "events:*", "tickets:view", "tickets:validate",
                "reports:view", "reports:export", "staff:view", "settings:view", "settings:update",
            }
        ),
        Role.BOX_OFFICE: frozenset(
            {
                "tickets:sell", "tickets:view", "tickets:validate", "payments:process",
                "reports:daily", "customers:view",
            }
        ),
        Role.DOOR_STAFF: frozenset({"tickets:view", "tickets:validate", "events:view"}),
        Role.VIEWER: frozenset({"events:view", "reports:view"}),
    }
)  # fmt: skip
"""What each role gives."""


def permissions_of(member: Member) -> tuple[str, ...]:
    """Return all that a person was given, by the role and beyond it, sorted; wildcards stay."""
    return tuple(sorted(OF_ROLE[member.role].union(member.permissions)))


def may(member: Member, permission: str) -> bool:
    """Tell whether a person has a permission; `resource:*` is had only as a whole."""
    resource, _, _ = permission.partition(":")
    covering = {permission, f"{resource}:*", EVERYTHING}
    return not covering.isdisjoint(permissions_of(member))
