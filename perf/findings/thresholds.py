"""What a scenario promises of its figures, and whether they keep it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


class ThresholdMissedError(Exception):
    """A figure is worse than its scenario allows."""


DIGITS = 3
"""Of a figure that count; more would say more than one run knows."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure, with its unit."""

    value: float
    unit: str

    def text(self) -> str:
        """Write it for people."""
        whole = self.value == int(self.value)
        size = 0 if whole or not self.value else math.floor(math.log10(abs(self.value)))
        digits = 0 if whole else max(0, DIGITS - 1 - size)
        return f"{self.value:,.{digits}f} {self.unit}".rstrip()


@dataclass(frozen=True, slots=True)
class Threshold:
    """The most, or the least, that a figure may be, in the figure's unit."""

    figure: str
    most: float | None = None
    least: float | None = None

    def verdict(self, figures: Mapping[str, Figure]) -> "Verdict":
        """Hold the figure of this name against it."""
        figure = figures[self.figure]
        kept = figure.value <= self.most if self.most is not None else True
        kept = kept and (figure.value >= self.least if self.least is not None else True)
        limits = [
            f"{word} {Figure(limit, figure.unit).text()}"
            for word, limit in (("at most", self.most), ("at least", self.least))
            if limit is not None
        ]
        return Verdict(f"{self.figure}: {figure.text()}, {' and '.join(limits)}", kept)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A promise with the figure it is about, and whether it was kept."""

    text: str
    kept: bool


def demand(verdicts: Sequence[Verdict]) -> None:
    """Raise the promises that were not kept.

    Raises:
        ThresholdMissedError: there are some; it names them in one line.
    """
    if missed := [one.text for one in verdicts if not one.kept]:
        raise ThresholdMissedError(f"missed: {'; '.join(missed)}")
