-- name: hours(tenant_ids, venue_ids)
-- The opening hours of the given venues, of those that have some.
SELECT h.tenant_id::text, h.venue_id::text, h.weekly::text AS weekly,
       h.exceptions::text AS exceptions
FROM unnest(:tenant_ids::uuid[], :venue_ids::uuid[]) AS wanted (tenant_id, venue_id)
CROSS JOIN LATERAL (
    SELECT *
    FROM venue_hours AS near
    WHERE near.tenant_id = wanted.tenant_id AND near.venue_id = wanted.venue_id
    OFFSET 0
) AS h;

-- name: put_hours(tenant_ids, venue_ids, weekly, exceptions, updated_at)!
-- Opening hours as they are now, whether or not the venue had some.
INSERT INTO venue_hours (tenant_id, venue_id, weekly, exceptions, updated_at)
SELECT c.tenant_id, c.venue_id, c.weekly, c.exceptions, :updated_at
FROM unnest(:tenant_ids::uuid[], :venue_ids::uuid[], :weekly::json[], :exceptions::json[])
  AS c (tenant_id, venue_id, weekly, exceptions)
ON CONFLICT ON CONSTRAINT venue_hours_pkey DO UPDATE
SET weekly = excluded.weekly, exceptions = excluded.exceptions, updated_at = excluded.updated_at;

-- name: remove_hours(tenant_ids, venue_ids)!
-- Venues that have no opening hours any more.
DELETE FROM venue_hours AS h
USING unnest(:tenant_ids::uuid[], :venue_ids::uuid[]) AS gone (tenant_id, venue_id)
CROSS JOIN LATERAL (
    SELECT near.ctid AS place
    FROM venue_hours AS near
    WHERE near.tenant_id = gone.tenant_id AND near.venue_id = gone.venue_id
    OFFSET 0
) AS found
WHERE h.ctid = found.place;
