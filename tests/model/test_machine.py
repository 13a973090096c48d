"""Random commands, valid or not, in batches: the pipeline and the model of the contract agree."""

import asyncio

import uvloop

from tests.model.machine import Machine, Tally, run
from tests.model.real import running, silent
from tests.support.databases import new_database
from tests.support.figures import Figures
from worker.local import Services

NUMBER = 1
"""What everything random comes from, so that a failure comes again."""

RUNS = 15


def test_the_pipeline_does_what_the_contract_says(
    real: Services, template: str, figures: Figures
) -> None:
    """Replies, events and tables are those the model predicts; the events add up to the tables."""
    tally = Tally()
    silent()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        context = new_database(real, template)
        url = runner.run(context.__aenter__())
        try:
            with running(url, runner) as pipeline:
                run(lambda: Machine(pipeline, runner, tally), runs=RUNS, number=NUMBER)
        finally:
            runner.run(context.__aexit__(None, None, None))
    figures(
        f"model: {tally.commands} random commands in {tally.batches} batches, of which "
        f"{pipeline.ahead} were decided ahead of their turn, no difference"
    )
    assert pipeline.ahead > 20, "hardly any batch went ahead of its turn"
    assert tally.codes["applied"] > 100, tally
