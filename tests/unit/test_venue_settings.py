"""The settings of a venue: defaults, patches, decimals by value, rules over several settings."""

from typing import Any

import pytest
from pydantic_core import from_json

from tests.unit.checks import schema_errors
from tests.unit.samples import (
    MOST,
    NOW,
    VAULT,
    VERSION,
    applied,
    codes,
    command,
    decided,
    envelope,
    refused,
    state,
    structured,
)
from worker.domain.command import Command
from worker.domain.patch import JsonObject
from worker.domain.settings import DEFAULTS, SETTINGS, Settings
from worker.domain.state import State
from worker.messaging.written import written
from worker.pipeline.decode import decode

UPDATE = "venue.settings.update"
DOLLARS: JsonObject = {"fees": {"currency": "USD", "service_fixed": "2.50"}}


def having(chosen: JsonObject, word: str = "active") -> State:
    """Return a venue with these settings, as if they had been loaded."""
    return SETTINGS.put(state(word), {"": Settings(chosen)})


def chosen_after(before: State, *patches: JsonObject) -> Any:
    """Return what is kept of the settings after some patches."""
    for patch in patches:
        before = applied(decided(before, UPDATE, patch))[0].state
    settings = SETTINGS.find(before)
    return settings.chosen if settings else None


def fields_of(before: State, patch: JsonObject) -> list[str | None]:
    """Return where a refused patch is wrong by rules over several settings."""
    refusal = refused(decided(before, UPDATE, patch))
    assert set(codes(refusal)) == {"invalid_data"}
    return [problem.field for problem in refusal.problems]


def test_defaults_from_the_start() -> None:
    """A venue that has never been told anything has all default settings, and they are valid."""
    done, venue = applied(decided(state("pending"), UPDATE, {"resale": {"allowed": True}}))
    assert done.event is not None
    assert venue.version == VERSION + 1
    resale = {**DEFAULTS["resale"], "allowed": True}
    assert done.event.data == {"settings": {**DEFAULTS, "resale": resale}, "changed": ["resale"]}
    assert isinstance(
        decode(structured(envelope(UPDATE, data=dict(DEFAULTS))), MOST, VAULT), Command
    )


def test_kept_is_what_differs() -> None:
    """A setting that is back to its default, by null or by value, is not kept any more."""
    before = having({})
    assert chosen_after(before, DOLLARS) == DOLLARS
    assert chosen_after(before, DOLLARS, {"fees": {"service_fixed": None}}) == {
        "fees": {"currency": "USD"}
    }
    assert chosen_after(before, DOLLARS, {"fees": {"service_fixed": "0.00", "currency": None}}) is (
        None
    )
    assert chosen_after(before, DOLLARS, {"resale": {"allowed": True}, "fees": None}) == {
        "resale": {"allowed": True}
    }


@pytest.mark.parametrize(
    "patch",
    [
        {},
        {"fees": {}},
        {"fees": DOLLARS["fees"]},
        {"fees": {"service_fixed": "2.5"}},
        {"fees": {"service_fixed": "2.5000"}, "ticketing": None},
        {"ticketing": {"max_tickets_per_order": 8.0, "will_call": None}},
        {"payment": {"methods": ["card"], "deposit_percent": "0.0"}},
    ],
)
def test_nothing_changes(patch: JsonObject) -> None:
    """What says the same, decimals by value, makes no version and no event, and leaves the text."""
    before = having(DOLLARS)
    done, venue = applied(decided(before, UPDATE, patch))
    assert done.event is None
    assert venue.version == VERSION
    assert done.state is before


def test_order_of_a_list_counts() -> None:
    """The order of payment methods is the venue's: another order is a change."""
    before = having({"payment": {"methods": ["card", "cash"]}})
    done, _ = applied(decided(before, UPDATE, {"payment": {"methods": ["cash", "card"]}}))
    assert done.event is not None
    assert done.event.data["changed"] == ["payment"]


@pytest.mark.parametrize("name", ["service_fixed", "facility_fixed", "processing_fixed"])
def test_amounts_need_a_currency(name: str) -> None:
    """An amount is none without a currency: neither to begin with, nor once that is removed."""
    assert fields_of(having({}), {"fees": {name: "1"}}) == ["/fees/currency"]
    before = having({"fees": {"currency": "USD", name: "1"}})
    assert fields_of(before, {"fees": {"currency": None}}) == ["/fees/currency"]
    applied(decided(before, UPDATE, {"fees": {"currency": None, name: "0"}}))


@pytest.mark.parametrize(
    ("currency", "amount", "fits"),
    [
        ("USD", "2.50", True),
        ("USD", "2.505", False),
        ("USD", "2.5000", True),
        ("JPY", "250", True),
        ("JPY", "250.00", True),
        ("JPY", "2.5", False),
        ("KWD", "2.505", True),
        ("KWD", "2.5051", False),
        ("CLF", "2.5051", True),
    ],
)
def test_decimals_of_the_currency(currency: str, amount: str, *, fits: bool) -> None:
    """An amount has no more decimals than its currency; zeros at the end are none."""
    patch: JsonObject = {"fees": {"currency": currency, "facility_fixed": amount}}
    if fits:
        assert chosen_after(having({}), patch) == patch
    else:
        assert fields_of(having({}), patch) == ["/fees/facility_fixed"]


def test_another_currency_for_the_same_amounts() -> None:
    """The amounts that stay have to fit a new currency, and are named where they do not."""
    patch: JsonObject = {"fees": {"currency": "JPY"}}
    assert fields_of(having(DOLLARS), patch) == ["/fees/service_fixed"]


