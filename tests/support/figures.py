"""Figures that a test wants people to see, shown together at the end of the run."""

from collections.abc import Callable

Figures = Callable[[str], None]
"""Note some lines."""

KEY = "figures"
RAN_ON = "ran on"
