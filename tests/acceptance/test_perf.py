"""The measurements still run, and compare like with like."""

import asyncio
import os
import sys

import pytest

from perf.contestants import contestants
from tests.support.process import ROOT

GIVEN = ("VENUE_AMQP_URL", "VENUE_DATABASE_URL")


@pytest.mark.timeout(330)
async def test_a_short_flood_adds_up() -> None:
    """All workers leave the same rows behind; how fast they are is no test's business."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "perf", "flood", "--commands", "1000", "--rounds", "1",
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env={name: value for name, value in os.environ.items() if name not in GIVEN},
    )  # fmt: skip
    output, _ = await asyncio.wait_for(process.communicate(), 300)
    assert process.returncode == 0, output.decode()[-2000:]
    ratios = [line for line in output.decode().splitlines() if "ratio pair by pair" in line]
    compared = {line.split(" to ")[-1].strip() for line in ratios}
    assert compared >= {one.name for one in contestants()[1:]}
