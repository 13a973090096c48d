"""The shapes of layouts' commands: sections of rows of seats, or of standing room.

A row's seats are listed, or numbered by a rule that says the same in far fewer bytes: a stadium of
80,000 numbered seats is a command of some kilobytes. Which labels and categories may stand beside
each other is checked by the rules (`layout_checks.py`).
"""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints, TypeAdapter, WrapValidator
from pydantic.annotated_handlers import GetCoreSchemaHandler
from pydantic_core import CoreSchema

from worker.domain.command import Data
from worker.domain.formats import Uuid, text, whole

MOST_SECTIONS = 1_000
MOST_ROWS = 1_000
"""Rows of a section."""
MOST_SEATS = 2_000
"""Seats of a row."""
MOST_PLACES = 200_000
"""Seats and standing room of a layout."""
MOST_CATEGORIES = 100
HIGHEST_NUMBER = 999_999

Kind = Literal["fixed", "general_admission", "mixed"]
"""Seats only, standing room only, or either by section."""

Name = Annotated[str, text(200)]
Label = Annotated[str, text(50)]
"""What stands on a ticket for a section, a row or a seat."""


class _Refusal:
    """Says in one sentence at the seat itself what it may be, instead of once for each form."""

    def __init__(self, message: str) -> None:
        self.message = message

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        schema: dict[str, Any] = dict(handler(source))
        schema.update(custom_error_type="seat_form", custom_error_message=self.message)
        return schema


class Seat(Data):
    """A seat of which more is to be said than its label."""

    label: Label
    category: Label | None = None
    accessible: bool = False
    """A wheelchair space, or a seat that is reached without steps."""
    companion: bool = False
    """Beside an accessible one, for whoever comes along."""


ListedSeat = Annotated[
    Label | Seat,
    _Refusal(
        "give a seat as its label of 1 to 50 characters, or as an object with a label and, where "
        "there is more to say, category, accessible and companion"
    ),
]
# Only the first wrong one of a row is told: a message has room for hundreds of thousands of them.
Labels = Annotated[list[Label], Field(max_length=MOST_SEATS, fail_fast=True)]
ListedSeats = Annotated[
    list[ListedSeat], Field(min_length=1, max_length=MOST_SEATS, fail_fast=True)
]
Number = Annotated[int, Field(ge=0, le=HIGHEST_NUMBER), BeforeValidator(whole)]


class NumberedSeats(Data):
    """Seats labelled by counting: prefix and number; the lists name some of these labels."""

    from_: Number = Field(alias="from")
    to: Number
    step: Annotated[int, Field(ge=1, le=1_000), BeforeValidator(whole)] = 1
    prefix: Annotated[str, text(20)] | None = None
    accessible: Labels | None = None
    companion: Labels | None = None
    except_: Labels | None = Field(alias="except", default=None)


_listed: TypeAdapter[list[str | Seat]] = TypeAdapter(ListedSeats)


def _by_form(value: object, _: object) -> object:
    # Not by trying one form and then the other, whose errors would all be told at once.
    if isinstance(value, dict):
        return NumberedSeats.model_validate(value)
    return _listed.validate_python(value, strict=True)


Seats = Annotated[ListedSeats | NumberedSeats, WrapValidator(_by_form)]


class Row(Data):
    """Seats side by side."""

    label: Label
    seats: Seats
    category: Label | None = None


class Standing(Data):
    """Room without seats."""

    capacity: Annotated[int, Field(ge=1, le=MOST_PLACES), BeforeValidator(whole)]


class Section(Data):
    """A part of the house, of rows or of standing room; a category holds for all of it."""

    label: Label
    category: Label | None = None
    rows: Annotated[list[Row], Field(min_length=1, max_length=MOST_ROWS)] | None = None
    standing: Standing | None = None


class Category(Data):
    """A class of places, such as those of one price."""

    name: Label
    color: Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")] | None = None


Sections = Annotated[list[Section], Field(min_length=1, max_length=MOST_SECTIONS)]
Categories = Annotated[list[Category], Field(max_length=MOST_CATEGORIES)]


class LayoutAdd(Data):
    """A new layout; without an id of the publisher's choice it has the command's."""

    layout_id: Uuid | None = None
    name: Name
    kind: Kind
    categories: Categories | None = None
    sections: Sections


class LayoutUpdate(Data):
    """A merge patch of a layout; lists are replaced whole."""

    layout_id: Uuid
    # Absent in a patch: a default is not validated and never looked at, and null is refused.
    name: Name = ""
    kind: Kind = "mixed"
    categories: Categories | None = None
    sections: Sections = Field(default_factory=list)


class LayoutRemove(Data):
    """Which layout is gone."""

    layout_id: Uuid


class LayoutSetDefault(Data):
    """Which layout is the default from now on."""

    layout_id: Uuid
