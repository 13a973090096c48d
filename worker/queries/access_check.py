"""`venue.access.check`: whether a person has a permission at a venue."""

from typing import cast

from pydantic import BaseModel

from worker.domain.command import Data
from worker.domain.decision import Rejected, refuse
from worker.domain.patch import JsonObject
from worker.domain.permissions import Permission, may
from worker.domain.staff import Role
from worker.messaging.envelope import Identifier
from worker.queries.query import Query, View, key_of, query
from worker.storage import staff


class AccessCheck(Data):
    """Who, and what they want to do."""

    user_id: Identifier
    permission: Permission


class AccessAnswer(BaseModel):
    """Whether they may; `role` is null for who is not on the staff."""

    allowed: bool
    role: Role | None


@query("venue.access.check", data=AccessCheck, answer=AccessAnswer, staff_only=False)
async def access_check(asked: Query, view: View) -> JsonObject | Rejected:
    """Answer yes or no. Anybody may ask about themselves, about others only the staff."""
    wanted, key = cast("AccessCheck", asked.data), key_of(asked)
    users = {wanted.user_id, asked.actor_id or wanted.user_id}
    members = (await staff.of_venues(view.tx, [(*key, user) for user in users])).get(key, {})
    if asked.actor_id not in (None, wanted.user_id, *members):
        return refuse("forbidden", "to ask about others you need a role at this venue")
    member = members.get(wanted.user_id)
    if member is None:
        return {"allowed": False, "role": None}
    return {"allowed": may(member, wanted.permission), "role": member.role.value}
