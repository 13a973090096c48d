"""Whatever staff commands come in whatever order: the staff stays one that the rules allow."""

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.checks import property_test
from tests.unit.samples import EARLIER, NOW, command, state
from worker.domain.decide import decide
from worker.domain.decision import Applied
from worker.domain.patch import JsonObject
from worker.domain.staff import STAFF, Member, Role
from worker.domain.staffing import MOST
from worker.domain.state import State

USERS = ["ann", "bob", "cleo"]
users = st.sampled_from(USERS)
roles = st.sampled_from([role.value for role in Role])
extras = st.sampled_from([{}, {"permissions": None}, {"permissions": ["a:b", "events:*"]}])
steps = st.lists(
    st.tuples(
        st.sampled_from(["add", "change-role", "remove"]),
        users,
        roles,
        extras,
        st.none() | users,
    ),
    max_size=25,
)
Step = tuple[str, str, str, JsonObject, str | None]


def _after(before: State, step: Step) -> State:
    verb, user, role, extra, actor = step
    data: JsonObject = (
        {"user_id": user} if verb == "remove" else {"user_id": user, "role": role, **extra}
    )
    one = command(f"venue.staff.{verb}", data, actorid=actor)
    decision = decide(before, one, NOW)
    return decision.state if isinstance(decision, Applied) else before


def _owners(now: State) -> set[str]:
    return {user for user, one in STAFF.items(now).items() if one.role is Role.OWNER}


def _crowd(size: int) -> State:
    people = {f"user-{n}": Member(f"user-{n}", Role.VIEWER, EARLIER) for n in range(size)}
    return STAFF.put(state("active"), people)


@given(st.sampled_from([0, 1, MOST - 1, MOST]), steps)
@property_test
def test_any_commands(size: int, some: list[Step]) -> None:
    """Never without an owner once there was one, never too many, versions without a gap."""
    now = _crowd(size)
    for step in some:
        after = _after(now, step)
        assert not _owners(now) or _owners(after)
        assert len(STAFF.items(after)) <= MOST
        same = STAFF.items(after) == STAFF.items(now)
        assert after.version - now.version == (0 if same else 1)
        now = after


@given(steps)
@property_test
def test_only_owners_and_the_platform_decide_on_those_above(some: list[Step]) -> None:
    """Whoever becomes or ceases to be an owner or manager does so by an owner or the platform."""
    now = STAFF.put(state("active"), {"ann": Member("ann", Role.OWNER, EARLIER)})
    for step in some:
        after, actor = _after(now, step), step[-1]
        if _above(after) != _above(now):
            assert actor is None or actor in _owners(now)
        if actor is not None and actor in STAFF.items(now):
            assert actor in STAFF.items(after)
        now = after


def _above(now: State) -> set[tuple[str, Role]]:
    above = (Role.OWNER, Role.MANAGER)
    return {(user, one.role) for user, one in STAFF.items(now).items() if one.role in above}
