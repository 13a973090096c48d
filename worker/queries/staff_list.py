"""`venue.staff.list`: who works at a venue, and what each of them may do."""

from pydantic import BaseModel

from worker.domain.patch import JsonObject
from worker.domain.permissions import permissions_of
from worker.domain.staff import Member, MemberShape
from worker.domain.venue_data import Nothing
from worker.queries.query import Query, View, key_of, query
from worker.storage import staff


class Listed(MemberShape):
    """A person on the staff; effective are the permissions of the role and those beyond it."""

    effective_permissions: list[str]


class StaffAnswer(BaseModel):
    """The active staff, by user; at most 50 people."""

    staff: list[Listed]


@query("venue.staff.list", data=Nothing, answer=StaffAnswer)
async def staff_list(asked: Query, view: View) -> JsonObject:
    """Answer with the active staff."""
    key = key_of(asked)
    members = (await staff.of_venues(view.tx, [(*key, staff.EVERYBODY)])).get(key, {})
    return {"staff": [_listed(member) for _, member in sorted(members.items())]}


def _listed(member: Member) -> JsonObject:
    return {**member.document(), "effective_permissions": list(permissions_of(member))}
