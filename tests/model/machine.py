"""The machine: batches of random messages, and the time of deferred ones, in any order."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.model import checks
from tests.model.contract import World
from tests.model.drafts import CREATIONS, LOTS, Lot, helpers
from tests.model.ending import check
from tests.model.real import Real
from tests.model.sending import FIRST, Sending
from tests.model.words import Document, Key

STEPS = 24
"""Lots in a run; more would be more than hypothesis draws for one."""

ONE_BATCH = 1000
SIZES = (ONE_BATCH, 3, 1)
"""Small batches are decided while the one before them is saved, if that leaves them alone: what
comes of it has to be the same."""


@dataclass(slots=True)
class Tally:
    """What was sent, and what came of it.

    Attributes:
        codes: replies by each code they name, or by their status where they name none.
        types: events by their type.
    """

    runs: int = 0
    commands: int = 0
    batches: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)

    def replied(self, reply: Document) -> None:
        """Count a reply."""
        if reply["duplicate"]:
            self.codes["(duplicate)"] += 1
            return
        codes = {error["code"] for error in reply["errors"]}
        self.codes.update(codes or {reply["status"]})


class Machine(RuleBasedStateMachine):
    """Sends what hypothesis draws; `world` says what has to come of it."""

    def __init__(self, real: Real, runner: asyncio.Runner, tally: Tally) -> None:
        super().__init__()
        self.real, self.runner, self.tally = real, runner, tally
        self.world = World(FIRST)
        self.sending = Sending(self.world)
        self.firsts: dict[Key, Document] = {}

    @initialize(others=st.integers(0, 2))
    def begin(self, others: int) -> None:
        """Begin with nothing but a few venues; in one run of three there will be a crowd."""
        self.crowded = others > 0
        self.runner.run(self.real.empty())
        self._send(CREATIONS)
        self.tally.runs += 1

    @rule(lot=LOTS, size=st.sampled_from(SIZES))
    def batch(self, lot: Lot, size: int) -> None:
        """Messages come, as one batch or several."""
        self._send(lot, size)

    @precondition(lambda self: self.world.waiting)
    @rule(chosen=st.lists(st.integers(0, 20), min_size=1, max_size=12))
    def time_passes(self, chosen: list[int]) -> None:
        """The time of some deferred commands comes."""
        self.sound = False
        waiting = list(self.world.waiting)
        due = list(dict.fromkeys(waiting[n % len(waiting)] for n in chosen))
        for own in due:
            self.world.due(own)
        self.tally.commands += len(due)
        self.runner.run(self.real.let_be_due(due))
        self._check()

    @precondition(lambda self: not self.crowded)
    @rule(place=st.sampled_from([0, 1, 2, 4]))
    def crowd(self, place: int) -> None:
        """More people want to join a staff than it takes, once in a run."""
        self.crowded = True
        self._send(helpers(place))

    def teardown(self) -> None:
        """All adds up, unless something has differed before."""
        if self.sound:
            self.runner.run(check(self.real, self.world))

    def _send(self, lot: Lot, size: int = ONE_BATCH) -> None:
        self.sound = False
        messages = []
        for draft in lot:
            one = self.sending.message(draft)
            self.world.receive(one.read, one.mark, one.identity)
            messages.append(one.delivery)
        self.tally.commands += len(lot)
        self.tally.batches += -(-len(lot) // size)
        self.runner.run(self.real.deliver(messages, size))
        self._check()

    def _check(self) -> None:
        """Hold what was told and published against what had to be; forget both."""
        told, published = self.real.told.told, self.real.published.bodies
        new = published[self.checked :]
        for _, reply in told:
            self.tally.replied(reply)
        self.tally.types.update(body["type"] for body in new)
        checks.replies(self.world.replies, told, self.firsts)
        checks.events(self.world.events, new, self.firsts)
        self.checked = len(published)
        for done in (told, self.world.replies, self.world.events):
            done.clear()
        self.sound = True

    checked = 0
    sound = False
    crowded = False


def run(make: Callable[[], Machine], *, runs: int, number: int, shrink: bool = True) -> None:
    """Let hypothesis run machines, so many, the same ones for the same number.

    Args:
        make: makes a machine.
        runs: how many runs, each of some batches.
        number: what everything random comes from.
        shrink: whether to look, where they differ, for a shorter run that does; it takes minutes.

    Raises:
        DifferenceError: the pipeline and the model do not agree; the run is shown.
    """
    run_state_machine_as_test(
        # Whatever makes a machine will do, not only its class.
        cast("type[Machine]", seed(number)(make)),
        settings=settings(
            max_examples=runs,
            stateful_step_count=STEPS,
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink) if shrink else (Phase.generate,),
            suppress_health_check=list(HealthCheck),
            print_blob=False,
        ),
    )
