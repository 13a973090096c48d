"""Events leave in waves: one of each venue at a time, in order, and none past a refusal."""

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.checks import property_test
from tests.unit.samples import TENANT
from worker.pipeline.publish import Waves
from worker.storage.outbox import PendingEvent


def _event(position: int, venue: str, tenant: str = TENANT) -> PendingEvent:
    return PendingEvent(position, f"event-{position}", tenant, venue, "x", "{}")


def _all(waves: Waves[PendingEvent]) -> list[list[int]]:
    found = []
    while wave := waves.next():
        found.append([event.position for event in wave])
    return found


def test_one_of_each_venue_at_a_time() -> None:
    """A wave has the oldest unsent event of each venue."""
    events = [_event(1, "a"), _event(2, "a"), _event(3, "b"), _event(4, "a"), _event(5, "b")]
    assert _all(Waves(events)) == [[1, 3], [2, 5], [4]]


def test_the_position_is_the_order() -> None:
    """Events are sent by their place in the outbox, however they are handed in."""
    events = [_event(3, "a"), _event(1, "a"), _event(2, "a")]
    assert _all(Waves(events)) == [[1], [2], [3]]


def test_nothing_to_send() -> None:
    """Without events there is no wave."""
    assert Waves([]).next() == []


def test_a_refusal_stops_its_venue_only() -> None:
    """After a refused event nothing of its venue is sent, and all of the others is."""
    waves = Waves([_event(n, venue) for n, venue in enumerate("abcabcabc")])
    first = waves.next()
    waves.hold([event for event in first if event.venue_id == "b"])
    assert _all(waves) == [[3, 5], [6, 8]]


def test_a_refusal_of_the_last_event() -> None:
    """A refused event with nothing behind it changes nothing for the others."""
    waves = Waves([_event(1, "a"), _event(2, "b"), _event(3, "b")])
    waves.hold([event for event in waves.next() if event.venue_id == "a"])
    assert _all(waves) == [[3]]


def test_the_same_venue_id_in_two_tenants() -> None:
    """They are two venues: neither waits for the other."""
    events = [_event(1, "a"), _event(2, "a", tenant="other"), _event(3, "a")]
    waves = Waves(events)
    assert [event.position for event in waves.next()] == [1, 2]
    waves.hold([events[1]])
    assert _all(waves) == [[3]]


@given(
    st.lists(st.sampled_from("abc"), max_size=20),
    st.sets(st.integers(0, 19)),
)
@property_test
def test_order_whatever_is_refused(venues: list[str], refusals: set[int]) -> None:
    """What is sent of a venue is a beginning of its events, which ends at its first refusal."""
    events = [_event(position, venue) for position, venue in enumerate(venues)]
    waves = Waves(events)
    sent: dict[str, list[int]] = defaultdict(list)
    while wave := waves.next():
        assert len({event.key for event in wave}) == len(wave)
        for event in wave:
            sent[event.venue_id].append(event.position)
        waves.hold([event for event in wave if event.position in refusals])
    for venue in "abc":
        mine = [event for event in events if event.venue_id == venue]
        expected: list[int] = []
        for event in mine:
            expected.append(event.position)
            if event.position in refusals:
                break
        assert sent[venue] == expected
