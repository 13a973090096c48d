"""Progress of a run for people: bars of what is sent and of what has come."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from perf.load.bench import Load, Tell
from perf.load.letters import MIXED
from perf.load.sampler import Sample
from perf.load.schedule import total


class Bars:
    """Two bars for each run."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def of(self, name: str, load: Load) -> Tell:
        """Add a run's bars; return what moves them."""
        size = total(load.steps) if load.steps else load.count
        # How many of mixed messages are commands, chance decides.
        known = None if load.kind == MIXED else size
        tasks = [
            self._progress.add_task(f"{name}: {what}", total=known)
            for what in ("commands confirmed", "events received")
        ]

        def tell(sample: Sample) -> None:
            for task, done in zip(
                tasks, (sample.counts.confirmed, sample.counts.received), strict=True
            ):
                self._progress.update(task, completed=done)

        return tell

    def plain(self, name: str, size: int) -> Callable[[float], None]:
        """Add one bar; return what moves it on by so much."""
        task = self._progress.add_task(name, total=size)
        return lambda some: self._progress.advance(task, some)


def progress(console: Console) -> Progress:
    """Return bars that are drawn once a second: drawing takes from what is measured."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    return Progress(*columns, TimeElapsedColumn(), console=console, refresh_per_second=1)


@contextmanager
def bars(console: Console) -> Iterator[Bars]:
    """Show bars for the time of a block."""
    with progress(console) as shown:
        yield Bars(shown)
