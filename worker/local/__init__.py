"""One way to get PostgreSQL and RabbitMQ, for the demo, the tests and the measurements alike."""

from worker.local.server import NotControllable, Server, Services, ServicesUnavailable
from worker.local.services import services

__all__ = ["NotControllable", "Server", "Services", "ServicesUnavailable", "services"]
