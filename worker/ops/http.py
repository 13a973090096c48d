"""The HTTP port, read only: health, metrics, the status page."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic_core import to_json

from worker.errors import OperatorError
from worker.ops.health import Health
from worker.ops.page import page

log = structlog.get_logger()


def application(health: Health) -> web.Application:
    """Return the application with its routes."""

    async def live(_: web.Request) -> web.Response:
        return _json({"status": "ok"})

    async def ready(_: web.Request) -> web.Response:
        unready = health.unready()
        return _json({"status": "unready" if unready else "ok", "unready": unready}, not unready)

    async def full(_: web.Request) -> web.Response:
        document = health.document()
        return _json(document, document["status"] != "unhealthy")

    async def status_page(_: web.Request) -> web.Response:
        return web.Response(text=page(health.document()), content_type="text/html")

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.router.add_get("/health/live", live)
    for path in ("/health", "/health/ready", "/health/startup"):
        app.router.add_get(path, ready)
    app.router.add_get("/health/full", full)
    app.router.add_get("/metrics", metrics)
    app.router.add_get("/", status_page)
    return app


@asynccontextmanager
async def http_server(health: Health, host: str, port: int) -> AsyncIterator[int]:
    """Serve until the end of the block; give the port that is listened on.

    Raises:
        OperatorError: the port is taken.
    """
    runner = web.AppRunner(application(health), access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise OperatorError(
                f"cannot listen on {host}:{port} ({error}): "
                "set VENUE_HTTP_HOST and VENUE_HTTP_PORT to an address of this machine that is free"
            ) from error
        listening = int(runner.addresses[0][1])
        log.info("http port", host=host, port=listening)
        yield listening
    finally:
        await runner.cleanup()


def _json(document: object, good: bool = True) -> web.Response:  # noqa: FBT001, FBT002 - private
    return web.Response(
        body=to_json(document), content_type="application/json", status=200 if good else 503
    )
