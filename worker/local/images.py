"""Whether Docker answers and the images are here or can be fetched."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from docker import DockerClient  # type: ignore[import-untyped] # docker-py has no types
from docker.errors import DockerException, ImageNotFound  # type: ignore[import-untyped]
from requests.exceptions import RequestException
from testcontainers.core import docker_client
from testcontainers.core.config import testcontainers_config

from worker.local.server import Say, ServicesUnavailable

DOCKER_ANSWERS_WITHIN: Final = 10
USE_PROGRAMS: Final = "set VENUE_SERVICES=programs to do without"


def require_images(names: Sequence[str], say: Say) -> None:
    """Have the images here, or raise the reason why they cannot be had."""
    client = _client()
    try:
        for name in names:
            _fetch(client, testcontainers_config.hub_image_name_prefix + name, say)
        # A helper which removes containers after a crash. Without its image we do without it:
        # every other end of the program removes them here.
        if not testcontainers_config.ryuk_disabled:
            with suppress(ServicesUnavailable):
                _fetch(client, testcontainers_config.ryuk_image, lambda _line: None)
                return
            testcontainers_config.ryuk_disabled = True
    finally:
        client.close()


def _client() -> DockerClient:
    try:
        client = docker_client.DockerClient(timeout=DOCKER_ANSWERS_WITHIN).client
        client.ping()
    except (DockerException, RequestException, OSError) as error:
        raise ServicesUnavailable(
            "Docker does not answer", f"start it, or {USE_PROGRAMS}"
        ) from error
    return client


def _fetch(client: DockerClient, name: str, say: Say) -> None:
    try:
        with suppress(ImageNotFound):
            client.images.get(name)
            return
        say(f"fetching the image {name}")
        client.api.timeout = None  # a fetch takes as long as it takes
        client.images.pull(name)
    except (DockerException, RequestException) as error:
        raise ServicesUnavailable(
            f"Docker answers but the image {name} cannot be had ({explained(error)})", USE_PROGRAMS
        ) from error


def explained(error: Exception) -> str:
    """Take what the Docker service said, without the HTTP around it."""
    return str(getattr(error, "explanation", None) or error)
