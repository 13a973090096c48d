"""A virtual host that is not there: people are told, in words that they know."""

import pytest
from yarl import URL

from worker.errors import BrokerUnavailableError
from worker.messaging.link import open_link


async def test_one_that_is_not_there(amqp_url: str) -> None:
    """The client library tells of a frame that it did not expect."""
    url = str(URL(amqp_url).with_path("/nosuch"))
    with pytest.raises(BrokerUnavailableError, match="virtual host of VENUE_AMQP_URL"):
        await open_link(url, "test")
