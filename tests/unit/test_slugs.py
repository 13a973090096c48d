"""Slugs: made from the name or given, unique in a tenant among venues not deleted."""

import re
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slugify import slugify

from tests.unit.checks import property_test
from tests.unit.samples import NOW, SMALLEST, TENANT, applied, codes, command, refused
from worker.domain.decide import decide
from worker.domain.decision import Decision, Rejected
from worker.domain.patch import JsonObject
from worker.domain.slugs import Slugs, free_slug, slug_base
from worker.storage.parts import Parts
from worker.storage.venues import transliterated
from worker.storage.world import World

OTHER_TENANT = "6a1d5f7e-7a51-4c8e-9f5a-0d6c5f1f2a11"


class Tenants:
    """Venues in memory, each command decided on what the ones before it left."""

    def __init__(self) -> None:
        self._world = World({}, Parts(), defaultdict(set))

    def decide(self, number: int, type_: str, data: JsonObject, tenant: str = TENANT) -> Decision:
        """Decide a command to the venue of that number."""
        one = command(type_, data, subject=_id(number), id=_id(number), tenantid=tenant)
        before = self._world.state_for(one)
        decision = decide(before, one, NOW)
        if not codes_of(decision):
            self._world.keep(one, before, applied(decision)[0].state)
        return decision

    def create(self, number: int, tenant: str = TENANT, **data: str) -> str:
        """Create a venue and return its slug."""
        _, venue = applied(self.decide(number, "venue.create", {**SMALLEST, **data}, tenant))
        return venue.slug


def codes_of(decision: Decision) -> list[str]:
    """Return the codes of a refusal, or none."""
    return codes(decision) if isinstance(decision, Rejected) else []


def _id(number: int) -> str:
    return f"0197aaaa-0000-7000-8000-{number:012x}"


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Fenway Park", "fenway-park"),
        ("  Café  Müller!  ", "cafe-muller"),
        ("Большой театр", "bolshoi-teatr"),
        ("O'Reilly & Sons", "o-reilly-sons"),
    ],
)
def test_made_from_the_name(name: str, slug: str) -> None:
    """The name's letters are transliterated to a-z, what is left becomes single hyphens."""
    assert Tenants().create(1, name=name) == slug


def test_a_taken_name_is_numbered() -> None:
    """The second venue of a name gets -2, the third -3, and a gap is filled again."""
    tenants = Tenants()
    assert [tenants.create(n) for n in (1, 2, 3)] == ["fenway-park", *_numbered(2, 3)]
    applied(tenants.decide(2, "venue.delete", {}))
    assert [tenants.create(n) for n in (4, 5)] == _numbered(2, 4)


def _numbered(*numbers: int) -> list[str]:
    return [f"fenway-park-{n}" for n in numbers]


def test_tenants_have_slugs_of_their_own() -> None:
    """Another tenant's venue takes nothing away."""
    tenants = Tenants()
    assert tenants.create(1) == tenants.create(2, OTHER_TENANT) == "fenway-park"


def test_nothing_left_of_the_name() -> None:
    """A name without a letter or digit gives `venue-` and part of the id."""
    assert Tenants().create(0xABC, name="!!!") == "venue-000000000abc"


@given(st.text(min_size=1, max_size=200).filter(str.strip), st.sets(st.integers(2, 12)))
@property_test
def test_every_name_gives_a_slug(name: str, numbers: set[int]) -> None:
    """Whatever the name and what is taken: 1 to 80 of [a-z0-9-], and free."""
    base = slug_base(transliterated(name), _id(1))
    taken = {base, *(f"{base}-{n}" for n in numbers)}
    slug = free_slug(Slugs(base, taken))
    assert re.fullmatch(r"[a-z0-9-]{1,80}", slug)
    assert slug not in taken
    assert slug == f"{base}-{min(set(range(2, 15)) - numbers)}"


def test_a_long_name_leaves_room_for_a_number() -> None:
    """A name of 200 letters and its numbered successors stay within 80 characters."""
    base = slug_base("a" * 200, _id(1))
    assert len(free_slug(Slugs(base, {base, *(f"{base}-{n}" for n in range(2, 10_000))}))) <= 80


def test_a_given_slug() -> None:
    """A given slug is taken as it is; a taken one is refused, in creation and in an update."""
    tenants = Tenants()
    assert tenants.create(1, slug="a" * 80) == "a" * 80
    assert tenants.create(2, slug="b") == "b"
    for decision in (
        tenants.decide(3, "venue.create", {**SMALLEST, "slug": "b"}),
        tenants.decide(1, "venue.update", {"slug": "b"}),
    ):
        (problem,) = refused(decision).problems
        assert (problem.code, problem.field) == ("slug_taken", "/slug")


def test_a_slug_is_free_again() -> None:
    """A deleted venue and one with a new slug give their old one back."""
    tenants = Tenants()
    assert (tenants.create(1, slug="a"), tenants.create(2, slug="b")) == ("a", "b")
    applied(tenants.decide(1, "venue.delete", {}))
    applied(tenants.decide(2, "venue.update", {"slug": "c"}))
    assert (tenants.create(3, slug="a"), tenants.create(4, slug="b")) == ("a", "b")


def test_renaming_keeps_the_slug() -> None:
    """A new name changes the name alone, even if another venue has the slug of the new name."""
    tenants = Tenants()
    tenants.create(1)
    tenants.create(2, name="Shea Stadium")
    done, venue = applied(tenants.decide(2, "venue.update", {"name": "Fenway Park"}))
    assert venue.slug == "shea-stadium"
    assert done.event is not None
    assert done.event.data["changed"] == ["name"]


def test_a_venue_may_give_its_own_slug() -> None:
    """Its own slug is no conflict, and alone no change."""
    tenants = Tenants()
    tenants.create(1)
    assert applied(tenants.decide(1, "venue.update", {"slug": "fenway-park"}))[0].event is None
    applied(tenants.decide(1, "venue.update", {"slug": "fenway-park", "name": "Park"}))


@given(st.one_of(st.from_regex(r"[A-Za-z0-9 -]{1,40}", fullmatch=True), st.text(max_size=20)))
def test_plain_names(name: str) -> None:
    """A name that needs no table comes out as the library with the tables has it."""
    assert transliterated(name) == slugify(name, backend="text-unidecode")
