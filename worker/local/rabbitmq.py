"""A private RabbitMQ node from the programs installed here."""

import os
import shutil
import threading
import uuid
from pathlib import Path
from typing import Final

from worker.local.probes import broker_version
from worker.local.programs import Program
from worker.local.server import HOST, PASSWORD, USER

# The server's own script, where packages put it. Debian's command on PATH is a wrapper which
# insists on the system's user and directories, so it comes last.
SCRIPTS: Final = ("/usr/lib/rabbitmq/bin/rabbitmq-server", "/opt/rabbitmq/sbin/rabbitmq-server")


def find_program() -> Path | None:
    """Find RabbitMQ's server script; without Erlang beside it, it is of no use."""
    packaged = [path for path in SCRIPTS if os.access(path, os.X_OK)]
    found = packaged[0] if packaged else shutil.which("rabbitmq-server")
    return Path(found) if found and shutil.which("erl") else None


class RabbitMQ(Program):
    """A node with its own name, cookie, ports and port mapper, on the loopback address only."""

    def __init__(
        self, program: Path, home: Path, ports: tuple[int, int, int], ending: threading.Event
    ) -> None:
        self._port, self._cluster_port, self._mapper_port = ports
        url = f"amqp://{USER}:{PASSWORD}@{HOST}:{self._port}/"
        super().__init__("RabbitMQ", url, broker_version, home=home, ending=ending)
        self._program = program
        self._node = f"venue-{uuid.uuid4().hex[:12]}@localhost"

    def _programs_directory(self) -> Path:
        return self._program.parent

    def _prepare(self) -> None:
        (self._home / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = {HOST}:{self._port}\n"
            f"default_user = {USER}\n"
            f"default_pass = {PASSWORD}\n"
        )
        (self._home / "enabled_plugins").write_text("[].\n")
        (self._home / "conf.d").mkdir()

    def _command(self) -> list[str]:
        return [str(self._program)]

    def _environment(self) -> dict[str, str]:
        home = self._home
        return {
            "HOME": str(home),  # where Erlang keeps the cookie
            # A port mapper of our own: the machine's may belong to another node.
            "ERL_EPMD_PORT": str(self._mapper_port),
            "ERL_EPMD_ADDRESS": HOST,
            "RABBITMQ_NODENAME": self._node,
            "RABBITMQ_NODE_PORT": str(self._port),
            "RABBITMQ_NODE_IP_ADDRESS": HOST,
            "RABBITMQ_DIST_PORT": str(self._cluster_port),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "RABBITMQ_LOGS": "-",
            # The remaining paths keep the machine's own settings and data out of it.
            "RABBITMQ_CONF_ENV_FILE": str(home / "rabbitmq-env.conf"),
            "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
            "RABBITMQ_CONFIG_FILES": str(home / "conf.d"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(home / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(home / "generated"),
            "RABBITMQ_MNESIA_BASE": str(home / "data"),
            "RABBITMQ_LOG_BASE": str(home / "log"),
            "RABBITMQ_SCHEMA_DIR": str(home / "schema"),
        }
