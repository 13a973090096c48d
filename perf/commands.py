"""The commands of a measurement: realistic `venue.create` messages, the same bytes for everyone."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic_core import to_json
from uuid_utils import uuid7

from worker.domain.state import rfc3339

TYPE = "venue.create"
SEED = 20261124
TENANTS = 20
SHARE_WITH_DETAILS = 0.8

CITIES = (
    ("Boston", "MA", "US", "America/New_York", 42.3467, -71.0972),
    ("Chicago", "IL", "US", "America/Chicago", 41.8807, -87.6742),
    ("Denver", "CO", "US", "America/Denver", 39.7487, -105.0077),
    ("São Paulo", "SP", "BR", "America/Sao_Paulo", -23.5505, -46.6333),
    ("Montréal", "QC", "CA", "America/Toronto", 45.4961, -73.5693),
    ("Köln", "NW", "DE", "Europe/Berlin", 50.9383, 6.9829),
    ("Kraków", "MA", "PL", "Europe/Warsaw", 50.0675, 19.9917),
    ("London", "ENG", "GB", "Europe/London", 51.5030, 0.0032),
    ("Osaka", "27", "JP", "Asia/Tokyo", 34.6937, 135.5023),
    ("Melbourne", "VIC", "AU", "Australia/Melbourne", -37.8200, 144.9834),
)
FIRST = (
    "Riverside", "Grand", "Old", "Lakeview", "Union", "Northern", "Golden", "Harbour", "Crystal",
    "Liberty", "Garden", "Station", "Summit", "Maple", "Royal", "Silver", "Beacon", "Prairie",
)  # fmt: skip
SECOND = (
    "Mill", "Bridge", "Crown", "Square", "Lantern", "Falcon", "Market", "Orchard", "Anchor",
    "Foundry", "Meadow", "Tower", "Gate", "Willow", "Quarry", "Compass", "Cedar", "Brewery",
)  # fmt: skip
KINDS = (
    ("arena", "Arena"), ("theater", "Theatre"), ("concert_hall", "Hall"), ("comedy_club", "Comedy"),
    ("nightclub", "Club"), ("amphitheater", "Amphitheatre"), ("museum", "Museum"), ("bar", "Bar"),
)  # fmt: skip
FEATURES = ("parking", "wifi", "bar", "coat_check", "merch_stand", "green_room", "vip_lounge")
MOST = len(FIRST) * len(SECOND) * len(KINDS) * len(CITIES)
"""Commands that can be made: each venue has a name of its own, so that no slug needs a number."""


@dataclass(frozen=True, slots=True)
class CommandMessage:
    """A command as its publisher sends it."""

    id: str
    venue_id: str
    body: bytes


def make_commands(count: int) -> list[CommandMessage]:
    """Make `count` commands, `MOST` at most, each for another venue, of 400 to 900 bytes each."""
    chance = random.Random(SEED)  # noqa: S311 - variety, not secrecy
    tenants = [str(uuid7()) for _ in range(TENANTS)]
    return [
        _command(number, chance, chance.choice(tenants))
        for number in chance.sample(range(MOST), count)
    ]


def _command(number: int, chance: random.Random, tenant_id: str) -> CommandMessage:
    command_id, venue_id = str(uuid7()), str(uuid7())
    envelope = {
        "specversion": "1.0",
        "id": command_id,
        "source": "/box-office",
        "type": TYPE,
        "subject": venue_id,
        "time": rfc3339(datetime.now(UTC)),
        "datacontenttype": "application/json",
        "tenantid": tenant_id,
        "correlationid": f"import-{number}",
        "data": _venue(number, chance),
    }
    return CommandMessage(command_id, venue_id, to_json(envelope))


def _venue(number: int, chance: random.Random) -> dict[str, Any]:
    rest, first = divmod(number, len(FIRST))
    rest, second = divmod(rest, len(SECOND))
    city_number, kind_number = divmod(rest, len(KINDS))
    kind, kind_name = KINDS[kind_number]
    city, region, country, timezone, latitude, longitude = CITIES[city_number]
    most = chance.randrange(200, 40_000)
    venue: dict[str, Any] = {
        "name": f"{FIRST[first]} {SECOND[second]} {kind_name} {city}",
        "type": kind,
        "address": {"city": city, "region": region, "country": country},
        "timezone": timezone,
        "capacity": {"max": most},
    }
    if chance.random() < SHARE_WITH_DETAILS:
        venue |= _details(most, latitude, longitude, chance)
    return venue


def _details(most: int, latitude: float, longitude: float, chance: random.Random) -> dict[str, Any]:
    seated = most * chance.randrange(3, 8) // 10
    return {
        "location": {"latitude": latitude, "longitude": longitude},
        "capacity": {"max": most, "seated": seated, "standing": most - seated},
        "email": f"office{most}@venues.example.com",
        "website": "https://venues.example.com/",
        "features": chance.sample(FEATURES, 4),
        "tags": ["music", "imported"],
        "age_restriction": chance.choice([0, 16, 18]),
    }
