"""What is put beside a flood of ordinary commands: one venue alone, large ones, garbage."""

from dataclasses import replace

from perf.findings.document import Findings
from perf.findings.thresholds import Figure, Threshold
from perf.load.bare import confirms_a_second
from perf.load.bench import Bench, Load
from perf.load.letters import LARGE_KIB, padded
from perf.measure import Spread
from perf.scenarios.bars import Bars
from perf.scenarios.compare import FLOOD, RATIO, Side, compared, side_by_side

HOT, LARGE, GARBAGE = "hot-venue", "large", "garbage"
BARE = "a bare publisher, one confirm at a time, median"
PROMISES = {
    # A venue's events go out one after the other: slower, but no collapse.
    HOT: (Threshold(RATIO, least=0.1),),
    LARGE: (Threshold(f"{LARGE}, bytes", least=5),),
    GARBAGE: (Threshold(RATIO, least=0.7),),
}


async def hot_venue(bench: Bench, bars: Bars, commands: int, rounds: int) -> Findings:
    """Empty a queue that is full of updates of one venue; and what bare publishing comes to."""
    load = Load("hot", count=commands, publishers=1, existing=1)
    found = await _beside_flood(HOT, bench, bars, load, Load(count=commands), rounds)
    bare = Spread.of([await confirms_a_second(bench.services.broker.url) for _ in range(rounds)])
    return replace(found, figures={**found.figures, BARE: Figure(bare.median, "events/s")})


async def large(bench: Bench, bars: Bars, commands: int, rounds: int) -> Findings:
    """Empty a queue that is full of large commands."""
    load = Load(padded(LARGE_KIB), count=commands)
    return await _beside_flood(LARGE, bench, bars, load, Load(count=commands), rounds)


async def garbage(bench: Bench, bars: Bars, commands: int, rounds: int) -> Findings:
    """Empty a queue of which every other message is bad, each in one of five ways."""
    load = Load("garbage", count=commands)
    return await _beside_flood(GARBAGE, bench, bars, load, Load(count=commands), rounds)


async def _beside_flood(
    name: str, bench: Bench, bars: Bars, load: Load, flood: Load, rounds: int
) -> Findings:
    sides = Side(FLOOD, flood, bench), Side(name, load, bench)
    found = await side_by_side(sides, bars, rounds)
    about = f"full queues of {load.count:,} messages"
    if name == LARGE:
        about += f", the large ones of {LARGE_KIB} KiB"
    return compared(name, about, found, PROMISES[name])
