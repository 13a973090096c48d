"""What becomes of each message of a lot, by the broker's confirms; none is sent past a refusal."""

import asyncio
from collections import defaultdict, deque
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.checks import property_test
from tests.unit.samples import TENANT
from worker import breath
from worker.messaging import confirms
from worker.messaging.confirms import Lot
from worker.messaging.link import Link
from worker.messaging.publisher import chains
from worker.messaging.wire import Outgoing
from worker.storage.outbox import PendingEvent

Chain = deque[str]


class Sending:
    """A lot, and what is sent of it by which tag."""

    def __init__(self, *some: str, next_tag: int = 1, mandatory: bool = False) -> None:
        self.lot: Lot[str] = Lot(some, next_tag)
        self.sent: list[str] = []
        self._mandatory = mandatory
        self.send(self.lot.chains)

    def send(self, ready: list[Chain]) -> None:
        """Send the first of some chains."""
        for chain in ready:
            self.sent.append(chain[0])
            self.lot.send(chain, Outgoing("", "q", b"", b"", self._mandatory, chain[0]))

    def confirm(self, tag: int, *, multiple: bool = False, accepted: bool = True) -> None:
        """Let the broker say something, and go on."""
        self.send(self.lot.confirm(tag, multiple=multiple, accepted=accepted))

    @property
    def left(self) -> list[str]:
        """What nothing is known of."""
        return ["".join(chain) for chain in self.lot.chains if chain]


def test_one_by_one() -> None:
    """A confirm settles its own message, and no other."""
    sending = Sending("a", "b", "c")
    sending.confirm(2)
    assert (sending.lot.confirms.confirmed, sending.left) == (["b"], ["a", "c"])


def test_many_at_once() -> None:
    """One for many settles all up to it that nothing was said of before."""
    sending = Sending("a", "b", "c", "d", "e", next_tag=5)
    sending.confirm(6, accepted=False)
    sending.confirm(8, multiple=True)
    assert sending.lot.confirms.confirmed == ["a", "c", "d"]
    assert (sending.lot.confirms.refused, sending.left) == (["b"], ["e"])


def test_many_refused() -> None:
    """A refusal of many is one of each."""
    sending = Sending("a", "b", "c", "d")
    sending.confirm(1)
    sending.confirm(3, multiple=True, accepted=False)
    assert (sending.lot.confirms.refused, sending.left) == (["b", "c"], ["d"])


def test_out_of_order() -> None:
    """Confirms come in any order."""
    sending = Sending("a", "b", "c", "d", "e")
    sending.confirm(4)
    sending.confirm(2, multiple=True)
    sending.confirm(5)
    sending.confirm(3, accepted=False)
    assert (sending.left, sending.lot.confirms.refused) == ([], ["c"])


def test_words_on_an_earlier_lot() -> None:
    """What a broker says late of messages given up before is nobody's."""
    sending = Sending("a", "b", next_tag=10)
    sending.confirm(4, accepted=False)
    sending.confirm(9, multiple=True, accepted=False)
    assert sending.left == ["a", "b"]


def test_one_after_the_other() -> None:
    """The next of a chain is sent when the one before it is confirmed; others do not wait."""
    sending = Sending("abc", "xy")
    assert sending.sent == ["a", "x"]
    sending.confirm(1)
    sending.confirm(3)
    assert sending.sent == ["a", "x", "b", "c"]
    sending.confirm(4, multiple=True)
    assert (sending.sent[4:], sending.left) == (["y"], ["y"])


def test_a_refusal_stops_its_chain_only() -> None:
    """What stands behind it is not sent, and is not left to be tried again here."""
    sending = Sending("abc", "xy")
    sending.confirm(1, accepted=False)
    sending.confirm(2)
    sending.confirm(3)
    assert (sending.sent, sending.left) == (["a", "x", "y"], [])
    assert sending.lot.confirms.refused == ["a"]


def test_a_returned_message_stops_its_chain() -> None:
    """One that no queue takes is confirmed by the broker, and yet nowhere."""
    sending = Sending("ab", "xy", mandatory=True)
    sending.lot.handed_back("a")
    sending.lot.handed_back("nobody's")
    sending.confirm(2, multiple=True)
    assert sending.lot.confirms.returned == ["a"]
    assert sending.lot.confirms.confirmed == ["x"]
    assert sending.sent == ["a", "x", "y"]


