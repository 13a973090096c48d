"""The rules that the database holds of a venue's settings, each by its name."""

import json
from typing import Any

import asyncpg
import pytest

from tests.integration.test_constraints import GOOD, VENUE, violated
from tests.support.commands import new_id

INSERT = """
INSERT INTO venue_settings (tenant_id, venue_id, chosen, updated_at)
VALUES ($1, $2, {chosen}, now())
"""
LISTED = [f"p{n}@fenway.com" for n in range(21)]
BROKEN: list[tuple[str, Any]] = [
    ("venue_settings_differ", {}),
    ("venue_settings_differ", []),
    ("venue_settings_sections_known", {"seats": {"max": 1}}),
    ("venue_settings_ticketing_fits", {"ticketing": {"max_tickets_per_order": 101}}),
    ("venue_settings_ticketing_fits", {"ticketing": {"cart_hold_minutes": 0}}),
    ("venue_settings_hours_fit", {"ticketing": {"refund_window_hours": 721}}),
    ("venue_settings_hours_fit", {"ticketing": {"transfer_deadline_hours": 169}}),
    ("venue_settings_hours_fit", {"payment": {"payment_deadline_hours": -1}}),
    ("venue_settings_hours_fit", {"notifications": {"reminder_hours_before": 169}}),
    ("venue_settings_hours_fit", {"resale": {"deadline_hours": 169}}),
    *[
        ("venue_settings_percents_fit", {section: {name: "100.5"}})
        for section, name in (
            ("fees", "service_percent"), ("fees", "processing_percent"), ("fees", "tax_percent"),
            ("payment", "deposit_percent"), ("notifications", "low_inventory_percent"),
            ("resale", "max_markup_percent"), ("resale", "royalty_percent"),
        )
    ],
    *[
        ("venue_settings_amounts_fit", {"fees": {"currency": "USD", name: amount}})
        for name in ("service_fixed", "facility_fixed", "processing_fixed")
        for amount in ("123456789", "1.00001", "-1")
    ],
    *[
        ("venue_settings_amounts_in_currency", {"fees": {name: "1"}})
        for name in ("service_fixed", "facility_fixed", "processing_fixed")
    ],
    ("venue_settings_currency_form", {"fees": {"currency": "usd"}}),
    ("venue_settings_recipients_few", {"notifications": {"recipients": LISTED}}),
]  # fmt: skip
ALLOWED: dict[str, Any] = {
    "ticketing": {"max_tickets_per_order": 100, "refund_window_hours": 720},
    "fees": {"currency": "USD", "service_fixed": "99999999.99", "tax_percent": "100.0000"},
    "notifications": {"recipients": LISTED[:20]},
}


def _insert(chosen: Any) -> str:
    return INSERT.format(chosen=f"'{json.dumps(chosen)}'")


@pytest.mark.parametrize(("name", "chosen"), BROKEN)
async def test_settings(database: asyncpg.Connection, name: str, chosen: Any) -> None:
    """Settings that break one rule are refused by that rule's name; good ones are not."""
    tenant, venue = new_id(), new_id()
    await database.execute(VENUE.format(**GOOD), tenant, venue)
    assert await violated(database, _insert(chosen), tenant, venue) == name
    await database.execute(_insert(ALLOWED), tenant, venue)


async def test_settings_are_a_venues_own(database: asyncpg.Connection) -> None:
    """Settings belong to a venue that there is, of the same tenant, and to each only once."""
    tenant, venue = new_id(), new_id()
    await database.execute(VENUE.format(**GOOD), tenant, venue)
    insert = _insert(ALLOWED)
    assert await violated(database, insert, new_id(), venue) == "venue_settings_venue_fkey"
    await database.execute(insert, tenant, venue)
    assert await violated(database, insert, tenant, venue) == "venue_settings_pkey"
