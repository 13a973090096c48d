"""What becomes of each message of a lot, by the broker's confirms."""

from worker.messaging.confirms import Lot


def _lot(first: int, count: int) -> Lot[str]:
    lot: Lot[str] = Lot(first)
    for tag in range(first, first + count):
        lot.sent[tag] = f"m{tag}"
        lot.waiting.add(tag)
    return lot


def test_one_by_one() -> None:
    """A confirm settles its own message, and no other."""
    lot = _lot(1, 3)
    lot.confirm(2, multiple=False, accepted=True)
    assert lot.waiting == {1, 3}
    assert lot.refused == []


def test_many_at_once() -> None:
    """One for many settles all up to it that nothing was said of before."""
    lot = _lot(5, 5)
    lot.confirm(6, multiple=False, accepted=False)
    lot.confirm(8, multiple=True, accepted=True)
    assert (lot.waiting, lot.refused) == ({9}, ["m6"])


def test_many_refused() -> None:
    """A refusal of many is one of each."""
    lot = _lot(1, 4)
    lot.confirm(1, multiple=False, accepted=True)
    lot.confirm(3, multiple=True, accepted=False)
    assert (lot.waiting, lot.refused) == ({4}, ["m2", "m3"])


def test_out_of_order() -> None:
    """Confirms come in any order."""
    lot = _lot(1, 5)
    lot.confirm(4, multiple=False, accepted=True)
    lot.confirm(2, multiple=True, accepted=True)
    lot.confirm(5, multiple=False, accepted=True)
    lot.confirm(3, multiple=False, accepted=False)
    assert (lot.waiting, lot.refused) == (set(), ["m3"])


def test_words_on_an_earlier_lot() -> None:
    """What a broker says late of messages given up before is nobody's."""
    lot = _lot(10, 2)
    lot.confirm(4, multiple=False, accepted=False)
    lot.confirm(9, multiple=True, accepted=False)
    assert (lot.waiting, lot.refused) == ({10, 11}, [])
