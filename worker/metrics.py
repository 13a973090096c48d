"""The Prometheus metrics of the contract (section 7). No label takes an id."""

import time
from dataclasses import dataclass, field

from prometheus_client import Counter, Gauge, Histogram, Info

PREFIX = "venue_worker"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
SIZES = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000)


def _counter(name: str, text: str, *labels: str) -> Counter:
    return Counter(name, text, labels, namespace=PREFIX)


def _gauge(name: str, text: str, *labels: str) -> Gauge:
    return Gauge(name, text, labels, namespace=PREFIX)


def _seconds(name: str, text: str, *labels: str) -> Histogram:
    return Histogram(name, text, labels, namespace=PREFIX, buckets=SECONDS)


commands_total = _counter("commands", "Commands settled, by what became of them", "type", "outcome")
command_duration_seconds = _seconds("command_duration_seconds", "From received to settled")
batch_size = Histogram("batch_size", "Commands in a batch", namespace=PREFIX, buckets=SIZES)
batch_duration_seconds = _seconds("batch_duration_seconds", "A batch's stages", "stage")
events_published_total = _counter("events_published", "Events confirmed by the broker", "type")
publish_confirm_seconds = _seconds("publish_confirm_seconds", "From publish to the last confirm")
outbox_pending = _gauge("outbox_pending", "Committed events that are not published yet")
outbox_oldest_seconds = _gauge("outbox_oldest_seconds", "Age of the oldest of them")
parked_commands = _gauge("parked_commands", "Parked commands by reason", "reason")
deferred_commands = _gauge("deferred_commands", "Commands that wait to be decided")
retention_deleted_total = _counter("retention_deleted", "Rows deleted for their age", "table")
queries_total = _counter("queries", "Queries, by what became of them", "type", "status")
query_duration_seconds = _seconds("query_duration_seconds", "From received to answered", "type")
redelivered_total = _counter("redelivered", "Deliveries that the broker marked as redelivered")
amqp_connected = _gauge("amqp_connected", "1 while a consumer is registered at the broker")
database_pool = _gauge("database_pool", "Database connections", "state")
migrations_pending = _gauge("migrations_pending", "Migrations on disk that are not applied")
build_info = Info("build", "The version that runs", namespace=PREFIX)


@dataclass(slots=True)
class Rate:
    """Commands settled a second, between one look and the next."""

    _total: float = 0.0
    _at: float = field(default_factory=time.monotonic)

    def now(self) -> float:
        """Return the rate since the last look."""
        total = sum(
            sample.value
            for metric in commands_total.collect()
            for sample in metric.samples
            if sample.name.endswith("_total")
        )
        now = time.monotonic()
        rate = (total - self._total) / max(now - self._at, 1e-3)
        self._total, self._at = total, now
        return rate
