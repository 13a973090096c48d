"""The status page for people."""

import aiohttp

from tests.support.bus import Bus
from tests.support.process import WorkerProcess
from tests.support.waiting import until


async def test_it_shows_checks_and_parked_commands(worker: WorkerProcess, the_bus: Bus) -> None:
    """The page names every check, and what was parked last, escaped."""
    await the_bus.send(b"<script>alert(1)</script>")

    async def shown() -> bool:
        url = f"http://127.0.0.1:{worker.port}/"
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            text = await response.text()
        checks = ("database", "rabbitmq", "migrations", "consumers", "outbox", "event_loop")
        return "invalid_json" in text and all(name in text for name in checks)

    await until(shown, "the page shows the parked message")
