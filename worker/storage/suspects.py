"""The table `suspect_command`: what a worker was handling alone when it died."""

from worker.storage.database import Database
from worker.storage.queries import queries


class Suspects:
    """The suspects of one queue, one after the other."""

    def __init__(self, database: Database, queue: str) -> None:
        self._database = database
        self._queue = queue

    async def attempt(self, message: bytes) -> int:
        """Note that a message, known by its hash, is about to be handled; return how often it was.

        Raises:
            TransientError: the database cannot be asked just now.
        """
        # A crash of the database server may undo it: then a suspect is tried more often.
        async with self._database.transaction(durable=False) as tx:
            return int(await queries.attempt_suspect(tx, queue=self._queue, hash=message))

    async def clear(self) -> None:
        """Note that this process has survived the last one, whatever became of it."""
        async with self._database.transaction(durable=False) as tx:
            await queries.clear_suspect(tx, queue=self._queue)