def test_the_venues_own_currency_is_accepted() -> None:
    """Who lists the currencies accepted lists that of the fees; no list is that one alone."""
    patch: JsonObject = {"payment": {"accepted_currencies": ["EUR", "GBP"]}}
    assert fields_of(having(DOLLARS), patch) == ["/payment/accepted_currencies"]
    applied(decided(having({}), UPDATE, patch))
    applied(decided(having(DOLLARS), UPDATE, {"payment": {"accepted_currencies": ["EUR", "USD"]}}))


def test_will_call() -> None:
    """Tickets are delivered at the box office only where it hands them out."""
    field = "/ticketing/delivery_methods"
    assert fields_of(having({}), {"ticketing": {"will_call": False}}) == [field]
    mobile: JsonObject = {"ticketing": {"will_call": False, "delivery_methods": ["mobile"]}}
    applied(decided(having({}), UPDATE, mobile))


def test_all_that_is_wrong_is_named() -> None:
    """One refusal names every rule that is broken."""
    fees: JsonObject = {"currency": "USD", "service_fixed": "0.001", "facility_fixed": "0.001"}
    patch: JsonObject = {"fees": fees, "payment": {"accepted_currencies": ["EUR"]}}
    assert fields_of(having({}), patch) == [
        "/fees/service_fixed", "/fees/facility_fixed", "/payment/accepted_currencies",
    ]  # fmt: skip


def test_a_closed_venue_keeps_its_settings() -> None:
    """Nothing of a closed venue changes."""
    assert codes(refused(decided(state("closed"), UPDATE, {"resale": {"allowed": True}}))) == [
        "illegal_transition"
    ]


BAD: list[tuple[str, str, object]] = [
    *[("ticketing", "max_tickets_per_order", value) for value in (0, 101, 1.5, "8", True)],
    *[("ticketing", "cart_hold_minutes", value) for value in (0, 61)],
    *[("ticketing", "refund_window_hours", value) for value in (-1, 721)],
    *[("ticketing", "transfer_deadline_hours", value) for value in (-1, 169)],
    *[("ticketing", "refunds_allowed", value) for value in (1, "true")],
    *[("ticketing", "delivery_methods", value) for value in ([], ["fax"], "mail", [["mail"]])],
    ("ticketing", "delivery_methods", ["mail", "mail"]),
    *[("fees", "currency", value) for value in ("usd", "US", "USDX", "", 840)],
    *[("fees", "service_fixed", value) for value in (2.5, 2, "2,50", "-1", "+1", " 1", "1 ", "")],
    *[("fees", "service_fixed", value) for value in ("123456789", "1.00001", "01", ".5", "1.")],
    *[("fees", "service_fixed", value) for value in ("1e3", "NaN", "Infinity", "٢")],
    *[("fees", "tax_percent", value) for value in ("100.1", "101", "-1", "8.87501", "00", 8.875)],
    *[("payment", "methods", value) for value in ([], ["card", "card"], ["shells"])],
    ("payment", "payment_deadline_hours", 721),
    ("payment", "deposit_percent", 20),
    *[("payment", "accepted_currencies", value) for value in (["usd"], ["USD", "USD"], "USD")],
    ("notifications", "reminder_hours_before", 169),
    ("notifications", "low_inventory_percent", "100.5"),
    ("notifications", "recipients", ["ann"]),
    ("notifications", "recipients", [f"p{n}@fenway.com" for n in range(21)]),
    ("resale", "max_markup_percent", "101"),
    ("resale", "royalty_percent", "200"),
    ("resale", "deadline_hours", 169),
    ("resale", "price", "1"),
]
GOOD: list[tuple[str, str, object]] = [
    *[("ticketing", "max_tickets_per_order", value) for value in (1, 100, 10.0, None)],
    *[("fees", "service_fixed", value) for value in ("0", "0.0000", "99999999.9999", None)],
    *[("fees", "tax_percent", value) for value in ("0", "8.875", "100", "100.0000", None)],
    ("payment", "accepted_currencies", []),
    ("notifications", "recipients", ["a@fenway.com", "b@fenway.com"]),
]


@pytest.mark.parametrize(
    ("section", "name", "value", "good"),
    [*[(*bad, False) for bad in BAD], *[(*good, True) for good in GOOD]],
)
def test_a_setting(section: str, name: str, value: object, *, good: bool) -> None:
    """Schema and worker take the same values, and a refusal points into the setting."""
    message = envelope(UPDATE, data={section: {name: value}})
    read = decode(structured(message), MOST, VAULT)
    assert isinstance(read, Command) is good
    assert (not schema_errors(f"commands/{UPDATE}.json", message)) is good
    if not isinstance(read, Command):
        assert [problem.code for problem in read.problems] == ["invalid_data"]
        assert str(read.problems[0].field).startswith(f"/{section}/{name}")


@pytest.mark.parametrize("currency", ["XXX", "XAU", "ZZZ"])
def test_registers(currency: str) -> None:
    """A currency has to be one that money is made of; the schema knows only its form."""
    for data in (
        {"fees": {"currency": currency}},
        {"payment": {"accepted_currencies": [currency]}},
    ):
        message = envelope(UPDATE, data=data)
        assert not isinstance(decode(structured(message), MOST, VAULT), Command)
        assert not schema_errors(f"commands/{UPDATE}.json", message)


@pytest.mark.parametrize("most_bytes", [MOST, 10])
def test_an_event_is_as_published(most_bytes: int) -> None:
    """The event is valid by its schema, whatever its size."""
    one = command(UPDATE, DOLLARS)
    done, _ = applied(decided(state("active"), UPDATE, DOLLARS))
    assert done.event is not None
    body = from_json(written(done.event, one, NOW, most_bytes).body)
    assert schema_errors("events/venue.settings.updated.json", body) == []
    assert body["data"]["settings"]["fees"]["service_fixed"] == "2.50"
