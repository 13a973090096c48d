"""The data of commands: wrong types, formats, ranges and unknown fields are `invalid_data`."""

import pytest

from tests.unit.samples import DATA, MOST, SMALLEST, VAULT, codes, envelope, structured
from tests.unit.samples import unreadable as refused_of
from worker.domain.command import COMMANDS, Command
from worker.pipeline.decode import decode

TEXTS = ["name", "description", "dress_code"]
PARTS = ["max", "seated", "standing", "vip"]

# The value of one field, and the pointer to what is wrong with it.
BAD: list[tuple[str, object, str]] = [
    *[(name, value, f"/{name}") for name in TEXTS for value in ("", " \t", 5, True, ["x"])],
    ("name", None, "/name"),
    ("name", "x" * 201, "/name"),
    ("description", "x" * 20_001, "/description"),
    *[("slug", value, "/slug") for value in ("", "A", "a b", "é", "a\n", "x" * 81, 5)],
    *[("type", value, "/type") for value in ("", "Stadium", "castle", 5)],
    *[("email", value, "/email") for value in ("", "x", "a@b", "a@@b.com", "a b@c.com", 5)],
    *[("email", value, "/email") for value in ("Ann <ann@fenway.com>", " a@b.com", "a@b.com\n")],
    *[("phone", value, "/phone") for value in ("", "5551212", "+1 617 555 1212", "+0123456", 1)],
    *[("phone", value, "/phone") for value in ("+1", "+16175551212\n", "+999999999999")],
    *[("website", value, "/website") for value in ("", "fenway.com", "ftp://a.com", "http://", 5)],
    *[("website", value, "/website") for value in ("javascript:alert(1)", "https://a b.com")],
    *[("website", value, "/website") for value in (" https://a.com", "https://a.com/\n")],
    *[("timezone", value, "/timezone") for value in ("", "Mars/Base", "EST5EDT4", "us/eastern", 5)],
    *[("website", value, "/website") for value in ("http://a:99999", "http://[::1", "http://a<b")],
    ("address", None, "/address"),
    ("address", "Boston", "/address"),
    ("address", {"country": "US", "planet": "Earth"}, "/address/planet"),
    ("address", {"country": "US", "city": 5}, "/address/city"),
    *[
        ("address", {"country": value}, "/address/country")
        for value in ("", "us", "XX", "UK", "USA", "U", 840, None)
    ],
    ("location", {"latitude": 91, "longitude": 0}, "/location/latitude"),
    ("location", {"latitude": 0, "longitude": -180.5}, "/location/longitude"),
    ("location", {"latitude": "42", "longitude": 0}, "/location/latitude"),
    ("location", {"latitude": True, "longitude": 0}, "/location/latitude"),
    ("capacity", 100, "/capacity"),
    ("capacity", {"max": 0}, "/capacity/max"),
    *[("capacity", {part: "10"}, f"/capacity/{part}") for part in PARTS],
    *[("capacity", {part: True}, f"/capacity/{part}") for part in PARTS],
    *[("capacity", {part: -1}, f"/capacity/{part}") for part in PARTS],
    *[("capacity", {part: 1.5}, f"/capacity/{part}") for part in PARTS],
    ("capacity", {"max": 10, "balcony": 1}, "/capacity/balcony"),
    *[("age_restriction", value, "/age_restriction") for value in (-1, 121, True, 1.5, "")],
    *[(name, "x", f"/{name}") for name in ("features", "policies", "media", "metadata")],
    ("metadata", [], "/metadata"),
    ("tags", "music", "/tags"),
    ("tags", ["a", 1], "/tags/1"),
    ("tags", ["a"] * 201, "/tags"),
    ("unheard_of", None, "/unheard_of"),
    ("a/b~c", 1, "/a~1b~0c"),
    ("x[0]", 1, "/x[0]"),
    ("constrained-x", 1, "/constrained-x"),
]
GOOD: list[tuple[str, object]] = [
    ("name", "x" * 200),
    ("slug", "x" * 80),
    *[("email", value) for value in ("ann@fenway.com", "zoë@exämple.com")],
    *[("phone", value) for value in ("+16175551212", "+442079460000")],
    *[
        ("website", value)
        for value in ("https://a.com", "HTTP://a.com/b?c=d#e", "http://localhost")
    ],
    *[("timezone", value) for value in ("UTC", "Europe/Paris")],
    ("address", {"country": "GB", "line1": "x", "postal_code": "N1"}),
    ("location", {"latitude": -90, "longitude": 180.0}),
    ("capacity", {"max": 1, "vip": 0}),
    *[("age_restriction", value) for value in (0, 21, 120, "21+ after nine")],
    *[("features", value) for value in ({"a": [True, None, {"b": 1.5}]}, ["roof", {"c": None}])],
    ("tags", ["music", "sport"]),
    ("metadata", {"x[0]": {"~": "/"}}),
]
REMOVABLE = ["type", "description", "email", "phone", "website", "location", "timezone", "capacity"]


