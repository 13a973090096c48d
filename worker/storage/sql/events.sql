-- name: insert_events(ids, tenant_ids, venue_ids, venue_versions, types, command_ids, actor_ids, bodies, occurred_at)
-- Events and, in the same order, their places in the outbox; returns the places, and whether an event
-- of the same venue waited there before. Looked up once a venue: once a row would pass over the rows
-- of this very statement each time. As the first from there on, which only the index over venues
-- gives in that order: asked for with equality, another index or all of the outbox might be read.
WITH new AS (
    SELECT *
    FROM unnest(:ids::uuid[], :tenant_ids::uuid[], :venue_ids::uuid[], :venue_versions::integer[],
                :types::text[], :command_ids::uuid[], :actor_ids::text[], :bodies::text[])
      WITH ORDINALITY
      AS e (id, tenant_id, venue_id, venue_version, type, command_id, actor_id, body, nth)
), waiting AS MATERIALIZED (
    SELECT v.tenant_id, v.venue_id
    FROM (SELECT DISTINCT tenant_id, venue_id FROM new) AS v
    CROSS JOIN LATERAL (
        SELECT o.tenant_id, o.venue_id
        FROM outbox AS o
        WHERE (o.tenant_id, o.venue_id) >= (v.tenant_id, v.venue_id)
        ORDER BY o.tenant_id, o.venue_id, o.position
        LIMIT 1
    ) AS next
    WHERE (next.tenant_id, next.venue_id) = (v.tenant_id, v.venue_id)
), kept AS (
    INSERT INTO venue_event (id, tenant_id, venue_id, venue_version, type, command_id, actor_id,
                             body, occurred_at)
    SELECT id, tenant_id, venue_id, venue_version, type, command_id, actor_id, body, :occurred_at
    FROM new
)
INSERT INTO outbox (event_id, tenant_id, venue_id)
SELECT id, tenant_id, venue_id FROM new ORDER BY nth
RETURNING position, event_id::text,
          (tenant_id, venue_id) IN (SELECT tenant_id, venue_id FROM waiting) AS follows;

-- name: events_page(after, before, tenant_id, venue_id, since, until, most)
-- Published events that fit, in the order of their ids, which is that of time; what is still in the
-- outbox goes its own way.
SELECT e.id::text, e.tenant_id::text, e.venue_id::text, e.type, e.body, e.occurred_at
FROM venue_event AS e
WHERE e.id > :after::uuid AND e.id < :before::uuid
  AND (:tenant_id::uuid IS NULL OR e.tenant_id = :tenant_id::uuid)
  AND (:venue_id::uuid IS NULL OR e.venue_id = :venue_id::uuid)
  AND e.occurred_at >= :since::timestamptz AND e.occurred_at < :until::timestamptz
  AND NOT EXISTS (SELECT FROM outbox AS o WHERE o.event_id = e.id)
ORDER BY e.id
LIMIT :most;

-- name: delete_old_events(before, cutoff, most, most_bytes)!
-- Published events from before the cutoff, and the id that one of that time has; the oldest first,
-- until their bodies come to so many bytes: each is read, for the line that it leaves in the history.
DELETE FROM venue_event
WHERE id IN (SELECT id
             FROM (SELECT id, sum(bytes) OVER (ORDER BY id) - bytes AS bytes_before
                   FROM (SELECT e.id, octet_length(e.body) AS bytes
                         FROM venue_event AS e
                         WHERE e.id < :before::uuid AND e.occurred_at < :cutoff::timestamptz
                           AND NOT EXISTS (SELECT FROM outbox AS o WHERE o.event_id = e.id)
                         ORDER BY e.id
                         LIMIT :most
                         FOR UPDATE SKIP LOCKED) AS old) AS summed
             WHERE bytes_before < :most_bytes);
