-- name: staff(tenant_ids, venue_ids, user_ids)
-- The given people's places on the staffs of the given venues; without a person, the whole staff.
SELECT DISTINCT s.tenant_id::text, s.venue_id::text, s.user_id, s.role, s.permissions, s.added_at
FROM unnest(:tenant_ids::uuid[], :venue_ids::uuid[], :user_ids::text[])
  AS wanted (tenant_id, venue_id, user_id)
CROSS JOIN LATERAL (
    SELECT *
    FROM venue_staff AS near
    WHERE near.tenant_id = wanted.tenant_id AND near.venue_id = wanted.venue_id
      AND (wanted.user_id IS NULL OR near.user_id = wanted.user_id)
      AND near.removed_at IS NULL
    OFFSET 0
) AS s;

-- name: put_staff(tenant_ids, venue_ids, user_ids, roles, permissions, added_ats, removed_ats)!
-- People as they are now, whether they are new, changed, gone or back; the rows of the gone stay.
INSERT INTO venue_staff AS s (tenant_id, venue_id, user_id, role, permissions, added_at, removed_at)
SELECT *
FROM unnest(:tenant_ids::uuid[], :venue_ids::uuid[], :user_ids::text[], :roles::text[],
            :permissions::text[], :added_ats::timestamptz[], :removed_ats::timestamptz[])
ON CONFLICT ON CONSTRAINT venue_staff_pkey DO UPDATE
SET role = excluded.role, permissions = excluded.permissions, added_at = excluded.added_at,
    removed_at = excluded.removed_at;
