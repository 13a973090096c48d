"""Messages decided as a batch, in memory."""

from collections import defaultdict
from collections.abc import Mapping

from tests.unit.samples import MOST, NOW, TENANT, VAULT, VENUE, envelope, structured, venue
from worker.domain.origin import CommandKey
from worker.domain.state import Status
from worker.outcome import Outcome
from worker.pipeline.decide import Terms, decide_all
from worker.pipeline.decisions import Decisions
from worker.pipeline.decode import decode
from worker.pipeline.deduplicate import deduplicate
from worker.pipeline.messages import Message
from worker.pipeline.publishers import Publishers
from worker.pipeline.retries import Retries
from worker.storage.outcomes import Known
from worker.storage.parts import Parts
from worker.storage.world import World

EVERYONE = Publishers(None)
RETRIES = Retries(attempts=3, first_seconds=10)


def message(**changes: object) -> Message:
    """Return a message with a valid `venue.create`, but for the attributes given."""
    delivery = structured({**envelope(), **changes})
    return Message(delivery, decode(delivery, MOST, VAULT))


def world(status: Status | None = None) -> World:
    """Return a world with one venue of that status, or with none."""
    loaded = {(TENANT, VENUE): venue(status)} if status else {}
    return World(loaded, Parts(), defaultdict(set))


async def decide_batch(
    messages: list[Message],
    *,
    known: Mapping[CommandKey, Known] | None = None,
    publishers: Publishers = EVERYONE,
    on: World | None = None,
) -> Decisions:
    """Deduplicate and decide the messages, given what is known and the world they are about."""
    terms = Terms(publishers, RETRIES)
    return await decide_all(deduplicate(messages, known or {}), on or world(), terms, NOW)


def codes_of(outcome: Outcome) -> list[str]:
    """Return the codes of the reasons, none where it was applied."""
    return [problem.code for problem in outcome.problems]
