"""`venue-worker query` with words that make no query: one line says what is wrong with them."""

import pytest

from tests.support.command_line import run
from tests.support.commands import Venue, new_id
from tests.support.process import WorkerProcess

NOWHERE = "amqp://nobody:none@127.0.0.1:1/"
WRONG = [
    (["venue.get", "--timeout", "nan"], "--timeout: give seconds"),
    (["venue.get", "--timeout", "-1"], "--timeout: give seconds"),
    (["venue.get", "--timeout", "0"], "--timeout: give seconds"),
    (["venue.get", "--timeout", "1e12"], "--timeout: give seconds"),
    (["venue.get", "--timeout", "inf"], "--timeout: give seconds"),
    (["x" * 300], "a type is"),
    (["\N{STADIUM}" * 60], "a type is"),
    ([""], "a type is"),
    (["venue.\x1b[31mget"], "a type is"),
    (["venue.get", "--data", ""], "--data is empty"),
    (["venue.get", "--data", " "], "--data is empty"),
    (["venue.get", "--data", "[1"], "--data is not JSON"),
    (["venue.get", "--data", '{"limit": NaN}'], "--data is not JSON"),
    (["venue.get", "--data", "none/\x1b[31m"], "cannot read none/\\x1b[31m"),
    (["venue.get", "--actor", "\udcff"], "not UTF-8"),
]


@pytest.mark.parametrize(("words", "sentence"), WRONG)
async def test_words_that_make_no_query(words: list[str], sentence: str) -> None:
    """They are refused by a line of text, before anything is sent."""
    ended = await run("query", *words, VENUE_AMQP_URL=NOWHERE)
    assert sentence in ended.sentence()
    assert "\x1b[31mred" not in ended.errors


async def test_a_timeout_of_send() -> None:
    """What is no time to wait is refused for commands, too."""
    ended = await run(
        "send", '{"type": "venue.create"}', "--timeout", "nan", VENUE_AMQP_URL=NOWHERE
    )
    assert "--timeout: give seconds" in ended.sentence()


async def test_answers_are_shown_and_not_obeyed(worker: WorkerProcess, amqp_url: str) -> None:
    """What a query has said, and what others have written, cannot drive a terminal."""
    venue = Venue()
    words = ("--tenant", venue.tenant, "--venue", venue.id, "--data")
    data = '{"user_id": "ann", "permission": "venue:read", "\\u009b31m\\u001b[31m": 1}'
    ended = await run("query", "venue.access.check", *words, data, VENUE_AMQP_URL=amqp_url)
    assert ended.status == 1
    assert "error invalid_data" in ended.output
    assert not {"\x1b", "\x9b"} & set(ended.output)
    missing = await run("query", "venue.get", "--tenant", new_id(), VENUE_AMQP_URL=amqp_url)
    assert "invalid_envelope" in missing.output
