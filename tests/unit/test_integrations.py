"""Integrations: connected, replaced, disconnected; credentials sealed before any rule sees them."""

import pytest

from tests.unit.samples import (
    NOW,
    VAULT,
    applied,
    codes,
    command,
    decided,
    envelope,
    refused,
    state,
    structured,
    unreadable,
)
from worker.domain.decide import decide
from worker.domain.integration import INTEGRATIONS
from worker.domain.integration_data import Connect, Credentials
from worker.domain.patch import JsonObject
from worker.domain.staff import Role

PLANTED = "sk_live_51Planted"
STRIPE: JsonObject = {
    "kind": "stripe",
    "config": {"account": "acct_1"},
    "credentials": {"secret_key": PLANTED},
}
CONNECT = "venue.integration.connect"
DISCONNECT = "venue.integration.disconnect"


def test_connecting() -> None:
    """The event shows the names of the credentials; what they are stands sealed in the state."""
    decision, venue = applied(decided(state("active"), CONNECT, STRIPE))
    assert decision.event is not None
    assert (decision.event.type, venue.version) == ("venue.integration.connected", 5)
    shown = decision.event.data["integration"]
    assert shown == {
        "kind": "stripe",
        "config": {"account": "acct_1"},
        "credential_names": ["secret_key"],
        "connected_at": "2026-11-24T09:00:00.000250Z",
    }
    kept = INTEGRATIONS.items(decision.state)["stripe"].credentials
    assert isinstance(kept, Credentials)
    assert VAULT.open(kept.sealed) == b'{"secret_key":"sk_live_51Planted"}'


def test_nothing_readable_is_left() -> None:
    """Neither a command, its data, nor what is decided of it prints the credentials."""
    one = command(CONNECT, STRIPE)
    decision = decide(state("active"), one, NOW)
    for text in (repr(one), str(one.data), repr(decision)):
        assert PLANTED not in text


def test_connecting_again_replaces() -> None:
    """It is a change each time: the credentials may be others, and nobody can tell."""
    first, _ = applied(decided(state("active"), CONNECT, STRIPE))
    again, venue = applied(decide(first.state, command(CONNECT, STRIPE), NOW))
    assert again.event is not None
    assert (again.event.data["changed"], venue.version) == (["credentials"], 6)
    other: JsonObject = {**STRIPE, "config": {"account": "acct_2"}}
    third, _ = applied(decide(first.state, command(CONNECT, other), NOW))
    assert third.event is not None
    assert third.event.data["changed"] == ["config", "credentials"]


def test_disconnecting() -> None:
    """It is gone, and can be connected again; what is not connected is not found."""
    first, _ = applied(decided(state("active"), CONNECT, STRIPE))
    gone, _ = applied(decide(first.state, command(DISCONNECT, {"kind": "stripe"}), NOW))
    assert not INTEGRATIONS.items(gone.state)
    assert gone.event is not None
    assert gone.event.data["changed"] == ["disconnected_at"]
    for before, kind in ((gone.state, "stripe"), (first.state, "square")):
        missing = refused(decide(before, command(DISCONNECT, {"kind": kind}), NOW))
        assert [(p.code, p.field) for p in missing.problems] == [("not_found", "/kind")]
    applied(decide(gone.state, command(CONNECT, STRIPE), NOW))


def test_a_closed_venue() -> None:
    """Nothing is connected or disconnected any more."""
    cases: list[tuple[str, JsonObject]] = [(CONNECT, STRIPE), (DISCONNECT, {"kind": "stripe"})]
    for type_, data in cases:
        assert codes(refused(decided(state("closed"), type_, data))) == ["illegal_transition"]


def test_managers_may_not() -> None:
    """What moves money is the owner's."""
    before = state("active", Role.MANAGER)
    assert codes(refused(decided(before, CONNECT, STRIPE, actorid="user-7"))) == ["forbidden"]


BAD: list[tuple[JsonObject, str]] = [
    ({**STRIPE, "kind": "paypal"}, "/kind"),
    ({**STRIPE, "credentials": {}}, "/credentials"),
    ({**STRIPE, "credentials": {"secret_key": ""}}, "/credentials"),
    ({**STRIPE, "credentials": {"secret_key": 5}}, "/credentials"),
    ({**STRIPE, "credentials": {"sk_live_51PLANTED": "secret_key"}}, "/credentials"),
    ({**STRIPE, "config": {"accessKey": "x"}}, "/config"),
    ({**STRIPE, "config": {"\uff41\uff50\uff49 Key": "x"}}, "/config"),
    ({**STRIPE, "config": {"Authorization": "x"}}, "/config"),
    ({**STRIPE, "credentials": {f"k{n}": "x" for n in range(21)}}, "/credentials"),
    ({**STRIPE, "config": {"api_key": "x"}}, "/config"),
    ({**STRIPE, "config": {"deep": [{"Password": "x"}]}}, "/config"),
    ({"kind": "stripe"}, "/credentials"),
]


@pytest.mark.parametrize(("data", "field"), BAD)
def test_what_the_schema_refuses(data: JsonObject, field: str) -> None:
    """Wrong data is parked, and the reason does not repeat what was wrong."""
    problem = unreadable(structured(envelope(CONNECT, data=data))).problems[0]
    assert problem.code == "invalid_data"
    assert (problem.field or "").startswith(field)
    assert PLANTED not in problem.message


@pytest.mark.parametrize("name", ["credentials", PLANTED])
def test_a_secret_in_the_place_of_a_name(name: str) -> None:
    """A name that is none of ours may be the secret: the reason does not point to it."""
    data: JsonObject = {**STRIPE, name: {PLANTED: "x"}}
    for problem in unreadable(structured(envelope(CONNECT, data=data))).problems:
        assert PLANTED not in f"{problem.field} {problem.message}"


def test_the_digest_is_keyed() -> None:
    """The same content has the same digest, which cannot be computed without the key."""
    one, same = command(CONNECT, STRIPE), command(CONNECT, STRIPE)
    assert one.digest == same.digest
    other = command(CONNECT, {**STRIPE, "credentials": {"secret_key": "another"}})
    assert one.digest != other.digest
    assert Connect.secret
