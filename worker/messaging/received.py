"""A message as the client library hands it over, as a `Delivery`."""

import time
from typing import Any

import aiormq.abc

from worker.messaging.delivery import Delivery

PROPERTIES = (
    "content_type", "content_encoding", "delivery_mode", "priority", "correlation_id", "reply_to",
    "expiration", "message_id", "timestamp", "message_type", "user_id", "app_id", "cluster_id",
)  # fmt: skip


def received(message: aiormq.abc.DeliveredMessage) -> Delivery:
    """Return the delivery, with the time of its arrival."""
    properties = message.header.properties
    given: dict[str, Any] = {}
    for name in PROPERTIES:
        value = getattr(properties, name)
        if value is not None:
            given[name] = value
    return Delivery(
        body=message.body,
        tag=message.delivery_tag or 0,
        headers=properties.headers or {},
        properties=given,
        exchange=message.exchange or "",
        routing_key=message.routing_key or "",
        redelivered=bool(message.redelivered),
        received_at=time.perf_counter(),
    )
