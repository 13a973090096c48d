"""`venue.command.cancel`."""

from hypothesis import strategies as st

from tests.model.words import PLATFORM, Around, Command, Kind, Refused, Same, Venue, refused


def _cancel(venue: Venue, command: Command, around: Around) -> Same | Refused:
    waiting = around.waiting.get(command.data["command_id"])
    if waiting is None or waiting.venue != command.venue:
        return refused("not_found")
    allowed = command.actor in (None, waiting.actor) or around.may(waiting, command.actor, venue)
    return Same() if allowed else refused("forbidden")


KINDS = {
    "venue.command.cancel": Kind(
        # A number stands for one of the commands that wait, or were sent: see `sending.py`.
        data=st.integers(0, 7).map(lambda n: {"command_id": n}),
        bad=st.sampled_from([{}, {"command_id": "x"}, {"command_id": None}]),
        rule=_cancel,
        by=PLATFORM,
        weight=4,
        about_venue=False,
    )
}