@pytest.mark.parametrize(("name", "value", "field"), BAD)
@pytest.mark.parametrize("type_", ["venue.create", "venue.update"])
def test_a_bad_field(type_: str, name: str, value: object, field: str) -> None:
    """It is `invalid_data`, for creation and update alike, with a pointer to what is wrong."""
    base = SMALLEST if type_ == "venue.create" else {}
    refused = refused_of(structured(envelope(type_, data={**base, name: value})))
    assert codes(refused) == ["invalid_data"]
    assert refused.problems[0].field == field
    assert refused.origin is not None


@pytest.mark.parametrize(("name", "value"), [*GOOD, *[(name, None) for name in REMOVABLE]])
@pytest.mark.parametrize("type_", ["venue.create", "venue.update"])
def test_a_good_field(type_: str, name: str, value: object) -> None:
    """It is taken as it was given; null says absent, or remove."""
    base = SMALLEST if type_ == "venue.create" else {}
    read = decode(structured(envelope(type_, data={**base, name: value})), MOST, VAULT)
    assert isinstance(read, Command), read
    assert read.data.model_dump(exclude_unset=True) == {**base, name: value}


@pytest.mark.parametrize("value", [10.0, 1e4])
def test_a_whole_number_however_written(value: float) -> None:
    """10.0 is the integer 10 in JSON and in JSON Schema, so it is one here."""
    read = decode(structured(envelope(data={**SMALLEST, "capacity": {"max": value}})), MOST, VAULT)
    assert isinstance(read, Command), read


@pytest.mark.parametrize("name", ["name", "address"])
def test_what_a_new_venue_needs(name: str) -> None:
    """A name and the country of an address are all that creation needs."""
    data = {key: value for key, value in SMALLEST.items() if key != name}
    assert refused_of(structured(envelope(data=data))).problems[0].field == f"/{name}"
    data = {"name": "A", "address": {}}
    assert refused_of(structured(envelope(data=data))).problems[0].field == "/address/country"


@pytest.mark.parametrize("type_", COMMANDS)
@pytest.mark.parametrize("data", [[], "x", 1, True])
def test_data_is_an_object(type_: str, data: object) -> None:
    """Anything else than an object is no data."""
    assert codes(refused_of(structured(envelope(type_, data=data)))) == ["invalid_data"]


@pytest.mark.parametrize("type_", COMMANDS)
def test_unknown_fields(type_: str) -> None:
    """No command takes a field it does not know; it says which, unless that may be a secret."""
    refused = refused_of(structured(envelope(type_, data={**DATA.get(type_, {}), "extra": 1})))
    field = None if COMMANDS[type_].data.secret else "/extra"
    assert [(p.code, p.field) for p in refused.problems] == [("invalid_data", field)]


@pytest.mark.parametrize("type_", ["venue.suspend", "venue.close"])
@pytest.mark.parametrize("data", [{}, {"reason": None}, {"reason": ""}, {"reason": " "}])
def test_a_reason_is_needed(type_: str, data: object) -> None:
    """Suspending and closing say why; deactivating may."""
    assert refused_of(structured(envelope(type_, data=data))).problems[0].field == "/reason"
    deactivate = envelope("venue.deactivate", data={"reason": None})
    assert isinstance(decode(structured(deactivate), MOST, VAULT), Command)
