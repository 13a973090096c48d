"""Who works at a venue, in which role, and which roles may give which commands."""

from enum import StrEnum


class Role(StrEnum):
    """A person's role at one venue, strongest first."""

    OWNER = "owner"
    MANAGER = "manager"
    BOX_OFFICE = "box_office"
    DOOR_STAFF = "door_staff"
    VIEWER = "viewer"


Authority = frozenset[Role]
"""The roles that may give a command. An upstream service itself (no `actorid`) always may."""

PLATFORM: Authority = frozenset()
OWNER: Authority = frozenset({Role.OWNER})
MANAGER: Authority = frozenset({Role.OWNER, Role.MANAGER})
