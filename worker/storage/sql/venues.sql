-- name: lock_venues(tenant_ids, ids)
-- The venues asked for, deleted ones too, locked in key order so that two batches cannot deadlock.
SELECT v.tenant_id::text, v.id::text, v.version, v.status, v.slug, v.fields::text AS fields,
       v.status_reason, v.created_at, v.updated_at, v.deleted_at
FROM venue AS v
JOIN unnest(:tenant_ids::uuid[], :ids::uuid[]) AS wanted (tenant_id, id)
  ON v.tenant_id = wanted.tenant_id AND v.id = wanted.id
ORDER BY v.tenant_id, v.id
FOR UPDATE OF v;

-- name: taken_slugs(tenant_ids, bases)
-- Slugs in use that are one of the bases, or a base with a number; '.' is the byte after '-'.
-- Each base is looked up by the index: joined as a whole, all venues would be read for each batch.
SELECT DISTINCT wanted.tenant_id::text, near.slug
FROM unnest(:tenant_ids::uuid[], :bases::text[]) AS wanted (tenant_id, base)
CROSS JOIN LATERAL (
    SELECT v.slug
    FROM venue AS v
    WHERE v.tenant_id = wanted.tenant_id AND v.deleted_at IS NULL
      AND v.slug >= wanted.base COLLATE "C" AND v.slug < (wanted.base || '.') COLLATE "C"
    OFFSET 0
) AS near
WHERE substr(near.slug, length(wanted.base) + 1) ~ '^(-[0-9]+)?$';

-- name: update_venues(tenant_ids, ids, loaded_versions, versions, statuses, slugs, fields, status_reasons, updated_ats, deleted_ats)!
-- Venues that were there when they were loaded, unless someone has changed them since.
UPDATE venue AS v
SET version = c.version, status = c.status, slug = c.slug, fields = c.fields,
    status_reason = c.status_reason, updated_at = c.updated_at, deleted_at = c.deleted_at
FROM unnest(:tenant_ids::uuid[], :ids::uuid[], :loaded_versions::integer[], :versions::integer[],
            :statuses::text[], :slugs::text[], :fields::json[], :status_reasons::text[],
            :updated_ats::timestamptz[], :deleted_ats::timestamptz[])
  AS c (tenant_id, id, loaded_version, version, status, slug, fields, status_reason, updated_at,
        deleted_at)
WHERE v.tenant_id = c.tenant_id AND v.id = c.id AND v.version = c.loaded_version;

-- name: insert_venues(tenant_ids, ids, versions, statuses, slugs, fields, status_reasons, created_ats, updated_ats, deleted_ats)!
-- Venues whose id was unused when it was looked up, unless someone has used it since.
INSERT INTO venue (tenant_id, id, version, status, slug, fields, status_reason, created_at,
                   updated_at, deleted_at)
SELECT *
FROM unnest(:tenant_ids::uuid[], :ids::uuid[], :versions::integer[], :statuses::text[],
            :slugs::text[], :fields::json[], :status_reasons::text[],
            :created_ats::timestamptz[], :updated_ats::timestamptz[], :deleted_ats::timestamptz[])
ON CONFLICT ON CONSTRAINT venue_pkey DO NOTHING;