def test_one_that_cannot_be_sent() -> None:
    """It is told of, and what stands behind it waits for nothing."""
    sending = Sending("ab", "xy")
    chain = sending.lot.confirm(1, multiple=False, accepted=True)[0]
    error = ValueError("too long")
    sending.lot.give_up(chain, error)
    assert sending.lot.confirms.failed == [("b", error)]
    assert sending.left == ["xy"]


class Broker:
    """A link whose broker numbers what arrives, and confirms it a turn of the event loop later."""

    def __init__(self) -> None:
        self.arrived: list[str] = []
        self.lost = asyncio.Event()
        self.blocked = False
        self.raw = self
        self.listener: Any = None

    def listen(self, listener: Any) -> None:
        """Remember whom to tell."""
        self.listener = listener

    def write(self, written: bytes) -> None:
        """Take messages, a byte each."""
        for name in written.decode():
            self.arrived.append(name)
            tag = len(self.arrived)
            asyncio.get_running_loop().call_soon(self._confirm, tag)

    def _confirm(self, tag: int) -> None:
        self.listener.confirmed(tag, multiple=False, accepted=True)
        self.listener.all_told()

    async def close(self) -> None:
        """Be closed."""
        self.lost.set()


@pytest.mark.parametrize("flushed_at", [1, 3, 7, 1000])
async def test_tags_are_those_of_the_broker(
    monkeypatch: pytest.MonkeyPatch, flushed_at: int
) -> None:
    """Confirms come while others are still being written: nothing overtakes, or is mistaken."""
    broker = Broker()
    monkeypatch.setattr(breath, "LONGEST_SECONDS", -1.0)  # gives way after each
    monkeypatch.setattr(confirms, "MOST_BYTES", flushed_at)
    monkeypatch.setattr(confirms, "frames", lambda _, message: message.body)
    some = ["aA", "bB", "cC", "dD", "eE", "fF", "gG", "hH"]
    outlet = confirms.Outlet(cast("Link", broker))
    found = await outlet.publish(some, _message, 5)
    assert sorted(found.confirmed) == sorted("".join(some))
    assert found.confirmed == broker.arrived
    for chain in some:
        assert broker.arrived.index(chain[0]) < broker.arrived.index(chain[1])


async def test_a_publish_that_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has a number is sent all the same: the next lot's numbers are the broker's."""
    broker = Broker()
    monkeypatch.setattr(breath, "LONGEST_SECONDS", -1.0)
    monkeypatch.setattr(confirms, "frames", lambda _, message: message.body)
    outlet = confirms.Outlet(cast("Link", broker))
    task = asyncio.create_task(outlet.publish("abcdef", _message, 5))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task}, timeout=5)
    found = await outlet.publish("xyz", _message, 5)
    assert found.confirmed == ["x", "y", "z"]


def _message(name: str) -> Outgoing:
    return Outgoing("", "", b"", name.encode())


def _event(position: int, venue: str, tenant: str = TENANT) -> PendingEvent:
    return PendingEvent(position, f"event-{position}", tenant, venue, "x", "{}")


def test_a_chain_for_each_venue() -> None:
    """Its events by their places in the outbox; the same id in two tenants is two venues."""
    events = [_event(4, "a"), _event(1, "a"), _event(3, "b"), _event(2, "a", tenant="other")]
    found = [[event.position for event in chain] for chain in chains(events)]
    assert found == [[1, 4], [2], [3]]


@given(st.lists(st.sampled_from("abc"), max_size=20), st.data())
@property_test
def test_order_whatever_is_refused(venues: list[str], data: st.DataObject) -> None:
    """What is sent of a venue is a beginning of its events, which ends at its first refusal."""
    numbered: dict[str, list[str]] = defaultdict(list)
    for number, venue in enumerate(venues):
        numbered[venue].append(chr(ord("A") + number))
    sending = Sending(*("".join(names) for names in numbered.values()))
    refused = set()
    while sending.lot.sent:
        tag = data.draw(st.sampled_from(sorted(sending.lot.sent)))
        accepted = data.draw(st.booleans())
        if not accepted:
            refused.add(sending.lot.sent[tag][0])
        sending.confirm(tag, accepted=accepted)
    for names in numbered.values():
        ends = [names.index(one) + 1 for one in names if one in refused]
        assert [one for one in sending.sent if one in names] == names[: min(ends, default=None)]
    assert sending.left == []
