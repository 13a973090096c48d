"""Measuring: when messages are meant to be sent, and what they are."""

from itertools import islice

import pytest
from pydantic_core import from_json

from perf.load.letters import KIB, KINDS, SIZES_KIB, letters, padded
from perf.load.schedule import Step, offsets, share, total
from perf.load.subscriber import Received, note
from worker.settings import ROOT

STEPS = (Step(2, 1), Step(4, 1.5))


def test_the_times_are_fixed_by_the_rates_alone() -> None:
    """Evenly spaced in each step, and a step begins where the one before it ends."""
    assert list(offsets(STEPS)) == [0, 0.5, 1, 1.25, 1.5, 1.75, 2, 2.25]
    assert total(STEPS) == 8


def test_publishers_share_the_times_without_gap_or_overlap() -> None:
    """Together they send what one would."""
    shares = [list(share(STEPS, index, 3)) for index in range(3)]
    assert sorted(at for some in shares for at in some) == list(offsets(STEPS))
    assert shares[1] == [0.5, 1.5, 2.25]


@pytest.mark.parametrize("kind", KINDS)
def test_good_letters_are_json_with_their_time_in_the_correlation_id(kind: str) -> None:
    """Which is what the event brings to the subscriber; each has an id of its own."""
    some = list(islice(letters(kind, existing=10, seed=1), 50))
    assert len({letter.id for letter in some}) == len(some)
    for letter in some:
        if letter.mold.good:
            document = from_json(letter.body(123_456_789))
            assert document["correlationid"] == "123456789"
            assert document["id"] == letter.id
            assert document["subject"] == letter.venue_id
            assert document["type"] == letter.mold.type


def test_half_of_the_garbage_is_bad_and_large_is_large() -> None:
    """The shares and sizes that the scenarios name."""
    garbage = list(islice(letters("garbage", existing=0, seed=0), 100))
    assert sum(not letter.mold.good for letter in garbage) == 50
    for kib in SIZES_KIB:
        (large,) = islice(letters(padded(kib), existing=0, seed=0), 1)
        assert kib * KIB <= len(large.body(1)) < kib * KIB + 500


@pytest.mark.parametrize("extra", ["", '"actorid":"somebody",'])
def test_a_head_is_read_in_any_order(extra: str) -> None:
    """The quick way for what the worker writes, and as JSON for what it does not."""
    body = (
        '{"specversion":"1.0","id":"e","source":"/s","type":"venue.created","subject":"v",'
        f'"time":"t","datacontenttype":"application/json","tenantid":"n",{extra}"venueversion":3,'
        '"causationid":"c","correlationid":"77","data":{}}'
    )
    received = Received()
    note(received, body.encode(), 100)
    assert (received.ids, received.types, received.venues) == (["e"], ["venue.created"], ["v"])
    assert (received.commands, list(received.versions)) == (["c"], [3])
    assert (list(received.intended), list(received.arrived)) == ([77], [100])


def test_results_are_not_committed() -> None:
    """They belong to the machine that made them."""
    assert "/perf/results/" in (ROOT / ".gitignore").read_text().splitlines()
