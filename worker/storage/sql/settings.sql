-- name: settings(tenant_ids, venue_ids)
-- What the given venues have chosen; no row for those that have the defaults.
SELECT s.tenant_id::text, s.venue_id::text, s.chosen::text AS chosen
FROM unnest(:tenant_ids::uuid[], :venue_ids::uuid[]) AS wanted (tenant_id, venue_id)
CROSS JOIN LATERAL (
    SELECT *
    FROM venue_settings AS near
    WHERE near.tenant_id = wanted.tenant_id AND near.venue_id = wanted.venue_id
    OFFSET 0
) AS s;

-- name: put_settings(tenant_ids, venue_ids, chosen, updated_at)!
-- Settings as they are now, whether or not the venue had a row.
INSERT INTO venue_settings (tenant_id, venue_id, chosen, updated_at)
SELECT c.tenant_id, c.venue_id, c.chosen, :updated_at
FROM unnest(:tenant_ids::uuid[], :venue_ids::uuid[], :chosen::json[])
  AS c (tenant_id, venue_id, chosen)
ON CONFLICT ON CONSTRAINT venue_settings_pkey DO UPDATE
SET chosen = excluded.chosen, updated_at = excluded.updated_at;

-- name: remove_settings(tenant_ids, venue_ids)!
-- Venues that are back to the defaults.
DELETE FROM venue_settings AS s
USING unnest(:tenant_ids::uuid[], :venue_ids::uuid[]) AS gone (tenant_id, venue_id)
CROSS JOIN LATERAL (
    SELECT near.ctid AS place
    FROM venue_settings AS near
    WHERE near.tenant_id = gone.tenant_id AND near.venue_id = gone.venue_id
    OFFSET 0
) AS found
WHERE s.ctid = found.place;
