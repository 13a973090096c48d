"""The worker with one of its guarantees broken on purpose, to see that the ledger tells.

`python -m tests.chaos.mutants NAME run` is `venue-worker run` so broken.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from worker.cli.main import main
from worker.messaging.intake import Intake
from worker.pipeline import life
from worker.pipeline.publish import Publishing
from worker.pipeline.save import save
from worker.storage import lookup, outbox, parked
from worker.storage.parts import Parts
from worker.storage.queries import queries
from worker.storage.world import World
from worker.storage.write import write

MUTANTS: dict[str, Callable[[], None]] = {}


def _mutant(name: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    def register(break_it: Callable[[], None]) -> Callable[[], None]:
        MUTANTS[name] = break_it
        return break_it

    return register


@_mutant("acknowledges before the commit")
def _ack_first() -> None:
    take, settle = Intake.take, Intake.settle

    async def acknowledged(self: Intake, most: int) -> Any:
        taken = await take(self, most)
        if taken:
            await settle(self, taken)
        return taken

    async def nothing(*_: object) -> None:
        return None

    setattr(Intake, "take", acknowledged)
    setattr(Intake, "settle", nothing)


@_mutant("publishes before the commit")
def _publish_first() -> None:
    original = save
    publishings: list[Publishing] = []
    init = Publishing.__init__

    def remembered(self: Publishing, *arguments: Any) -> None:
        init(self, *arguments)
        publishings.append(self)

    async def published(*arguments: Any) -> Any:
        done = await original(*arguments)
        await publishings[0]._publish(done.events)
        return done

    setattr(Publishing, "__init__", remembered)
    setattr(life, "save", published)


@_mutant("has no inbox")
def _no_inbox() -> None:
    look, one = lookup.look_up, queries.write

    async def nothing_known(*asked: Any) -> Any:
        return replace(await look(*asked), known={})

    async def as_if_all_were_new(tx: Any, **columns: Any) -> Any:
        return {**await one(tx, **columns), "decided": len(columns["digests"])}

    setattr(life, "look_up", nothing_known)
    setattr(queries, "write", as_if_all_were_new)


@_mutant("forgets events before they are confirmed")
def _forget_first() -> None:
    publish = Publishing._publish

    async def forgotten(self: Publishing, pending: Any) -> None:
        await self._note(list(pending), [])
        await publish(self, pending)

    setattr(Publishing, "_publish", forgotten)


@_mutant("does not look for older events")
def _no_older() -> None:
    async def only_new(_: object, __: object, new: Any, **___: bool) -> Any:
        return new

    setattr(outbox, "to_publish", only_new)


@_mutant("drops what it does not understand")
def _drop_garbage() -> None:
    async def nothing(*_: object) -> set[bytes]:
        return set()

    setattr(parked, "save", nothing)


@_mutant("keeps outcomes in a transaction of their own")
def _outcomes_apart() -> None:
    original = save

    async def first(tx: Any, decisions: Any, *more: Any) -> Any:
        decided, decisions.decided = decisions.decided, []
        await write(tx, World({}, Parts(), {}), decided, [], more[0])
        await tx.execute("COMMIT")
        await tx.execute("BEGIN")
        return await original(tx, decisions, *more)

    setattr(life, "save", first)


if __name__ == "__main__":
    MUTANTS[sys.argv.pop(1)]()
    main()
