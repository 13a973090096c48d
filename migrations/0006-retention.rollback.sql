DROP INDEX deferred_command_parked;
DROP INDEX parked_command_closed;
DROP INDEX outbox_event;
DROP INDEX outbox_refused;
DROP INDEX command_outcome_decided;
DROP INDEX venue_event_version_unique;
CREATE UNIQUE INDEX venue_event_version_unique
    ON venue_event (tenant_id, venue_id, venue_version) WHERE venue_version IS NOT NULL;
