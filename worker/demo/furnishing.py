"""What one park is given beside its fields: people, settings, a seating plan, hours, papers."""

from collections.abc import Iterable

from rich.table import Table

from worker.client import Document
from worker.demo.parks import Park

SEATS_A_ROW = 20
ROWS = 25
SECTIONS = 16
LAWN = 1_500
GAME_DAYS = ("friday", "saturday", "sunday")

HOURS = {
    "weekly": [{"day_of_week": day, "opens": "16:00", "closes": "00:30"} for day in GAME_DAYS],
    "exceptions": [{"date": "2026-11-26", "closed": True, "reason": "Thanksgiving"}],
}
SETTINGS = {
    "ticketing": {"max_tickets_per_order": 8},
    "fees": {"currency": "USD", "service_percent": "7.5", "service_fixed": "1.25"},
}
INTEGRATION = {
    "kind": "stripe",
    "config": {"account": "acct_demo"},
    "credentials": {"secret_key": "sk_test_of_the_demo"},
}


def furnish(park: Park) -> list[Document]:
    """Return the commands, in the order they are to be sent."""
    return [
        park.give("venue.staff.add", {"user_id": "ann", "role": "manager"}),
        park.give("venue.staff.add", {"user_id": "bob", "role": "box_office"}),
        park.give("venue.settings.update", SETTINGS),
        park.give("venue.hours.set", HOURS),
        park.give("venue.layout.add", _seating_plan()),
        park.give("venue.integration.connect", INTEGRATION),
        park.give("venue.document.submit", {"kind": "business_license", "sha256": "ab" * 32}),
    ]


def furnished(events: Iterable[Document]) -> Table:
    """Return what the park's events tell of it, as a table."""
    table = Table("version", "event", "what it shows", title="One park, furnished")
    for event in events:
        part, shown = next(item for item in event["data"].items() if item[0] != "changed")
        if part != "venue":
            table.add_row(str(event["venueversion"]), event["type"], _in_short(part, shown))
    return table


def _in_short(part: str, shown: Document) -> str:
    match part:
        case "staff":
            return f"{shown['user_id']} is {shown['role']}"
        case "settings":
            fees = shown["fees"]
            fixed = f"{fees['service_fixed']} {fees['currency']}"
            return f"service {fees['service_percent']} % and {fixed}"
        case "hours":
            days = [entry["day_of_week"] for entry in shown["weekly"]]
            return f"open {', '.join(days)}; {len(shown['exceptions'])} exception"
        case "layout":
            places = shown["places"]
            return f"{places['seats']:,} seats, standing room for {places['standing']:,}"
        case "integration":
            return f"{shown['kind']}, {', '.join(shown['credential_names'])} kept encrypted"
    return f"{shown['kind']} {shown['status']}"


def _seating_plan() -> Document:
    numbered = {"from": 1, "to": SEATS_A_ROW}
    rows = [{"label": chr(ord("A") + n), "seats": numbered} for n in range(ROWS)]
    rows[0] = {"label": "A", "seats": {**numbered, "accessible": ["1", "2"], "companion": ["3"]}}
    stands = [{"label": str(101 + n), "rows": rows} for n in range(SECTIONS)]
    lawn = {"label": "Lawn", "standing": {"capacity": LAWN}}
    return {"name": "Baseball", "kind": "mixed", "sections": [*stands, lawn]}
