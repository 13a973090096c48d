"""The shapes of a venue's fields, as `venue.create` and `venue.update` carry them (contract, 2).

Every optional field may be null: absent in a new venue, removed by a patch (RFC 7396).
"""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic_extra_types.country import CountryAlpha2

from worker.domain.command import Data
from worker.domain.formats import (
    Country,
    Email,
    Phone,
    Slug,
    TimeZone,
    Website,
    text,
    whole,
)
from worker.domain.free_form import Age, FreeForm, FreeObject

VenueType = Literal[
    "general", "stadium", "arena", "theater", "convention_center", "concert_hall", "amphitheater",
    "comedy_club", "nightclub", "bar", "lounge", "cabaret", "park", "festival_grounds",
    "outdoor_venue", "sports_complex", "gymnasium", "museum", "gallery", "restaurant", "hotel",
    "other",
]  # fmt: skip

Word = Annotated[str, text(50)]
Line = Annotated[str, text(200)]
Paragraph = Annotated[str, text(1000)]
Prose = Annotated[str, text(20_000)]

MOST_PLACES = 10_000_000
Places = Annotated[int, Field(ge=0, le=MOST_PLACES), BeforeValidator(whole)]
"""A number of people."""


Lines = Annotated[list[Line], Field(max_length=200)]


class AddressPatch(Data):
    """Changes to an address; the country can be changed but not removed."""

    line1: Line | None = None
    line2: Line | None = None
    city: Line | None = None
    region: Line | None = None
    postal_code: Word | None = None
    # Absent in a patch: the default is not validated and never looked at, and null is refused.
    country: Country = CountryAlpha2("")


class Address(AddressPatch):
    """A postal address."""

    country: Country = Field(default=...)


class LocationPatch(Data):
    """Changes to a point."""

    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None


class Location(Data):
    """A point on the WGS 84 ellipsoid, in degrees."""

    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]


class Capacity(Data):
    """How many people fit, in all and by kind of place; the parts fit in `max`."""

    max: Annotated[int, Field(ge=1, le=MOST_PLACES), BeforeValidator(whole)] | None = None
    seated: Places | None = None
    standing: Places | None = None
    vip: Places | None = None


class VenueFields(Data):
    """All that a publisher can say of a venue, nothing of it required."""

    name: Line | None = None
    type: VenueType | None = None
    description: Prose | None = None
    email: Email | None = None
    phone: Phone | None = None
    website: Website | None = None
    address: Address | None = None
    location: Location | None = None
    timezone: TimeZone | None = None
    capacity: Capacity | None = None
    features: FreeForm | None = None
    accessibility: FreeForm | None = None
    amenities: FreeForm | None = None
    age_restriction: Age | None = None
    dress_code: Paragraph | None = None
    prohibited_items: Lines | None = None
    policies: FreeForm | None = None
    media: FreeForm | None = None
    business: FreeForm | None = None
    tags: Lines | None = None
    metadata: FreeObject | None = None


class VenueCreate(VenueFields):
    """A new venue: a name and a country are enough, activation needs more."""

    name: Line
    slug: Slug | None = None
    address: Address


class VenueUpdate(VenueFields):
    """A merge patch of the venue's fields."""

    name: Line = ""  # absent in a patch; a default is not validated, null is refused
    slug: Slug = ""
    # A patch of a part is a looser shape than the part, which subtyping cannot say.
    address: AddressPatch = AddressPatch()  # type: ignore[assignment]
    location: LocationPatch | None = None  # type: ignore[assignment]


class Nothing(Data):
    """The command says all by its type."""


class OptionalReason(Data):
    """Why, if the publisher cares to say."""

    reason: Paragraph | None = None


class Reason(Data):
    """Why."""

    reason: Paragraph
