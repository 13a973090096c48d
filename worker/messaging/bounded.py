"""Messages that wait to be sent, bounded by how many they are and by their bytes."""

from collections import deque
from collections.abc import Iterable
from typing import Generic, Protocol, TypeVar


class Message(Protocol):
    """What has a body."""

    @property
    def body(self) -> bytes:
        """The bytes that count."""


M = TypeVar("M", bound=Message)


class Bounded(Generic[M]):
    """A queue that drops its oldest messages where it would hold too many of them, or too much."""

    def __init__(self, most: int, most_bytes: int) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._bytes = 0
        self._messages: deque[M] = deque()

    def __len__(self) -> int:
        return len(self._messages)

    def extend(self, messages: Iterable[M]) -> None:
        """Append messages; the newest is kept whatever its size."""
        for message in messages:
            self._messages.append(message)
            self._bytes += len(message.body)
            while len(self) > 1 and (len(self) > self._most or self._bytes > self._most_bytes):
                self._pop()

    def take(self, most: int, most_bytes: int) -> list[M]:
        """Remove and return the oldest: at least one where there is one."""
        taken: list[M] = []
        room = most_bytes
        while self._messages and len(taken) < most:
            room -= len(self._messages[0].body)
            if taken and room < 0:
                break
            taken.append(self._pop())
        return taken

    def _pop(self) -> M:
        message = self._messages.popleft()
        self._bytes -= len(message.body)
        return message
