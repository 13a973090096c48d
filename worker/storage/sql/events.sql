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
WHERE ctid = ANY (
    ARRAY(SELECT place
          FROM (SELECT place, sum(bytes) OVER (ORDER BY id) - bytes AS bytes_before
                FROM (SELECT e.ctid AS place, e.id, octet_length(e.body) AS bytes
                      FROM venue_event AS e
                      WHERE e.id < :before::uuid AND e.occurred_at < :cutoff::timestamptz
                        AND NOT EXISTS (SELECT FROM outbox AS o WHERE o.event_id = e.id OFFSET 0)
                      ORDER BY e.id
                      LIMIT :most
                      FOR UPDATE SKIP LOCKED) AS old) AS summed
          WHERE bytes_before < :most_bytes));
