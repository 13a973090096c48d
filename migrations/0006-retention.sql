-- Indexes by which what is old is deleted, what is refused is tried again, and a venue's events found.
-- depends: 0004-deferral

-- By venue first: `republish --venue` knows no tenant. Events of refused commands, which carry no
-- version, are in it too, so that all of a venue's are found by it; NULLs do not break uniqueness.
DROP INDEX venue_event_version_unique;
CREATE UNIQUE INDEX venue_event_version_unique ON venue_event (venue_id, tenant_id, venue_version);

-- Grows at its right end, and a batch shares one time: a few bytes an outcome. Events need none:
-- their ids are UUIDv7, so the primary key is in order of time.
CREATE INDEX command_outcome_decided ON command_outcome (decided_at);

-- Only events that a subscriber has refused.
CREATE INDEX outbox_refused ON outbox (retry_at) WHERE retry_at IS NOT NULL;

-- For outbox_event_fkey: deleting an event looks here for it, once for each.
CREATE INDEX outbox_event ON outbox (event_id);

-- Parked commands that were dealt with; and for deferred_command_parked_fkey, as above.
CREATE INDEX parked_command_closed ON parked_command (closed_at) WHERE closed_at IS NOT NULL;
CREATE INDEX deferred_command_parked ON deferred_command (parked_id) WHERE parked_id IS NOT NULL;
