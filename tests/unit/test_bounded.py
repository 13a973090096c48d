"""What waits for a broker is bounded by number and by bytes, and so is what is sent at once."""

from dataclasses import dataclass

from worker.messaging.bounded import Bounded


@dataclass(frozen=True, slots=True)
class Sized:
    """A message of so many bytes."""

    name: int
    size: int = 1

    @property
    def body(self) -> bytes:
        """Its bytes."""
        return b"x" * self.size


def _names(messages: list[Sized]) -> list[int]:
    return [message.name for message in messages]


def test_the_oldest_go_where_there_are_too_many() -> None:
    """Beyond the number that may wait the oldest are dropped."""
    waiting: Bounded[Sized] = Bounded(3, 100)
    waiting.extend(Sized(n) for n in range(5))
    assert _names(waiting.take(10, 100)) == [2, 3, 4]
    assert len(waiting) == 0


def test_the_oldest_go_where_they_are_too_large() -> None:
    """Beyond the bytes that may wait the oldest are dropped, however few they are."""
    waiting: Bounded[Sized] = Bounded(100, 25)
    waiting.extend(Sized(n, 10) for n in range(5))
    assert _names(waiting.take(10, 100)) == [3, 4]


def test_a_single_one_is_kept_whatever_its_size() -> None:
    """The newest waits even where it is larger than all may be, and what came before it goes."""
    waiting: Bounded[Sized] = Bounded(100, 25)
    waiting.extend([Sized(1), Sized(2, 1000)])
    assert _names(waiting.take(10, 5)) == [2]
    waiting.extend([Sized(3, 20), Sized(4, 5)])
    assert len(waiting) == 2


def test_a_lot_is_bounded_too() -> None:
    """So many are taken at once, or so many bytes of them; the rest stays in order."""
    waiting: Bounded[Sized] = Bounded(100, 1000)
    waiting.extend(Sized(n, 10) for n in range(7))
    assert _names(waiting.take(2, 1000)) == [0, 1]
    assert _names(waiting.take(100, 39)) == [2, 3, 4]
    assert _names(waiting.take(100, 1)) == [5]
    assert _names(waiting.take(100, 1000)) == [6]
    assert waiting.take(1, 1) == []
