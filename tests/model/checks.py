"""What the pipeline has told and published, held against what the model says it has to."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from tests.model.contract import Event, Reply
from tests.model.words import Document, Key

TIMES = {"created_at", "updated_at", "deleted_at", "added_at"}
Answers = list[tuple[str, Document]]


class DifferenceError(AssertionError):
    """The pipeline and the model do not agree."""


def same(what: str, expected: object, found: object) -> None:
    """See that two things are equal."""
    if expected != found:
        raise DifferenceError(f"{what}: expected {expected!r}, found {found!r}")


def timeless(document: Document) -> Document:
    """Return a document without its times, which the model does not know."""
    return {name: value for name, value in document.items() if name not in TIMES}


def replies(
    expected: Iterable[tuple[str, Reply]], told: Answers, firsts: dict[Key, Document]
) -> None:
    """See that each message got the replies it has to; keep the first outcome of each command."""
    wanted, found = defaultdict(list), defaultdict(list)
    for mark, reply in expected:
        wanted[mark].append(reply)
    for mark, document in told:
        found[mark].append(document)
    same("who got a reply", set(wanted), set(found))
    both = [
        pair
        for mark, some in wanted.items()
        for pair in _paired(_without_the_overtaken(some, found[mark]), found[mark])
    ]
    for duplicate in (False, True):
        for reply, document in both:
            if reply.duplicate is duplicate:
                _reply(reply, document, firsts)


def _without_the_overtaken(wanted: list[Reply], found: list[Document]) -> list[Reply]:
    # Deferred and cancelled within one batch: only the last word is told.
    cancelled = any("cancelled" in one.codes and not one.duplicate for one in wanted)
    if len(wanted) == len(found) or not cancelled:
        return wanted
    told = [n for n, one in enumerate(wanted) if one.status == "deferred" and not one.duplicate]
    return [one for n, one in enumerate(wanted) if n not in told[:1]]


def _paired(wanted: list[Reply], found: list[Document]) -> list[tuple[Reply, Document]]:
    if len(wanted) != len(found):
        raise DifferenceError(f"one message: expected {wanted}, found {found}")
    ordered = sorted(found, key=lambda one: (one["status"], one["duplicate"], str(one["errors"])))
    key = {id(o): (o.status, o.duplicate, str(sorted(o.codes))) for o in wanted}
    return list(zip(sorted(wanted, key=lambda o: key[id(o)]), ordered, strict=True))


def _reply(reply: Reply, document: Document, firsts: dict[Key, Document]) -> None:
    if reply.duplicate and reply.first:
        same("a duplicate's reply", {**firsts[reply.first], "duplicate": True}, document)
        return
    about = f"the reply {document}"
    same(f"{about}, its status", reply.status, document["status"])
    same(f"{about}, duplicate", reply.duplicate, document["duplicate"])
    same(f"{about}, its command", reply.id, _lower(document["command_id"]))
    same(f"{about}, its venue", reply.venue, document["venue_id"])
    same(f"{about}, its version", reply.version, document["version"])
    codes = {error["code"] for error in document["errors"]}
    if not codes <= reply.codes or bool(codes) is not bool(reply.codes):
        raise DifferenceError(f"{about}: its codes have to be of {sorted(reply.codes)}")
    if reply.fields is not None and not document["duplicate"]:
        same(f"{about}, its fields", reply.fields, {e["field"] for e in document["errors"]})
    if reply.first:
        firsts[reply.first] = document


def _lower(text: str | None) -> str | None:
    return text.lower() if text else text


def events(expected: list[Event], bodies: list[Document], firsts: dict[Key, Document]) -> None:
    """See that there are the events there have to be, each venue's versions in order."""
    wanted, found = defaultdict(list), defaultdict(list)
    for event in expected:
        if event.version is not None:
            wanted[event.key].append(event)
    for body in bodies:
        if "venueversion" in body:
            found[body["tenantid"], body["subject"]].append(body)
    same("the events that tell of refusals", _refusals(expected), _refusal_bodies(bodies))
    for body in bodies:
        first = firsts.get((body["tenantid"], body["causationid"]))
        if body["type"] == "venue.command.rejected":
            same("the reasons of a rejection", first and first["errors"], body["data"]["errors"])
    same("venues that have changed", set(wanted), set(found))
    for key, some in wanted.items():
        same(f"the number of events of {key}", len(some), len(found[key]))
        for event, body in zip(some, found[key], strict=True):
            _event(event, body)


def _refusals(expected: list[Event]) -> Counter[tuple[Key, str, str]]:
    return Counter((e.key, e.type, e.cause) for e in expected if e.version is None)


def _refusal_bodies(bodies: list[Document]) -> Counter[tuple[Key, str, str]]:
    return Counter(
        ((b["tenantid"], b["subject"]), b["type"], b["data"]["command"]["id"])
        for b in bodies
        if b["type"].startswith("venue.command.")
    )


def _event(event: Event, body: Document) -> None:
    about = f"the event {body}"
    same(f"{about}, its type", event.type, body["type"])
    same(f"{about}, its cause", event.cause, body["causationid"])
    same(f"{about}, its version", event.version, body["venueversion"])
    data = dict(body["data"])
    changed = data.pop("changed")
    if event.changed is not None:
        same(f"{about}, what has changed", sorted(event.changed), sorted(changed))
    same(f"{about}, what it shows", set(event.shown), set(data))
    for name, shown in event.shown.items():
        found = dict(data[name])
        if "staff" in found:
            found["staff"] = [timeless(one) for one in found["staff"]]
        wanted = shown
        if "dataref" in body:
            wanted = {n: v for n, v in shown.items() if n in found}
        elif name == "venue":
            found = timeless(found)
        else:
            found = {n: v for n, v in found.items() if n in shown}
        same(f"{about}, its {name}", wanted, found)
