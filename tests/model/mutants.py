"""The worker with one of its rules broken on purpose, to see that the machine tells."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from worker.domain.decision import Applied
from worker.messaging.written import refusal
from worker.outcome import Result
from worker.pipeline.decide import decide_all
from worker.storage.world import World

MUTANTS: dict[str, tuple[str, Any]] = {}
"""By what is broken: which name of the worker, and what takes its place."""


def _mutant(what: str, name: str) -> Callable[[Any], Any]:
    def register(instead: Any) -> Any:
        MUTANTS[what] = name, instead
        return instead

    return register


@contextmanager
def broken(what: str) -> Iterator[None]:
    """Have the worker so broken for the time of a `with` block."""
    name, instead = MUTANTS[what]
    with patch(name, instead):
        yield


_mutant("the version is not checked", "worker.domain.decide._version")(lambda *_: None)
_mutant("the last owner may leave", "worker.domain.staffing._is_last_owner")(lambda *_: False)
_mutant("a staff has no limit", "worker.domain.staffing.MOST")(1000)
_mutant("a manager makes managers", "worker.domain.staffing._forbidden")(lambda *_: None)
_mutant("anybody cancels", "worker.domain.cancel._may")(lambda *_: True)
_mutant("capacity is not checked on update", "worker.domain.venue_checks.capacity_problem")(
    lambda _: None
)
_mutant(
    "an active venue may become incomplete", "worker.domain.venue_checks.missing_for_activation"
)(lambda _: ())
_mutant("a closed venue's parts change", "worker.domain.settings.closed")(lambda _: None)
_mutant("another document is reviewed", "worker.domain.documents._review_refusal")(lambda *_: None)
_mutant("a strange publisher is heard", "worker.pipeline.publishers.Publishers.refusal")(
    lambda *_: None
)

_mutant("nights may overlap", "worker.domain.hours.overlaps")(lambda _: ())
_mutant("layouts need not fit", "worker.domain.layouts._capacity")(lambda *_: ())
_mutant("capacity need not fit the layouts", "worker.domain.venue.layouts_problem")(lambda *_: None)
_mutant("settings that do not go together", "worker.domain.settings.settings_problems")(
    lambda _: ()
)

_mutant("a batch goes ahead of what it asks for", "worker.storage.footprint.Footprint.meets")(
    lambda *_: False
)


@_mutant("a no-op makes a version", "worker.domain.venue.changed_fields")
def _always_changed(before: Any, after: Any) -> list[str]:
    del before
    return [*after]


_mutant("slugs in use are not looked for", "worker.storage.lookup.texts")(lambda _: "{}")


@_mutant("a slug is never free again", "worker.storage.world.World._keep_slug")
def _never_free(self: World, tenant_id: str, before: Any, after: Any) -> None:
    del before
    self.taken[tenant_id].add(after.slug)


@_mutant("a duplicate makes a second event", "worker.pipeline.life.decide_all")
async def _told_again(batch: Any, world: Any, terms: Any, now: Any) -> Any:
    decisions = await decide_all(batch, world, terms, now)
    for place, outcome in batch.answered.items():
        if outcome.duplicate and outcome.result is Result.REJECTED:
            command = batch.command_at(place)
            event = refusal("venue.command.rejected", command, outcome.problems)
            decisions.events.append((event, command))
    return decisions


@_mutant("what is deferred is forgotten by who cancels", "worker.storage.deferred.waiting")
async def _none_waiting(*_: object) -> dict[Any, Any]:
    return {}


@_mutant("an event leaves out the reason", "worker.domain.decide._applied")
def _without_reason(spec: Any, change: Any) -> Any:
    from worker.domain import decide  # noqa: PLC0415 - the module as it is before it is broken

    if not change.changed or change.state.venue is None:
        return Applied(change.state, None, change.cancels)
    event = decide._event(spec, change.state.venue, change)  # noqa: SLF001 - it breaks what is private
    shown: Any = event.data.get("venue", {})
    shown.pop("status_reason", None)
    return Applied(change.state, event)
