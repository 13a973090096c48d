-- name: oldest_pending(tenant_ids, venue_ids, most_each, most)
-- The places of the oldest unpublished events of each of the venues, and whether the first of them
-- was refused.
SELECT o.position, o.event_id::text, wanted.tenant_id::text, wanted.venue_id::text, o.held
FROM unnest(:tenant_ids::uuid[], :venue_ids::uuid[]) WITH ORDINALITY
  AS wanted (tenant_id, venue_id, nth)
CROSS JOIN LATERAL (
    SELECT position, event_id,
           first_value(retry_at) OVER (ORDER BY position) IS NOT NULL AS held
    FROM outbox
    WHERE tenant_id = wanted.tenant_id AND venue_id = wanted.venue_id
    ORDER BY position
    LIMIT :most_each
) AS o
ORDER BY wanted.nth, o.position
LIMIT :most;

-- name: bodies_of(event_ids)
-- Types and bodies of events.
SELECT id::text, type, body FROM venue_event WHERE id = ANY (:event_ids::uuid[]);

-- name: abandoned_venues(min_age_seconds, most)
-- Venues whose oldest event nobody seems to be publishing. Goes from venue to venue by the index,
-- whatever number of events waits behind each.
WITH RECURSIVE heads AS (
    (SELECT tenant_id, venue_id, created_at, retry_at
     FROM outbox
     ORDER BY tenant_id, venue_id, position
     LIMIT 1)
    UNION ALL
    SELECT next.*
    FROM heads
    CROSS JOIN LATERAL (
        SELECT o.tenant_id, o.venue_id, o.created_at, o.retry_at
        FROM outbox AS o
        WHERE (o.tenant_id, o.venue_id) > (heads.tenant_id, heads.venue_id)
        ORDER BY o.tenant_id, o.venue_id, o.position
        LIMIT 1
    ) AS next
)
SELECT tenant_id::text, venue_id::text
FROM heads
WHERE retry_at IS NULL AND created_at < now() - make_interval(secs => :min_age_seconds)
LIMIT :most;

-- name: claim_refused(most)
-- Refused events that are to be tried again now, by us: they are put off once more first, twice as
-- long as the last time and five minutes at most, so that nobody else tries them meanwhile.
UPDATE outbox
SET attempts = attempts + 1,
    retry_at = now() + least(interval '5 minutes', interval '1 second' * power(2, least(attempts, 9)))
WHERE ctid = ANY (ARRAY(SELECT o.ctid
                        FROM outbox AS o
                        WHERE o.retry_at <= now()
                        ORDER BY o.retry_at
                        LIMIT :most
                        FOR UPDATE SKIP LOCKED))
RETURNING tenant_id::text, venue_id::text;

-- name: forget_published(positions)!
-- Confirmed events leave the outbox.
DELETE FROM outbox WHERE position = ANY (:positions::text::bigint[]);

-- name: hold_refused(positions)!
-- A subscriber refused these: their venues wait. Those that were refused before are put off already.
UPDATE outbox
SET attempts = 1, retry_at = now() + interval '1 second'
WHERE position = ANY (:positions::bigint[]) AND retry_at IS NULL;

-- name: outbox_figures()^
-- How many events wait to be published, how many of them were refused, and the age of the oldest.
SELECT count(*) AS pending, count(*) FILTER (WHERE retry_at IS NOT NULL) AS refused,
       coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 AS oldest_seconds
FROM outbox;

-- name: refused_events(most)
-- Events that a subscriber refused, the next to be tried first.
SELECT o.event_id::text AS id, e.type, o.tenant_id::text, o.venue_id::text, o.attempts, o.retry_at
FROM outbox AS o
JOIN venue_event AS e ON e.id = o.event_id
WHERE o.retry_at IS NOT NULL
ORDER BY o.retry_at
LIMIT :most;
