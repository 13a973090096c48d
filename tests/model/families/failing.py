"""A command of the test's own, whose rule always fails: what `internal` is for."""

from hypothesis import strategies as st

from tests.model.words import OWNER, Around, Command, Fails, Kind, Venue

TYPE = "venue.test.fail"


def _fail(venue: Venue, command: Command, around: Around) -> Fails:
    del venue, command, around
    return Fails()


KINDS = {TYPE: Kind(st.just({}), _fail, OWNER, weight=2)}
