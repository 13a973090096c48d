"""Opening hours as values: the week, and the dates that are not like it. All times are local."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from worker.domain.patch import Json, JsonObject

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAY = 24 * 60
"""Minutes from midnight to midnight by the clock on the wall, also where a day is longer."""


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """From `opens` until before `closes`, in minutes from the midnight that the day begins with.

    One that runs past midnight closes after `DAY`; none is longer than a day.
    """

    opens: int
    closes: int

    def document(self) -> JsonObject:
        """Return it as `opens` and `closes`; closing at midnight is 24:00."""
        closes = self.closes if self.closes <= DAY else self.closes - DAY
        return {"opens": _clock(self.opens), "closes": _clock(closes)}


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A date with hours of its own, or none of them: closed."""

    periods: tuple[Period, ...] = ()
    reason: str | None = None

    def document(self) -> JsonObject:
        """Return it as events show it, but for its date."""
        hours: list[Json] = [period.document() for period in self.periods]
        shown: JsonObject = {"hours": hours} if hours else {"closed": True}
        return shown if self.reason is None else {**shown, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Hours:
    """When a venue is open: its periods by day of the week from Monday on, and special dates."""

    weekly: tuple[tuple[Period, ...], ...] = ((),) * 7
    exceptions: Mapping[date, SpecialDay] = field(default_factory=dict)

    def on(self, day: date) -> tuple[Period, ...]:
        """Return the periods that begin on a date."""
        special = self.exceptions.get(day)
        return self.weekly[day.weekday()] if special is None else special.periods

    def document(self) -> dict[str, list[Json]]:
        """Return the hours as events show them, in order of time."""
        return {
            "weekly": [
                {"day_of_week": name, **period.document()}
                for name, periods in zip(DAYS, self.weekly, strict=True)
                for period in periods
            ],
            "exceptions": [
                {"date": day.isoformat(), **special.document()}
                for day, special in self.exceptions.items()
            ],
        }


def period_of(given: Mapping[str, Any]) -> Period:
    """Read `opens` and `closes`; closing no later than opening means the next day."""
    opens, closes = _minutes(given["opens"]), _minutes(given["closes"])
    return Period(opens, closes if closes > opens else closes + DAY)


def hours_of(document: Mapping[str, Any]) -> Hours:
    """Read hours as a command gives them, or as they were shown; the order makes no difference."""
    weekly = document["weekly"]
    special = sorted(document.get("exceptions", ()), key=lambda one: str(one["date"]))
    return Hours(
        tuple(_periods(one for one in weekly if one["day_of_week"] == day) for day in DAYS),
        {
            date.fromisoformat(one["date"]): SpecialDay(
                _periods(one.get("hours", ())), one.get("reason")
            )
            for one in special
        },
    )


def _periods(given: Any) -> tuple[Period, ...]:  # noqa: ANN401 - objects of JSON
    return tuple(sorted(map(period_of, given)))


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
