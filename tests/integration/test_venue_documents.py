"""Documents through the whole pipeline: replies, events, what is kept, and what activation asks."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import asyncpg

from tests.support.bus import Bus
from tests.support.commands import Document, Venue, new_id
from tests.support.process import WorkerProcess

SHA = "ab" * 32


def license_of(venue: Venue, **more: object) -> Document:
    """Return the submission of a document."""
    return venue.to("document.submit", {"kind": "liquor_license", "sha256": SHA, **more})


def approval_of(venue: Venue, **more: object) -> Document:
    """Return its approval."""
    data = {"kind": "liquor_license", "decision": "approved", **more}
    return venue.to("document.review", data)


async def test_from_submission_to_replacement(
    worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection
) -> None:
    """Each step makes its event; the table has the current document; a resend has no effect."""
    venue = Venue()
    soon = (datetime.now(UTC) + timedelta(days=10)).date()
    submitted = license_of(venue, expires_on=soon.isoformat(), issuer="ABCC", number="1")
    for command in (venue.create_complete(), submitted, approval_of(venue, sha256=SHA)):
        assert (await the_bus.ask(command))["status"] == "applied"
    again = await the_bus.ask(submitted)
    assert (again["duplicate"], again["version"]) == (True, 2)
    unchanged = await the_bus.ask({**submitted, "id": new_id()})
    assert (unchanged["status"], unchanged["version"]) == ("applied", 3)
    late = approval_of(venue, sha256="cd" * 32)
    assert [e["code"] for e in (await the_bus.ask(late))["errors"]] == ["version_conflict"]
    assert (await the_bus.ask(license_of(venue, sha256="cd" * 32)))["version"] == 4

    events = [e for e in await the_bus.events_of(venue.id, 5) if "venueversion" in e]
    shown = [event["data"]["document"] for event in events[1:]]
    assert [event["type"] for event in events[1:]] == [
        "venue.document.submitted", "venue.document.reviewed", "venue.document.submitted",
    ]  # fmt: skip
    assert [(one["status"], *one["venue"].values()) for one in shown] == [
        ("submitted", "pending", "compliant"),
        ("approved", "verified", "expiring"),
        ("submitted", "pending", "compliant"),
    ]
    row = await database.fetchrow("SELECT * FROM venue_document")
    assert row is not None
    assert (str(row["tenant_id"]), str(row["venue_id"])) == (venue.tenant, venue.id)
    assert (row["kind"], row["sha256"].hex(), row["status"]) == (
        "liquor_license", "cd" * 32, "submitted",
    )  # fmt: skip
    assert [row[name] for name in ("expires_on", "issuer", "number", "reviewed_at")] == [None] * 4


async def test_all_in_one_batch(
    worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection
) -> None:
    """Commands see what those before them left, and every column comes back as it was."""
    venue = Venue()
    full = license_of(
        venue, expires_on="2099-12-31", issued_on="2026-01-01", issuer="I", number="N", name="D",
        media_type="application/pdf", url="https://a.example/b.pdf",
    )  # fmt: skip
    tax = venue.to("document.submit", {"kind": "w9", "sha256": SHA})
    await the_bus.send_all([venue.create_complete(), full, tax, approval_of(venue)])
    (event,) = [
        event
        for event in await the_bus.events_of(venue.id, 4)
        if event["type"] == "venue.document.reviewed"
    ]
    shown = event["data"]["document"]
    assert {**full["data"], "status": "approved"}.items() <= shown.items()
    again = await the_bus.ask({**full, "id": new_id()})
    assert (again["status"], again["version"]) == ("applied", 4)
    assert await database.fetchval("SELECT count(*) FROM venue_document") == 2


async def test_activation_waits_for_documents(
    new_worker: Callable[..., WorkerProcess], the_bus: Bus
) -> None:
    """With the setting a venue is activated once the document is approved, and not before."""
    worker = new_worker(VENUE_REQUIRED_DOCUMENTS="liquor_license")
    worker.start()
    await worker.ready()
    venue = Venue()
    assert (await the_bus.ask(venue.create_complete()))["status"] == "applied"
    for step in (None, license_of(venue)):
        if step is not None:
            assert (await the_bus.ask(step))["status"] == "applied"
        refused = await the_bus.ask(venue.to("activate"))
        assert [(e["code"], e["field"]) for e in refused["errors"]] == [
            ("incomplete", "/documents/liquor_license")
        ]
    assert (await the_bus.ask(approval_of(venue)))["status"] == "applied"
    assert (await the_bus.ask(venue.to("activate")))["status"] == "applied"
    revoked = venue.to(
        "document.review", {"kind": "liquor_license", "decision": "rejected", "reason": "forged"}
    )
    assert (await the_bus.ask(revoked))["status"] == "applied"
    assert (await the_bus.ask(venue.update(description="Open")))["status"] == "applied"


async def test_tenants_apart(worker: WorkerProcess, the_bus: Bus) -> None:
    """A document belongs to the venue of one tenant, though another's has the same id."""
    one = Venue()
    other = Venue(id=one.id)
    await asyncio.gather(the_bus.ask(one.create_complete()), the_bus.ask(other.create_complete()))
    assert (await the_bus.ask(license_of(one)))["status"] == "applied"
    refused = await the_bus.ask(approval_of(other))
    assert [(e["code"], e["field"]) for e in refused["errors"]] == [("not_found", "/kind")]
