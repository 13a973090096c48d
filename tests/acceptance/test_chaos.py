"""A short run of chaos, and the ledger's own ability to tell a worker that breaks its word."""

import pytest

from tests.chaos.__main__ import broken, one_run
from tests.chaos.plan import Plan
from tests.chaos.report import shown
from tests.support.figures import Figures
from worker.local import Services

SHORT = Plan(seed=7, seconds=60, commands=5000, faults=15)
SHORTEST = broken(Plan(seed=7, seconds=15, commands=1500, faults=4))


@pytest.mark.timeout(400)
async def test_a_minute_of_every_fault(real: Services, template: str, figures: Figures) -> None:
    """Each kind of fault once, under load: all adds up."""
    result = await one_run(real, template, SHORT)
    figures(f"{shown(result)}")
    assert result.good, shown(result)


@pytest.mark.timeout(400)
async def test_a_broken_worker_is_caught(real: Services, template: str) -> None:
    """A worker without an inbox does not get through; `--mutants` shows the others."""
    result = await one_run(real, template, SHORTEST, "has no inbox")
    assert result.ledger.wrong["outcomes that do not have exactly one event, of their kind"]
