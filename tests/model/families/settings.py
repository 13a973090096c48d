"""`venue.settings.update`: a patch over the defaults, which the documentation lists."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from tests.model.families.venue import merged
from tests.model.words import (
    MANAGER,
    Around,
    Changed,
    Command,
    Data,
    Document,
    Kind,
    Ruling,
    Same,
    Venue,
    refused,
)

DEFAULTS: dict[str, Document] = {
    "ticketing": {
        "max_tickets_per_order": 8,
        "cart_hold_minutes": 10,
        "refunds_allowed": True,
        "refund_window_hours": 24,
        "transfers_allowed": True,
        "transfer_deadline_hours": 2,
        "will_call": True,
        "delivery_methods": ["mobile", "print_at_home", "will_call"],
    },
    "fees": {
        "currency": None,
        "service_percent": "0",
        "service_fixed": "0",
        "facility_fixed": "0",
        "processing_percent": "0",
        "processing_fixed": "0",
        "tax_percent": "0",
        "tax_included": False,
    },
    "payment": {
        "methods": ["card"],
        "deposit_percent": "0",
        "payment_deadline_hours": 24,
        "accepted_currencies": [],
    },
    "notifications": {
        "order_confirmation": True,
        "reminder_hours_before": 24,
        "low_inventory_percent": "10",
        "daily_sales_report": False,
        "recipients": [],
    },
    "resale": {
        "allowed": False,
        "max_markup_percent": "0",
        "royalty_percent": "0",
        "deadline_hours": 2,
    },
}
AMOUNTS = ("service_fixed", "facility_fixed", "processing_fixed")
DECIMALS = {"USD": 2, "JPY": 0}


def _value(value: Any) -> Any:
    """Return what a setting means: decimals are equal by value."""
    if isinstance(value, dict):
        return {name: _value(item) for name, item in value.items()}
    return Decimal(value) if isinstance(value, str) and value[:1].isdigit() else value


def _differing(chosen: Document) -> Document:
    # What is set to its default is as if it had never been set.
    own = {
        section: {n: v for n, v in some.items() if _value(v) != _value(DEFAULTS[section][n])}
        for section, some in chosen.items()
    }
    return {section: some for section, some in own.items() if some}


def _whole(chosen: Document) -> dict[str, Document]:
    return {section: {**some, **chosen.get(section, {})} for section, some in DEFAULTS.items()}


def _update(venue: Venue, command: Command, around: Around) -> Ruling:
    del around
    if venue.status == "closed":
        return refused("illegal_transition")
    kept = venue.part("settings").get("", {})
    chosen = _differing(merged(kept, command.data))
    before, after = _whole(kept), _whole(chosen)
    changed = frozenset(name for name in DEFAULTS if _value(before[name]) != _value(after[name]))
    if not changed:
        return Same()
    if _is_wrong(after):
        return refused("invalid_data")
    items = {"": chosen} if chosen else {}
    new = replace(venue, parts={**venue.parts, "settings": items})
    return Changed(new, "venue.settings.updated", {"settings": after}, changed)


def _is_wrong(settings: dict[str, Document]) -> bool:
    fees, payment, ticketing = (settings[name] for name in ("fees", "payment", "ticketing"))
    currency, accepted = fees["currency"], payment["accepted_currencies"]
    amounts = [Decimal(fees[name]) for name in AMOUNTS]
    smallest = Decimal(1).scaleb(-DECIMALS.get(currency, 0))
    return (
        (currency is None and any(amounts))
        or (currency is not None and any(amount % smallest for amount in amounts))
        or (currency is not None and accepted != [] and currency not in accepted)
        or ("will_call" in ticketing["delivery_methods"] and not ticketing["will_call"])
    )


def folded(chosen: Document) -> Document:
    """Return what events show of what is stored."""
    return _whole(chosen)


# Each patch has one way to write a number: which of two equal ones is kept is nobody's affair.
_patches: Data = st.one_of(
    st.sampled_from(
        [
            {"fees": {"currency": "USD"}},
            {"fees": {"currency": "JPY"}},
            {"fees": {"currency": None}},
            {"fees": {"service_fixed": "2.50"}},
            {"fees": {"service_fixed": "250"}},
            {"fees": {"service_fixed": None, "facility_fixed": None}},
            {"fees": None},
            {"payment": {"accepted_currencies": ["JPY"]}},
            {"payment": {"accepted_currencies": ["USD", "JPY"]}},
            {"payment": None},
            {"ticketing": {"will_call": False}},
            {"ticketing": {"will_call": False, "delivery_methods": ["mobile", "mail"]}},
            {"ticketing": None},
            {"notifications": {"low_inventory_percent": "10.0"}},
            {},
        ]
    ),
    st.fixed_dictionaries(
        {},
        optional={
            "resale": st.fixed_dictionaries(
                {},
                optional={
                    "allowed": st.booleans(),
                    "deadline_hours": st.sampled_from([2, 24, None]),
                    "royalty_percent": st.sampled_from(["0", "0.00", "7.5"]),
                },
            ),
            "fees": st.fixed_dictionaries(
                {"currency": st.just("USD"), "facility_fixed": st.sampled_from(["1", "0.5"])}
            ),
        },
    ),
)
_bad: Data = st.sampled_from(
    [
        {"fees": {"service_fixed": 2.5}},
        {"fees": {"service_percent": "101"}},
        {"fees": {"currency": "XXX"}},
        {"ticketing": {"max_tickets_per_order": 0}},
        {"payment": {"methods": []}},
        {"unknown": {}},
    ]
)

KINDS = {"venue.settings.update": Kind(_patches, _update, MANAGER, _bad, weight=6)}
STORED = {
    "settings": """
    SELECT tenant_id::text, venue_id::text, '' AS key, chosen AS document FROM venue_settings
    """
}
SHOWN = {"settings": folded}
