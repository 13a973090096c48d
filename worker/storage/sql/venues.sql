-- name: taken_slugs(tenant_ids, bases)
-- Slugs in use that are one of the bases, or a base with a number; '.' is the byte after '-'.
-- Each base is looked up by the index: joined as a whole, all venues would be read for each batch.
SELECT DISTINCT wanted.tenant_id::text, near.slug
FROM unnest(:tenant_ids::text::uuid[], :bases::text::text[]) AS wanted (tenant_id, base)
CROSS JOIN LATERAL (
    SELECT v.slug
    FROM venue AS v
    WHERE v.tenant_id = wanted.tenant_id AND v.deleted_at IS NULL
      AND v.slug >= wanted.base COLLATE "C" AND v.slug < (wanted.base || '.') COLLATE "C"
    OFFSET 0
) AS near
WHERE substr(near.slug, length(wanted.base) + 1) ~ '^(-[0-9]+)?$';
