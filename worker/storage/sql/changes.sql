-- name: changes(venue_id, tenant_id, since, until, most)
-- The last changes of a venue within a time, the newest first.
SELECT tenant_id::text, venue_id::text, venue_version, type, occurred_at, actor_id,
       command_id::text, item, changed, reason
FROM venue_change
WHERE venue_id = :venue_id::uuid
  AND (:tenant_id::uuid IS NULL OR tenant_id = :tenant_id::uuid)
  AND (:since::timestamptz IS NULL OR occurred_at >= :since::timestamptz)
  AND (:until::timestamptz IS NULL OR occurred_at < :until::timestamptz)
ORDER BY venue_version DESC, tenant_id
LIMIT :most;
