"""The shapes of a venue's settings: how tickets are sold there, with their defaults and limits.

Each section is written once, as events show it, with every default; what a patch of it may hold
follows from that (`patch_of`). Amounts and percentages are exact decimals, as strings.
"""

from typing import Annotated, Any, Literal, get_type_hints

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, StringConstraints
from pydantic import create_model as model_of
from pydantic_core import to_json

from worker.domain.command import Data
from worker.domain.formats import Currency, Email, whole

AMOUNT_PATTERN = r"^(?:0|[1-9][0-9]{0,7})(?:\.[0-9]{1,4})?$"
"""At most what `numeric(12, 4)` holds: no currency has more than four decimals."""

PERCENT_PATTERN = r"^(?:100(?:\.0{1,4})?|[1-9]?[0-9](?:\.[0-9]{1,4})?)$"
"""From 0 to 100, with at most four decimals: a sales tax is 8.875."""


def _distinct(items: list[str]) -> list[str]:
    if len(set(items)) < len(items):
        raise ValueError("name each only once")
    return items


AsInteger = BeforeValidator(whole)
Distinct = AfterValidator(_distinct)
Unique = Field(json_schema_extra={"uniqueItems": True})
Amount = Annotated[str, StringConstraints(pattern=AMOUNT_PATTERN)]
Percent = Annotated[str, StringConstraints(pattern=PERCENT_PATTERN)]
Hours168 = Annotated[int, Field(ge=0, le=168), AsInteger]
Hours720 = Annotated[int, Field(ge=0, le=720), AsInteger]

Delivery = Literal["mobile", "print_at_home", "will_call", "mail"]
Method = Literal[
    "card", "cash", "apple_pay", "google_pay", "bank_transfer", "gift_card", "invoice"
]  # fmt: skip
Deliveries = Annotated[list[Delivery], Field(min_length=1), Distinct, Unique]
Methods = Annotated[list[Method], Field(min_length=1), Distinct, Unique]
Currencies = Annotated[list[Currency], Field(max_length=20), Distinct, Unique]
Recipients = Annotated[list[Email], Field(max_length=20), Distinct, Unique]


class Ticketing(BaseModel):
    """What the box office sells and takes back."""

    max_tickets_per_order: Annotated[int, Field(ge=1, le=100), AsInteger] = 8
    cart_hold_minutes: Annotated[int, Field(ge=1, le=60), AsInteger] = 10
    refunds_allowed: bool = True
    refund_window_hours: Hours720 = 24
    transfers_allowed: bool = True
    transfer_deadline_hours: Hours168 = 2
    will_call: bool = True
    delivery_methods: Deliveries = ["mobile", "print_at_home", "will_call"]


class Fees(BaseModel):
    """What is charged on top of the price; amounts are in `currency`."""

    currency: Currency | None = None
    service_percent: Percent = "0"
    service_fixed: Amount = "0"
    facility_fixed: Amount = "0"
    processing_percent: Percent = "0"
    processing_fixed: Amount = "0"
    tax_percent: Percent = "0"
    tax_included: bool = False


class Payment(BaseModel):
    """How and until when buyers pay."""

    methods: Methods = ["card"]
    deposit_percent: Percent = "0"
    payment_deadline_hours: Hours720 = 24
    accepted_currencies: Currencies = []


class Notifications(BaseModel):
    """What buyers and the venue are told."""

    order_confirmation: bool = True
    reminder_hours_before: Hours168 = 24
    low_inventory_percent: Percent = "10"
    daily_sales_report: bool = False
    recipients: Recipients = []


class Resale(BaseModel):
    """Whether and how tickets may be sold on."""

    allowed: bool = False
    max_markup_percent: Percent = "0"
    royalty_percent: Percent = "0"
    deadline_hours: Hours168 = 2


class SettingsShape(BaseModel):
    """All settings of a venue as events show them."""

    ticketing: Ticketing = Ticketing()
    fees: Fees = Fees()
    payment: Payment = Payment()
    notifications: Notifications = Notifications()
    resale: Resale = Resale()


def patch_of(section: type[BaseModel]) -> type[Data]:
    """Return the shape of a merge patch of a section: what is absent stays, null is the default."""
    hints = get_type_hints(section, include_extras=True)
    fields: dict[str, Any] = {
        name: (hints[name] | None, _optional(f"null: back to {to_json(field.default).decode()}"))
        for name, field in section.model_fields.items()
    }
    return model_of(f"{section.__name__}Patch", __base__=Data, __doc__=section.__doc__, **fields)


def _optional(description: str) -> Any:  # noqa: ANN401 - as pydantic's Field
    # Made and not named, so that no default is published: a generated client would send it.
    return Field(default_factory=lambda: None, description=description)


_sections: dict[str, Any] = {
    name: (patch_of(section) | None, _optional("null: back to the defaults"))
    for name, section in get_type_hints(SettingsShape).items()
}
SettingsUpdate: type[Data] = model_of(
    "SettingsUpdate",
    __base__=Data,
    __doc__="A merge patch of the settings; null sets a setting or a section back to its defaults.",
    **_sections,
)
