"""One at a time: whether a queue's commands may be handed out many at once.

A lost connection raises the delivery count of every command that was handed out on it, and at the
limit the broker gives them up. So a command that kills the worker each time would take with it
whatever happened to be handed out beside it. Therefore a consumer starts with one command at a time,
looks at its count, and asks for many at once only where there is no sign of repeated crashes.
"""

from dataclasses import dataclass

from worker.messaging.delivery import Delivery

COUNTED = 3
"""Failed deliveries from which on a command may be what the worker dies of."""


@dataclass(slots=True)
class Caution:
    """How one consumer goes about its queue.

    Attributes:
        careful: one command at a time.
        left: commands that are to be taken so in any case, before one that is not counted
            ends it. Where one was seen waiting far behind, it takes so many to get there.
    """

    careful: bool = True
    left: int = 1

    @property
    def prefetch(self) -> int | None:
        """How many deliveries may be unsettled; None for as many as the settings say."""
        return 1 if self.careful else None

    def after(self, delivery: Delivery, ahead: int) -> "Caution":
        """Return how to go on, given a delivery that has arrived behind `ahead` others."""
        counted = delivery.count >= COUNTED
        if not self.careful:
            return Caution(left=ahead + 1) if counted else self
        left = max(0, self.left - 1)
        return Caution(careful=counted or left > 0, left=left)
