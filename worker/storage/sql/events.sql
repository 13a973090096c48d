-- name: insert_events(ids, tenant_ids, venue_ids, venue_versions, types, command_ids, actor_ids, bodies, occurred_at)
-- Events and, in the same order, their places in the outbox; returns the places.
WITH new AS (
    SELECT *
    FROM unnest(:ids::uuid[], :tenant_ids::uuid[], :venue_ids::uuid[], :venue_versions::integer[],
                :types::text[], :command_ids::uuid[], :actor_ids::text[], :bodies::text[])
      WITH ORDINALITY
      AS e (id, tenant_id, venue_id, venue_version, type, command_id, actor_id, body, nth)
), kept AS (
    INSERT INTO venue_event (id, tenant_id, venue_id, venue_version, type, command_id, actor_id,
                             body, occurred_at)
    SELECT id, tenant_id, venue_id, venue_version, type, command_id, actor_id, body, :occurred_at
    FROM new
)
INSERT INTO outbox (event_id, tenant_id, venue_id)
SELECT id, tenant_id, venue_id FROM new ORDER BY nth
RETURNING position, event_id::text;

-- name: pending_events_of(tenant_ids, venue_ids)
-- Committed events of the given venues that are not known to be published, oldest first.
SELECT o.position, o.event_id::text, o.tenant_id::text, o.venue_id::text, o.attempts, o.retry_at,
       e.type, e.body
FROM outbox AS o
JOIN venue_event AS e ON e.id = o.event_id
JOIN unnest(:tenant_ids::uuid[], :venue_ids::uuid[]) AS wanted (tenant_id, venue_id)
  ON o.tenant_id = wanted.tenant_id AND o.venue_id = wanted.venue_id
ORDER BY o.position;

-- name: stale_events(min_age_seconds, most)
-- The oldest events that nobody seems to be publishing, oldest first.
SELECT o.position, o.event_id::text, o.tenant_id::text, o.venue_id::text, o.attempts, o.retry_at,
       e.type, e.body
FROM outbox AS o
JOIN venue_event AS e ON e.id = o.event_id
WHERE o.created_at < now() - make_interval(secs => :min_age_seconds)
  AND (o.retry_at IS NULL OR o.retry_at <= now())
  AND NOT EXISTS (SELECT FROM outbox AS held
                  WHERE held.tenant_id = o.tenant_id AND held.venue_id = o.venue_id
                    AND held.position < o.position
                    AND (held.retry_at > now()
                         OR held.created_at >= now() - make_interval(secs => :min_age_seconds)))
ORDER BY o.position
LIMIT :most;

-- name: forget_published(positions)!
-- Confirmed events leave the outbox.
DELETE FROM outbox WHERE position = ANY (:positions::bigint[]);

-- name: hold_refused(positions)!
-- A subscriber refused these: their venues wait, twice as long each time, five minutes at most.
UPDATE outbox
SET attempts = attempts + 1,
    retry_at = now() + least(interval '5 minutes', interval '1 second' * power(2, least(attempts, 9)))
WHERE position = ANY (:positions::bigint[]);

-- name: outbox_figures()^
-- How many events wait to be published, how many of them were refused, and the age of the oldest.
SELECT count(*) AS pending, count(*) FILTER (WHERE retry_at IS NOT NULL) AS refused,
       coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 AS oldest_seconds
FROM outbox;
