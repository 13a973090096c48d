"""Two batches at work at once: the second ahead of its turn where the first leaves it alone."""

import asyncio

import pytest

from tests.unit.batches import message, world
from tests.unit.samples import COMMAND, TENANT, VENUE
from worker.pipeline import turns
from worker.pipeline.messages import Done, Message
from worker.pipeline.turns import OvertakenError, Turn, Turns, asked
from worker.storage.footprint import bases_of

DONE = Done([], [], set())
DATA = {"name": "Fenway Park", "address": {"country": "US"}}
FIRST = message(data=DATA)
OTHER = {
    "id": "0197aaaa-0000-7000-8000-0000000000c2",
    "subject": "0197aaaa-0000-7000-8000-0000000000b2",
    "data": {"name": "Wrigley Field", "address": {"country": "US"}},
}
SECOND = message(**OTHER)
UNREADABLE = message(type="venue.unheard-of")
WORLD = world()
"""In which no venue has changed, but for what `FIRST` is about to leave."""
WORLD.slugs.add((TENANT, "fenway-park"))


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
                    turn.leaves(WORLD)
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

    async def second(self, turn: Turn) -> Done:
        """Go ahead if that may be, and come in its turn if nothing comes of it."""
        if turn.may_go_ahead():
            self.said.append("second saves ahead")
            try:
                with turn.trying():
                    turn.leaves(WORLD)
                    await turn.to_commit()
                    self.said.append("second committed")
                    return DONE
            except OvertakenError:
                self.said.append("second overtaken")
        await turn.comes()
        self.said.append("second comes")
        return DONE


def _begin(turns: Turns, messages: list[Message], before: Turn | None = None) -> Turn:
    """Begin the work on a batch that is read already."""
    turn = turns.begin([message.delivery for message in messages], before)
    turn.messages = messages
    return turn


async def _two(batches: Batches, *second: Message) -> list[str]:
    """Begin the first, and the second when the first is decided; return what they said."""
    async with Turns(batches.first) as firsts, Turns(batches.second) as seconds:
        one = _begin(firsts, [FIRST, UNREADABLE])
        await one.decided.wait()
        other = _begin(seconds, [*second], one)
        await asyncio.sleep(0)  # the second begins
        batches.may_save.set()
        async with asyncio.timeout(5):
            await asyncio.gather(one.work, other.work)
    return batches.said


async def test_ahead_of_its_turn() -> None:
    """What the first leaves alone may be saved meanwhile; it is committed when the first is."""
    said = await _two(Batches(), SECOND)
    assert said == ["first saves", "second saves ahead", "first committed", "second committed"]


@pytest.mark.parametrize(
    "second",
    [
        message(**{**OTHER, "subject": VENUE}),
        message(**{**OTHER, "id": COMMAND}),
        message(**{**OTHER, "data": DATA}),
        UNREADABLE,
    ],
    ids=["venue", "command", "slug", "to be parked"],
)
async def test_in_its_turn(second: Message) -> None:
    """Where it asks for what the first is about to leave, it does not begin before that."""
    said = await _two(Batches(), second)
    assert said == ["first saves", "first committed", "second comes"]


async def test_who_is_next() -> None:
    """Whoever has nobody before it, or nobody any more."""
    first = Turn([])
    second = Turn([], first)
    first.work = asyncio.create_task(asyncio.sleep(0, DONE))
    assert (first.is_next, second.is_next) == (True, False)
    await second.comes()
    assert second.is_next


async def test_overtaken() -> None:
    """Where the first has to try again, the second begins anew when the first is done with."""
    batches = Batches()
    batches.fails = True
    said = await _two(batches, SECOND)
    assert said.index("second overtaken") < said.index("second comes")
    assert said.index("first committed") < said.index("second comes")


async def test_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the first takes long, it may be waiting for who waits for the second."""
    monkeypatch.setattr(turns, "PATIENCE_SECONDS", 0.0)
    batches = Batches()
    async with Turns(batches.first) as firsts, Turns(batches.second) as seconds:
        first = _begin(firsts, [FIRST])
        await first.decided.wait()
        second = _begin(seconds, [SECOND], first)
        async with asyncio.timeout(5):
            while "second overtaken" not in batches.said:  # noqa: ASYNC110 - in plain sight
                await asyncio.sleep(0)
            batches.may_save.set()
            await second.work
    assert batches.said[-2:] == ["first committed", "second comes"]


async def test_nothing_goes_ahead_of_what_is_tried_again() -> None:
    """Of a batch that failed once it is not known what its parts leave."""
    turn = Turn([FIRST.delivery])
    turn.messages = [FIRST]
    with pytest.raises(ZeroDivisionError), turn.trying():
        raise ZeroDivisionError
    turn.leaves(WORLD)
    assert not turn.leaves_alone(asked([SECOND]))


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


async def test_a_batch_that_fails_at_once_holds_nobody_up() -> None:
    """Who waits until it is decided hears of its end."""

    async def work(_: Turn) -> Done:
        raise ZeroDivisionError

    async with asyncio.timeout(5), Turns(work) as both:
        turn = both.begin([FIRST.delivery])
        await turn.decided.wait()
    with pytest.raises(ZeroDivisionError):
        await turn.work


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
