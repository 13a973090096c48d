"""Integrations: connected, connected anew, disconnected; credentials are seen nowhere."""

from dataclasses import replace

from hypothesis import strategies as st

from tests.model.words import (
    OWNER,
    Around,
    Changed,
    Command,
    Data,
    Document,
    Kind,
    Ruling,
    Venue,
    refused,
)


def _connect(venue: Venue, command: Command, around: Around) -> Ruling:
    del around
    if venue.status == "closed":
        return refused("illegal_transition")
    given = command.data
    new: Document = {
        "kind": given["kind"],
        "config": given.get("config", {}),
        "credential_names": sorted(given["credentials"]),
    }
    before = venue.part("integration").get(new["kind"])
    changed = {"credentials"}
    if before is None:
        changed |= {"kind", "config"}
    elif before["config"] != new["config"]:
        changed |= {"config"}
    integrations = {**venue.part("integration"), new["kind"]: new}
    after = replace(venue, parts={**venue.parts, "integration": integrations})
    shown = {"integration": new}
    return Changed(after, "venue.integration.connected", shown, frozenset(changed))


def _disconnect(venue: Venue, command: Command, around: Around) -> Ruling:
    del around
    if venue.status == "closed":
        return refused("illegal_transition")
    integrations = dict(venue.part("integration"))
    gone = integrations.pop(command.data["kind"], None)
    if gone is None:
        return refused("not_found")
    after = replace(venue, parts={**venue.parts, "integration": integrations})
    shown = {"integration": gone}
    return Changed(after, "venue.integration.disconnected", shown, frozenset({"disconnected_at"}))


_kinds = st.sampled_from(["stripe", "stripe", "twilio"])
_connections: Data = st.fixed_dictionaries(
    {
        "kind": _kinds,
        "credentials": st.sampled_from([{"key": "one"}, {"key": "two"}, {"id": "1", "key": "2"}]),
    },
    optional={"config": st.sampled_from([{}, {"account": "a"}, {"account": "b", "live": True}])},
)
_ends: Data = st.fixed_dictionaries({"kind": _kinds})
_bad_connections: Data = st.sampled_from(
    [
        {},
        {"kind": "stripe"},
        {"kind": "stripe", "credentials": {}},
        {"kind": "stripe", "credentials": {"key": 1}},
        {"kind": "stripe", "credentials": {"key": "k"}, "config": {"api_key": "k"}},
        {"kind": "paypal", "credentials": {"key": "k"}},
    ]
)
_bad_ends: Data = st.sampled_from([{}, {"kind": "paypal"}])

KINDS = {
    "venue.integration.connect": Kind(_connections, _connect, OWNER, _bad_connections, weight=4),
    "venue.integration.disconnect": Kind(_ends, _disconnect, OWNER, _bad_ends, weight=3),
}
STORED = {
    "integration": """
    SELECT tenant_id::text, venue_id::text, kind AS key,
           json_build_object('kind', kind, 'config', config,
                             'credential_names', credential_names) AS document
    FROM venue_integration
    """
}
