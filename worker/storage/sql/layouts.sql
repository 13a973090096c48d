-- name: layouts(tenant_ids, venue_ids, layout_ids)
-- All layouts of the given venues; the plans of none but the given layouts are read.
SELECT l.tenant_id::text, l.venue_id::text, l.layout_id::text, l.name, l.kind, l.is_default,
       l.seats, l.standing, l.accessible, l.companion,
       CASE WHEN l.layout_id = ANY (wanted.layout_ids) THEN l.plan END AS plan
FROM (SELECT tenant_id, venue_id, array_agg(layout_id) AS layout_ids
      FROM unnest(:tenant_ids::uuid[], :venue_ids::uuid[], :layout_ids::uuid[])
        AS given (tenant_id, venue_id, layout_id)
      GROUP BY tenant_id, venue_id) AS wanted
CROSS JOIN LATERAL (
    SELECT *
    FROM venue_layout AS near
    WHERE near.tenant_id = wanted.tenant_id AND near.venue_id = wanted.venue_id
    OFFSET 0
) AS l;

-- name: update_layouts(tenant_ids, venue_ids, layout_ids, names, kinds, are_default, seats, standing, accessible, companion)!
-- Layouts that exist, but for their plans, which stay as they are.
UPDATE venue_layout AS l
SET name = now.name, kind = now.kind, is_default = now.is_default, seats = now.seats,
    standing = now.standing, accessible = now.accessible, companion = now.companion
FROM unnest(:tenant_ids::uuid[], :venue_ids::uuid[], :layout_ids::uuid[], :names::text[],
            :kinds::text[], :are_default::boolean[], :seats::integer[], :standing::integer[],
            :accessible::integer[], :companion::integer[])
  AS now (tenant_id, venue_id, layout_id, name, kind, is_default, seats, standing, accessible,
          companion)
CROSS JOIN LATERAL (
    SELECT near.ctid AS place
    FROM venue_layout AS near
    WHERE near.tenant_id = now.tenant_id AND near.venue_id = now.venue_id
      AND near.layout_id = now.layout_id
    OFFSET 0
) AS found
WHERE l.ctid = found.place;

-- name: put_layouts(tenant_ids, venue_ids, layout_ids, names, kinds, are_default, seats, standing, accessible, companion, plans)!
-- New layouts, and the plans of those that exist.
INSERT INTO venue_layout AS l (tenant_id, venue_id, layout_id, name, kind, is_default, seats,
                               standing, accessible, companion, plan)
SELECT *
FROM unnest(:tenant_ids::uuid[], :venue_ids::uuid[], :layout_ids::uuid[], :names::text[],
            :kinds::text[], :are_default::boolean[], :seats::integer[], :standing::integer[],
            :accessible::integer[], :companion::integer[], :plans::json[])
ON CONFLICT ON CONSTRAINT venue_layout_pkey DO UPDATE SET plan = excluded.plan;

-- name: remove_layouts(tenant_ids, venue_ids, layout_ids)!
-- Layouts that are gone; the venue's events tell what they were.
DELETE FROM venue_layout AS l
USING unnest(:tenant_ids::uuid[], :venue_ids::uuid[], :layout_ids::uuid[])
  AS gone (tenant_id, venue_id, layout_id)
CROSS JOIN LATERAL (
    SELECT near.ctid AS place
    FROM venue_layout AS near
    WHERE near.tenant_id = gone.tenant_id AND near.venue_id = gone.venue_id
      AND near.layout_id = gone.layout_id
    OFFSET 0
) AS found
WHERE l.ctid = found.place;
