"""Who takes part in a measurement, and what is said of them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from perf.contestants import Contestant, Name, contestants, entrants, left_the_same
from perf.measure import Figures, Round, Spread
from perf.peers import node
from perf.report import Results
from worker.local import debian

CEILING = Contestant(Name.CEILING, (), "", {}, decides=False)


def made(contestant: Contestant, *per_second: float, rows: str = "same") -> list[Round]:
    """Return rounds of so many commands a second."""
    figures = Figures(commands=1000, seconds=1, cpu_seconds=1, start_seconds=1, memory_mib=1)
    return [
        Round(contestant.name, number, replace(figures, seconds=1000 / speed), 0, rows)
        for number, speed in enumerate(per_second, 1)
    ]


def results(entered: Sequence[Contestant], rounds: Sequence[Round]) -> Results:
    """Return what such a measurement came to."""
    return Results("flood", ("", "", ""), 1000, Spread(1, 1, 1), tuple(entered), tuple(rounds))


def test_those_that_are_chosen_take_part() -> None:
    """Only they, and ours first, whatever order they were named in."""
    with entrants([Name.TASKIQ, Name.OURS], print) as found:
        assert [one.name for one in found] == [Name.OURS, Name.TASKIQ]


def test_who_cannot_run_here_is_left_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One line says who, and what is missing; the others take part."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(debian, "can_install", lambda: False)
    said: list[str] = []
    with entrants((), said.append) as found:
        assert [one.name for one in found] == [one.name for one in contestants()]
    packages = "gcc libc6-dev libpq-dev librabbitmq-dev"
    assert said == [
        "without node: there is no node 20 or later with npm",
        f"without ceiling: there is no gcc; on Debian: sudo apt-get install {packages}",
    ]


def test_each_contestant_has_its_ratio() -> None:
    """The first is held against each of the others, round by round."""
    ours, peer, *_ = contestants()
    rounds = made(ours, 900, 1000) + made(peer, 100, 200) + made(CEILING, 9000, 5000)
    ratios = results([ours, peer, CEILING], rounds).ratios()
    assert list(ratios) == [peer.name, CEILING.name]
    assert (ratios[peer.name].least, ratios[peer.name].most) == pytest.approx((5, 9))
    assert (ratios[CEILING.name].least, ratios[CEILING.name].most) == pytest.approx((0.1, 0.2))


def test_other_rows_are_noticed_but_for_the_ceiling_s() -> None:
    """Whoever decides commands has to come to the same; the ceiling decides none."""
    ours, peer, *_ = contestants()
    entered = [ours, peer, CEILING]
    same = made(ours, 1) + made(peer, 1) + made(CEILING, 1, rows="its own")
    assert left_the_same(same, entered)
    assert not left_the_same([*same, *made(peer, 1, rows="others")], entered)


def test_the_lock_of_the_node_peer_names_no_download_addresses() -> None:
    """What is locked is taken from wherever npm is set up to, and checked by its hash."""
    lock = (node.HERE / "package-lock.json").read_text()
    assert '"integrity"' in lock
    assert '"resolved"' not in lock
