-- The history of venues: who changed what, when, by which command; it outlives the events.
-- depends: 0013-integrations

-- What is left of an event once it is deleted. For ever: a venue's row is, too.
CREATE TABLE venue_history (
    tenant_id     uuid        NOT NULL,
    venue_id      uuid        NOT NULL,
    venue_version integer     NOT NULL,
    type          text        NOT NULL,
    command_id    uuid        NOT NULL,
    actor_id      text,
    occurred_at   timestamptz NOT NULL,
    changed       text[]      NOT NULL,
    item          text,
    reason        text,
    CONSTRAINT venue_history_pkey PRIMARY KEY (venue_id, tenant_id, venue_version),
    CONSTRAINT venue_history_version_positive CHECK (venue_version >= 1)
);

-- What the history keeps of an event's body: the fields that changed; which item of a part it is
-- about; and the reason for a status, which the state repeats after it and the history does not.
-- Read as jsonb, which parses a body once; OFFSET keeps it from being read again for each value.
CREATE FUNCTION venue_event_told(body text)
RETURNS TABLE (changed text[], item text, reason text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT told.changed,
           coalesce(told.part ->> 'user_id', told.part ->> 'layout_id', told.part ->> 'kind'),
           CASE WHEN told.changed && '{status,status_reason}'
                THEN coalesce(told.venue, told.part) ->> 'status_reason' END
    FROM (SELECT ARRAY(SELECT jsonb_array_elements_text(event.data -> 'changed')) AS changed,
                 event.data -> 'venue' AS venue,
                 (SELECT value FROM jsonb_each(event.data - '{venue,changed}'::text[]) LIMIT 1)
                   AS part
          FROM (SELECT body::jsonb -> 'data' AS data OFFSET 0) AS event
          OFFSET 0) AS told
$$;

-- Whoever deletes an event (retention, an older version of it, somebody by hand) leaves its line,
-- by the same statement. Refused commands have no version: they changed nothing.
CREATE FUNCTION venue_event_leaves_its_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO venue_history (tenant_id, venue_id, venue_version, type, command_id, actor_id,
                               occurred_at, changed, item, reason)
    SELECT e.tenant_id, e.venue_id, e.venue_version, e.type, e.command_id, e.actor_id,
           e.occurred_at, told.changed, told.item, told.reason
    FROM gone AS e, LATERAL venue_event_told(e.body) AS told
    WHERE e.venue_version IS NOT NULL;
    RETURN NULL;
END
$$;

CREATE TRIGGER venue_event_leaves_its_line
    AFTER DELETE ON venue_event REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION venue_event_leaves_its_line();

-- All of a venue's changes: those whose events are kept, and those before them.
CREATE VIEW venue_change AS
SELECT e.tenant_id, e.venue_id, e.venue_version, e.type, e.command_id, e.actor_id, e.occurred_at,
       told.changed, told.item, told.reason
FROM venue_event AS e, LATERAL venue_event_told(e.body) AS told
WHERE e.venue_version IS NOT NULL
UNION ALL
SELECT tenant_id, venue_id, venue_version, type, command_id, actor_id, occurred_at, changed, item,
       reason
FROM venue_history;
