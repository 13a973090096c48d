"""The shape of opening hours, after schema.org's `openingHoursSpecification`."""

from datetime import date as calendar_date
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from worker.domain.command import Data
from worker.domain.venue_data import Line

CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
DATE_PATTERN = r"^(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}$"


def _check_date(value: str) -> str:
    calendar_date.fromisoformat(value)  # the text stays as it was given
    return value


def _one_of_two(schema: dict[str, Any]) -> None:
    for name in ("closed", "hours"):
        schema["properties"][name].pop("default", None)
    schema["oneOf"] = [{"required": ["closed"]}, {"required": ["hours"]}]


Opens = Annotated[str, StringConstraints(pattern=f"^{CLOCK}$")]
Closes = Annotated[str, StringConstraints(pattern=f"^(?:{CLOCK}|24:00)$")]
Date = Annotated[
    str,
    StringConstraints(pattern=DATE_PATTERN),
    AfterValidator(_check_date),
    WithJsonSchema({"type": "string", "format": "date", "pattern": DATE_PATTERN}),
]


class Opening(Data):
    """From when to when; closing no later than opening means the next day."""

    opens: Opens
    closes: Closes


class WeeklyOpening(Opening):
    """An opening of every week."""

    day_of_week: Literal[
        "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"
    ]  # fmt: skip


class ExceptionalDay(Data):
    """A date with hours of its own in place of the week's, or closed."""

    model_config = ConfigDict(json_schema_extra=_one_of_two)

    date: Date
    # Of these, what is absent has a default that is never looked at.
    closed: Literal[True] = True
    hours: Annotated[list[Opening], Field(min_length=1, max_length=10)] = Field(default=[])
    reason: Line | None = None

    @model_validator(mode="after")
    def _closed_or_hours(self) -> Self:
        if ("closed" in self.model_fields_set) == ("hours" in self.model_fields_set):
            raise ValueError("give either closed, which is true, or hours")
        return self


Weekly = Annotated[list[WeeklyOpening], Field(max_length=50)]
Exceptions = Annotated[list[ExceptionalDay], Field(max_length=366)]


class HoursSet(Data):
    """All opening hours of a venue, in place of those it had."""

    weekly: Weekly
    exceptions: Exceptions = Field(default=[])


class HoursShape(BaseModel):
    """All opening hours as events show them; a summary leaves the exceptions out."""

    weekly: Weekly
    exceptions: Exceptions = Field(default=[])
