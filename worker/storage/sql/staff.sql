-- name: roles(tenant_ids, venue_ids, user_ids)
-- The roles that the given people hold at the given venues now.
SELECT s.tenant_id::text, s.venue_id::text, s.user_id, s.role
FROM venue_staff AS s
JOIN unnest(:tenant_ids::uuid[], :venue_ids::uuid[], :user_ids::text[])
  AS wanted (tenant_id, venue_id, user_id)
  ON s.tenant_id = wanted.tenant_id AND s.venue_id = wanted.venue_id
 AND s.user_id = wanted.user_id
WHERE s.removed_at IS NULL;

-- name: add_staff(tenant_ids, venue_ids, user_ids, roles, added_at)!
-- People who are new at their venue.
INSERT INTO venue_staff (tenant_id, venue_id, user_id, role, added_at)
SELECT tenant_id, venue_id, user_id, role, :added_at
FROM unnest(:tenant_ids::uuid[], :venue_ids::uuid[], :user_ids::text[], :roles::text[])
  AS new (tenant_id, venue_id, user_id, role);
