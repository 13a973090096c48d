"""Two batches at work at once: the second ahead of its turn where the first leaves it alone."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from worker.pipeline import turns
from worker.pipeline.messages import Done
from worker.pipeline.turns import OvertakenError, Turn, Turns
from worker.storage.footprint import Footprint, bases_of

DONE = Done([], [], set())


def footprint(venue: str = "", command: str = "", slug: str = "") -> Footprint:
    """Return what a batch of one command reads or writes."""
    return Footprint(*(frozenset([("t", one)] if one else []) for one in (venue, command, slug)))


class Batches:
    """Batches that are each saved when told to, after they have said what they leave."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.may_save = asyncio.Event()
        self.fails = False

    async def first(self, turn: Turn) -> Done:
        """Be decided, and saved when told to; again if the first try fails."""
        while True:
            try:
                with turn.trying():
                    turn.leaves(footprint("one"))
                    self.said.append("first saves")
                    await self.may_save.wait()
                    self._perhaps_fail()
                self.said.append("first committed")
            except ZeroDivisionError:
                self.said.append("first failed")
            else:
                return DONE

    def _perhaps_fail(self) -> None:
        if self.fails:
            self.fails = False
            raise ZeroDivisionError

    def asking(self, asks: Footprint) -> Callable[[Turn], Coroutine[Any, Any, Done]]:
        """Return the work of a batch that asks for it."""

        async def second(turn: Turn) -> Done:
            if turn.may_go_ahead(asks):
                self.said.append("second saves ahead")
                try:
                    with turn.trying():
                        turn.leaves(asks)
                        await turn.to_commit()
                        self.said.append("second committed")
                        return DONE
                except OvertakenError:
                    self.said.append("second overtaken")
            await turn.comes()
            self.said.append("second comes")
            return DONE

        return second


async def _two(batches: Batches, asks: Footprint) -> list[str]:
    """Begin the first, and the second when the first is decided; return what they said."""
    async with Turns(batches.first) as firsts, Turns(batches.asking(asks)) as seconds:
        first = firsts.begin([])
        await first.decided.wait()
        second = seconds.begin([], first)
        await asyncio.sleep(0)  # the second begins
        batches.may_save.set()
        async with asyncio.timeout(5):
            await asyncio.gather(first.work, second.work)
    return batches.said


async def test_ahead_of_its_turn() -> None:
    """What the first leaves alone may be saved meanwhile; it is committed when the first is."""
    said = await _two(Batches(), footprint("two", "c", "slug"))
    assert said == ["first saves", "second saves ahead", "first committed", "second committed"]


async def test_in_its_turn() -> None:
    """Where it asks for what the first is about to leave, it does not begin before that."""
    said = await _two(Batches(), footprint("one"))
    assert said == ["first saves", "first committed", "second comes"]


async def test_overtaken() -> None:
    """Where the first has to try again, the second begins anew when the first is done with."""
    batches = Batches()
    batches.fails = True
    said = await _two(batches, footprint("two"))
    assert said.index("second overtaken") < said.index("second comes")
    assert said.index("first committed") < said.index("second comes")


async def test_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the first takes long, it may be waiting for who waits for the second."""
    monkeypatch.setattr(turns, "PATIENCE_SECONDS", 0.0)
    batches = Batches()
    async with Turns(batches.first) as firsts, Turns(batches.asking(footprint("two"))) as seconds:
        first = firsts.begin([])
        await first.decided.wait()
        second = seconds.begin([], first)
        async with asyncio.timeout(5):
            while "second overtaken" not in batches.said:  # noqa: ASYNC110 - in plain sight
                await asyncio.sleep(0)
            batches.may_save.set()
            await second.work
    assert batches.said[-2:] == ["first committed", "second comes"]


async def test_nothing_goes_ahead_of_what_is_tried_again() -> None:
    """Of a batch that failed once it is not known what its parts leave."""
    turn = Turn([])
    with pytest.raises(ZeroDivisionError), turn.trying():
        raise ZeroDivisionError
    turn.leaves(footprint("one"))
    assert not turn.leaves_alone(footprint("two"))


async def test_nothing_is_left_behind() -> None:
    """Who gives the work up ends what is still at work."""
    ended = asyncio.Event()

    async def work(_: Turn) -> Done:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return DONE

    with pytest.raises(KeyError):  # noqa: PT012 - raised by leaving the block
        async with Turns(work) as both:
            both.begin([])
            await asyncio.sleep(0)
            raise KeyError
    assert ended.is_set()


@pytest.mark.parametrize("name", ["venue", "command", "slug"])
def test_footprints_meet(name: str) -> None:
    """In one key of any kind."""
    one = footprint(**{name: "a"})
    assert one.meets(footprint(**{name: "a"}))
    assert not one.meets(footprint("x", "y", "z"))


@pytest.mark.parametrize(
    ("slug", "bases"),
    [
        ("fenway-park", {"fenway-park"}),
        ("fenway-park-2", {"fenway-park-2", "fenway-park"}),
        ("studio-54-3", {"studio-54-3", "studio-54"}),
    ],
)
def test_who_minds_a_slug(slug: str, bases: set[str]) -> None:
    """Whoever asks for it, and whoever asks for what it has a number of."""
    assert set(bases_of(slug)) == bases
