"""The measurements under load still run and add up; how fast anything is, is no test's business."""

from dataclasses import replace
from pathlib import Path

import pytest
from rich.progress import Progress

from perf.findings import document
from perf.findings.document import Findings, save
from perf.findings.series import series
from perf.load.bench import Bench, Load
from perf.load.run import measure
from perf.scenarios.bars import Bars
from perf.scenarios.mixed import UNANSWERED, mixed
from worker.local import Services


async def test_queries_and_commands_on_an_open_loop_add_up(
    real: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Publishers, worker, subscriber and samples end to end; every query is answered."""
    monkeypatch.setattr(document, "RESULTS", tmp_path)
    findings = await mixed(Bench(real), Bars(Progress(disable=True)), rate=100, seconds=4)
    figures = findings.figures
    assert figures["commands"].value + figures["queries"].value == 400
    assert figures[UNANSWERED].value == 0
    assert figures["CPU of worker"].value > 0
    assert figures["CPU of database"].value > 0
    assert figures["CPU of broker"].value > 0
    shown = save(replace(findings, thresholds=()), real)
    assert "command → event<" in shown.read_text()
    assert '"events received"' in shown.with_suffix(".json").read_text()


async def test_a_full_queue_of_good_and_bad_adds_up(real: Services) -> None:
    """The good ones are applied, the bad ones parked, none of either lost: else it would raise."""
    run = await measure(Bench(real), Load("garbage", count=300))
    assert sum(len(one.good) for one in run.sent) == 150
    assert sum(len(one.bad) for one in run.sent) == 150
    assert run.batches[float("inf")] >= 1
    plots = {"garbage": series(run, paced=False)}
    assert (
        "latency_ms" not in Findings("garbage", "", {}, (), plots).document(real)["runs"]["garbage"]
    )
